// Makes what lists of the state show: COUNT short tasks, one that fails, one
// that fails for its argument, one that waits for more CPUs than there are,
// an actor, an object in the store. Then it says "ready ID" (of the task that
// waits) and ends when FILE exists. Usage: state_user COUNT FILE.
#include <ray/ray.hpp>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

int tick(int x) {
  return x + 1;
}

int look_up(int row) {
  throw std::out_of_range("there is no row " + std::to_string(row));
}

int show_row(int value) {
  return value;
}

int too_large(int x) {
  return x;
}

int wait_for(std::string file) {
  while (!std::filesystem::exists(file))
    std::this_thread::sleep_for(5ms);
  return 0;
}

class clerk {
public:
  int note() { return ++notes_; }

private:
  int notes_ = 0;
};

template <class Ref>
bool fails(Ref& ref) {
  try {
    ray::get(ref);
    return false;
  } catch (const std::out_of_range&) {
    return true;
  }
}

int main(int argc, char** argv) {
  if (argc < 3)
    return 2;
  auto session = ray::init(argc, argv);
  const int count = std::stoi(argv[1]);
  std::vector<ray::object_ref<int>> ticks;
  for (int i = 0; i < count; ++i)
    ticks.push_back(ray::remote<tick>(i));
  auto missing = ray::remote<look_up>(7);
  auto shown = ray::remote<show_row>(missing);
  if (!fails(missing) || !fails(shown))
    return 1;
  for (auto& one : ticks)
    ray::get(one);
  ticks.clear();
  auto records = ray::spawn<clerk>(ray::with{.num_cpus = 0, .name = "records"});
  if (ray::get(records.call<&clerk::note>()) != 1)
    return 1;
  auto stored = ray::put(std::vector<double>(1 << 17, 1.0));
  auto waiting = ray::remote<too_large>(ray::with{.num_cpus = 100}, 1);
  auto running = ray::remote<wait_for>(std::string{argv[2]});
  std::puts("ready");
  std::fflush(stdout);
  ray::get(running);
  ray::cancel(waiting);
  std::puts("done");
}
