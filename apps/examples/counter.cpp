// counter.cpp: a stateful actor, class style. Calls of one caller run in order: 1 2 3 ... 10, about 10 s
#include <ray/ray.hpp>
#include <fmt/core.h>
#include <chrono>
#include <thread>
#include <vector>

class Counter {
public:
  int increment() { std::this_thread::sleep_for(std::chrono::seconds{1}); return ++count_; }
  int get_count() const { return count_; }
private:
  int count_ = 0;
};

int main(int argc, char** argv) {
  auto session = ray::init(argc, argv);
  auto counter = ray::spawn<Counter>();
  std::vector<ray::object_ref<int>> refs;
  for (int i = 0; i < 10; ++i)
    refs.push_back(counter.call<&Counter::increment>());
  for (int value : ray::get(refs))
    fmt::print("{} ", value);
  fmt::print("\ntotal {}\n", ray::get(counter.call<&Counter::get_count>()));
}
