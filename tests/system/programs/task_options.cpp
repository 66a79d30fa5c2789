// What tasks can be given besides arguments, and what becomes of those that are
// not wanted.

#include "cases.hpp"

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stop_token>
#include <thread>
#include <tuple>
#include <vector>

#include <unistd.h>

using namespace std::chrono_literals;
using cases::expect;
using cases::expect_equal;
using cases::expect_throws;

namespace {

namespace fs = std::filesystem;

/// A file of this run that tasks append a byte to.
std::string tally(const std::string& name) {
  return fs::temp_directory_path() / ("tally-" + name);
}

void count(const std::string& file) {
  std::ofstream{file, std::ios::app} << 'x';
}

std::size_t counted(const std::string& file) {
  std::error_code none;
  const auto size = fs::file_size(file, none);
  return none ? 0 : size;
}

/// Asks until *condition* holds, for 10 s at most.
template <class Condition>
bool eventually(const Condition& condition) {
  for (int i = 0; i < 2000 && !condition(); ++i)
    std::this_thread::sleep_for(5ms);
  return condition();
}

int one(int x) {
  return x;
}

/// Runs until it is told to stop.
int until_stopped(std::string file, std::stop_token stop) {
  count(file);
  while (!stop.stop_requested())
    std::this_thread::sleep_for(1ms);
  count(file);
  return 1;
}

/// Runs for ever and hears nothing.
int deaf(std::string file) {
  count(file);
  for (;;)
    std::this_thread::sleep_for(1s);
}

int parent_of_deaf(std::string file) {
  auto child = ray::remote<deaf>(file);
  return ray::get(child);
}

template <class T>
void expect_cancelled(const ray::object_ref<T>& ref, const std::string& what) {
  expect_throws<ray::cancelled>([&] { ray::get(ref, 10s); }, "cancelled",
                                what);
}

// -- cancel -------------------------------------------------------------------

void cancel_pending() {
  const auto file = tally("pending");
  auto blocker = ray::remote<until_stopped>(file);
  expect(eventually([&] { return counted(file) == 1; }), "the blocker runs");
  std::vector<ray::object_ref<int>> waiting;
  for (int i = 0; i < 100; ++i)
    waiting.push_back(ray::remote<until_stopped>(file));
  for (const auto& ref : waiting)
    ray::cancel(ref);
  for (const auto& ref : waiting)
    expect_cancelled(ref, "one that waits");
  // A task that depends on a cancelled one fails like it.
  expect_cancelled(ray::remote<one>(waiting.front()), "a dependent one");
  ray::cancel(blocker);
  expect_cancelled(blocker, "the one that runs");
  expect(eventually([&] { return counted(file) == 2; }),
         "the one that ran was told to stop");
  expect_equal(ray::get(ray::remote<one>(7)), 7, "its worker is free");
  expect_equal(counted(file), std::size_t{2}, "the others never ran");
  fs::remove(file);
}

void cancel_forced() {
  const auto file = tally("forced");
  auto stuck = ray::remote<deaf>(file);
  expect(eventually([&] { return counted(file) == 1; }), "it runs");
  ray::cancel(stuck);
  expect_cancelled(stuck, "although it does not hear");
  ray::cancel(stuck, true);
  expect_equal(ray::get(ray::remote<one>(7), 10s), 7, "its place is free");
  expect_equal(counted(file), std::size_t{1}, "it was not tried again");
  fs::remove(file);
}

void cancel_children() {
  const auto file = tally("children");
  auto root = ray::remote<parent_of_deaf>(file);
  expect(eventually([&] { return counted(file) == 1; }), "the child runs");
  ray::cancel(root, true);
  expect_cancelled(root, "the parent");
  std::vector<ray::object_ref<int>> all;
  for (int i = 0; i < 4; ++i)
    all.push_back(ray::remote<one>(i));
  ray::get(all, 10s);
  expect_equal(counted(file), std::size_t{1}, "nothing was tried again");
  fs::remove(file);
}

void cancel_far() {
  const auto far = ray::with{.resources = {{"far", 1}}};
  const auto file = tally("far");
  auto running = ray::remote<until_stopped>(far, file);
  auto waiting = ray::remote<until_stopped>(far, file);
  expect(eventually([&] { return counted(file) == 1; }), "it runs");
  ray::cancel(waiting);
  ray::cancel(running);
  expect_cancelled(running, "one on another node");
  expect_cancelled(waiting, "one that waits for another node");
  expect(eventually([&] { return counted(file) == 2; }), "it was told");
  auto stuck = ray::remote<parent_of_deaf>(far, file);
  expect(eventually([&] { return counted(file) == 3; }), "the child runs");
  ray::cancel(stuck, true);
  expect_cancelled(stuck, "one with a child");
  expect_equal(ray::get(ray::remote<one>(far, 7), 10s), 7, "all is free");
  expect_equal(counted(file), std::size_t{3}, "nothing was tried again");
  fs::remove(file);
}

void cancel_late() {
  auto done = ray::remote<one>(3);
  ray::get(done);
  ray::cancel(done);
  expect_equal(ray::get(done), 3, "what is there stays");
  auto stored = ray::put(4);
  ray::cancel(stored);
  expect_equal(ray::get(stored), 4, "what was put stays");
  expect_throws<ray::object_lost>([] { ray::cancel(ray::object_ref<int>{}); },
                                  "", "an empty ref");
}

// -- attempts -----------------------------------------------------------------

int third_time(std::string file) {
  count(file);
  if (counted(file) < 3)
    throw std::out_of_range("not yet");
  return ray::runtime_context().attempt;
}

void retry_exceptions() {
  const auto file = tally("retries");
  const auto retried
    = ray::with{.max_retries = 5, .retry_exceptions = true};
  expect_equal(ray::get(ray::remote<third_time>(retried, file)), 2,
               "the third attempt");
  fs::remove(file);
  expect_throws<std::out_of_range>(
    [&] { ray::get(ray::remote<third_time>(file)); }, "not yet",
    "without the wish");
  expect_equal(counted(file), std::size_t{1}, "one attempt");
  fs::remove(file);
  const auto once = ray::with{.max_retries = 1, .retry_exceptions = true};
  expect_throws<std::out_of_range>(
    [&] { ray::get(ray::remote<third_time>(once, file)); }, "not yet",
    "too few retries");
  expect_equal(counted(file), std::size_t{2}, "two attempts");
  fs::remove(file);
}

int slow_at_first(std::string file) {
  count(file);
  if (counted(file) < 2)
    std::this_thread::sleep_for(1h);
  return 5;
}

void timeouts() {
  const auto file = tally("timeouts");
  const auto begun = std::chrono::steady_clock::now();
  expect_throws<ray::task_timeout>(
    [&] { ray::get(ray::remote<deaf>(ray::with{.timeout = 50ms}, file), 20s); },
    "50 ms", "a deaf one");
  expect(std::chrono::steady_clock::now() - begun < 10s, "it ends soon");
  expect_throws<ray::task_timeout>(
    [&] {
      ray::get(ray::remote<until_stopped>(ray::with{.timeout = 50ms}, file),
               20s);
    },
    "50 ms", "one that stops");
  fs::remove(file);
  const auto again
    = ray::with{.timeout = 300ms, .retry_exceptions = true};
  expect_equal(ray::get(ray::remote<slow_at_first>(again, file), 20s), 5,
               "tried again");
  expect_equal(ray::get(ray::remote<one>(ray::with{.timeout = 10s}, 1)), 1,
               "in time");
  fs::remove(file);
}

int crash() {
  std::raise(SIGKILL);
  return 0;
}

void poisoned() {
  expect_throws<ray::task_poisoned>(
    [] { ray::get(ray::remote<crash>(ray::with{.max_retries = 1})); },
    "crash", "two attempts");
  try {
    ray::get(ray::remote<crash>(ray::with{.max_retries = 0}));
    expect(false, "one attempt: nothing was thrown");
  } catch (const ray::task_poisoned&) {
    expect(false, "one attempt is no poison");
  } catch (const ray::worker_died&) {
  }
}

// -- order and resources ------------------------------------------------------

int append(std::string file, char mark) {
  std::ofstream{file, std::ios::app} << mark;
  return 0;
}

void priorities() {
  const auto file = tally("priorities");
  const auto order = tally("order");
  auto blocker = ray::remote<until_stopped>(file);
  expect(eventually([&] { return counted(file) == 1; }), "the blocker runs");
  std::vector<ray::object_ref<int>> refs;
  for (const auto& [priority, mark] :
       {std::pair{0, 'c'}, {-1, 'd'}, {5, 'a'}, {1, 'b'}, {0, 'c'}})
    refs.push_back(ray::remote<append>(ray::with{.priority = priority}, order,
                                       mark));
  ray::cancel(blocker);
  ray::get(refs);
  std::ifstream in{order};
  expect_equal(std::string{std::istreambuf_iterator<char>{in}, {}},
               std::string{"abccd"}, "the order");
  fs::remove(file);
  fs::remove(order);
}

int together(std::string file) {
  count(file);
  std::this_thread::sleep_for(20ms);
  const auto now = static_cast<int>(counted(file));
  fs::resize_file(file, counted(file) - 1);
  return now;
}

void memory() {
  const auto all = ray::cluster_resources();
  const auto bytes = all.at("memory");
  const auto wish
    = ray::with{.num_cpus = 0,
                .memory = static_cast<std::uint64_t>(bytes * 0.6)};
  const auto file = tally("memory");
  std::vector<ray::object_ref<int>> refs;
  for (int i = 0; i < 5; ++i)
    refs.push_back(ray::remote<together>(wish, file));
  for (const int at_once : ray::get(refs))
    expect_equal(at_once, 1, "at one time");
  expect(ray::available_resources().at("CPU") <= all.at("CPU"), "no more");
  fs::remove(file);
}

// -- tuples -------------------------------------------------------------------

std::tuple<int, std::string> pair_of(int x) {
  if (x < 0)
    throw std::domain_error("negative");
  return {x, std::string(200'000, 'y')};
}

void unpacking() {
  auto [number, text] = ray::unpack(ray::remote<pair_of>(3));
  expect_equal(ray::get(number), 3, "the first part");
  expect_equal(ray::get(text).size(), std::size_t{200'000}, "the second part");
  auto [none, neither] = ray::unpack(ray::remote<pair_of>(-1));
  expect_throws<std::domain_error>([&] { ray::get(none); }, "negative",
                                   "the failure");
  expect_throws<std::domain_error>([&] { ray::get(neither); }, "negative",
                                   "the failure again");
}

constexpr cases::entry all[]{
  {"cancel_pending", &cancel_pending},
  {"cancel_forced", &cancel_forced},
  {"cancel_children", &cancel_children},
  {"cancel_far", &cancel_far},
  {"cancel_late", &cancel_late},
  {"retry_exceptions", &retry_exceptions},
  {"timeouts", &timeouts},
  {"poisoned", &poisoned},
  {"priorities", &priorities},
  {"memory", &memory},
  {"unpacking", &unpacking},
};

} // namespace

int main(int argc, char** argv) {
  return cases::run(argc, argv, all);
}
