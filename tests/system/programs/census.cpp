// Makes one of each thing that the control store keeps: tasks that succeed and
// that fail, a named actor, an object in the store. With a file as argument it
// then says "ready", keeps one task running and waits until the file exists.
#include <ray/ray.hpp>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

int twice(int x) {
  return 2 * x;
}

int look_up(int row) {
  throw std::out_of_range("there is no row " + std::to_string(row));
}

// Runs until the file exists.
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

int main(int argc, char** argv) {
  auto session = ray::init(argc, argv);
  auto doubled = ray::remote<twice>(ray::with{.name = "doubling"}, 21);
  auto missing = ray::remote<look_up>(7);
  auto records = ray::spawn<clerk>(ray::with{.num_cpus = 0, .name = "records"});
  auto noted = records.call<&clerk::note>();
  auto stored = ray::put(std::vector<double>(1 << 17, 1.0));
  if (ray::get(doubled) != 42 || ray::get(noted) != 1)
    return 1;
  try {
    ray::get(missing);
    return 1;
  } catch (const std::out_of_range&) {
  }
  if (argc > 1) {
    auto waiting = ray::remote<wait_for>(std::string{argv[1]});
    std::puts("ready");
    std::fflush(stdout);
    ray::get(waiting);
  }
  std::puts("done");
}
