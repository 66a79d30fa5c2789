// Makes what each page of the dashboard shows: tasks of every state, a family
// of tasks, actors with calls in their mailbox, one that died, objects, lines
// in logs, errors with a cause, and a task whose name is HTML. Then it says
// "ready" and goes on with some of each, five times a second, until there is
// FILE.
// Usage: page_user FILE [COUNT]; with COUNT it only runs so many tasks, says
// "ready" and ends with FILE.
#include <ray/ray.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

int square(int x) {
  std::this_thread::sleep_for(2ms);
  return x * x;
}

int fail(int row) {
  throw std::out_of_range("there is no row " + std::to_string(row));
}

int plan(int width) {
  std::vector<ray::object_ref<int>> parts;
  for (int i = 0; i < width; ++i)
    parts.push_back(ray::remote<square>(i));
  int sum = 0;
  for (int part : ray::get(parts))
    sum += part;
  std::printf("planned %d parts\n", width);
  std::fflush(stdout);
  return sum;
}

int after(int x) {
  return x;
}

int nothing(int x) {
  return x;
}

int huge(int x) {
  return x;
}

int wait_for(std::string file) {
  while (!std::filesystem::exists(file))
    std::this_thread::sleep_for(5ms);
  return 0;
}

class clerk {
public:
  int note(std::string file) { return wait_for(file); }
};

/// Prints numbered lines, so that a reader knows whether one is missing.
class ticker {
public:
  int tick(int number) {
    std::printf("tick %d\n", number);
    std::fflush(stdout);
    return number;
  }
};

/// Runs *count* tasks.
int run_many(int count, const std::string& file) {
  constexpr int at_once = 10'000;
  for (int begun = 0; begun < count; begun += at_once) {
    std::vector<ray::object_ref<int>> refs;
    for (int i = begun; i < std::min(begun + at_once, count); ++i)
      refs.push_back(ray::remote<nothing>(i));
    ray::get(refs);
  }
  std::puts("ready");
  std::fflush(stdout);
  return wait_for(file);
}

/// Some of everything, five times a second.
void go_on(const std::string& file) {
  auto ticks = ray::spawn<ticker>(ray::with{.num_cpus = 0, .name = "ticker"});
  std::vector<ray::object_ref<std::vector<double>>> kept;
  for (int i = 0; !std::filesystem::exists(file); ++i) {
    ray::get(ray::remote<square>(i));
    ray::get(ticks.call<&ticker::tick>(i));
    if (i % 5 == 0)
      ray::try_get(ray::remote<after>(ray::remote<fail>(i)));
    if (i % 5 == 0 && kept.size() < 40)
      kept.push_back(ray::put(std::vector<double>(1 << 17, 1.0)));
    std::this_thread::sleep_for(200ms);
  }
}

int main(int argc, char** argv) {
  if (argc < 2)
    return 2;
  auto session = ray::init(argc, argv);
  const std::string file = argv[1];
  if (argc > 2)
    return run_many(std::stoi(argv[2]), file);
  auto plans = std::vector{ray::remote<plan>(3), ray::remote<plan>(12)};
  auto named = ray::remote<square>(
    ray::with{.name = "<img src=x onerror=\"document.title='owned'\">"}, 7);
  auto failed = ray::remote<fail>(7);
  ray::get(plans);
  ray::get(named);
  if (ray::try_get(failed).has_value())
    return 1;
  auto records = ray::spawn<clerk>(ray::with{.num_cpus = 0, .name = "records"});
  std::vector<ray::object_ref<int>> notes;
  for (int i = 0; i < 5; ++i)
    notes.push_back(records.call<&clerk::note>(file));
  auto shared = ray::spawn<clerk>(
    ray::with{.num_cpus = 0, .name = "shared", .shared = true});
  for (int i = 0; i < 3; ++i)
    notes.push_back(shared.call<&clerk::note>(file));
  auto gone = ray::spawn<ticker>(ray::with{.num_cpus = 0, .name = "gone"});
  ray::get(gone.call<&ticker::tick>(0));
  ray::kill(gone);
  auto stored = ray::put(std::vector<double>(1 << 17, 1.0));
  auto waiting = ray::remote<huge>(ray::with{.num_cpus = 100}, 1);
  auto running = ray::remote<wait_for>(file);
  std::puts("ready");
  std::fflush(stdout);
  go_on(file);
  ray::get(running);
  ray::get(notes);
  ray::cancel(waiting);
}
