// The programming model: tasks, refs, values and errors.

#include "cases.hpp"

#include <cmath>
#include <csignal>
#include <limits>
#include <map>
#include <optional>
#include <stdexcept>
#include <thread>
#include <tuple>
#include <vector>

#include <unistd.h>

using namespace std::chrono_literals;
using cases::expect;
using cases::expect_equal;
using cases::expect_throws;

namespace {

using ints = std::vector<int>;

int add(int a, int b) {
  return a + b;
}

int fib(int n) {
  if (n < 2)
    return n;
  const auto a = ray::remote<fib>(n - 1);
  const auto b = ray::remote<fib>(n - 2);
  return ray::get(a) + ray::get(b);
}

int slow(int value, int milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds{milliseconds});
  return value;
}

void fibonacci() {
  expect_equal(ray::get(ray::remote<fib>(12)), 144, "fib(12)");
}

// -- refs ---------------------------------------------------------------------

int sum_of_refs(const std::vector<ray::object_ref<int>>& refs) {
  int sum = 0;
  for (const int value : ray::get(refs))
    sum += value;
  return sum;
}

ray::object_ref<int> ref_of_sum(int a, int b) {
  return ray::remote<add>(a, b);
}

std::vector<ray::object_ref<int>> refs_of(int count) {
  std::vector<ray::object_ref<int>> refs;
  for (int i = 0; i < count; ++i)
    refs.push_back(i % 2 == 0 ? ray::remote<add>(i, i) : ray::put(i));
  return refs;
}

int take_ref(ray::object_ref<int> ref) {
  return ray::get(ref) + 1;
}

void references() {
  const auto two = ray::remote<add>(1, 1);
  expect_equal(ray::get(ray::remote<add>(two, two)), 4, "refs as arguments");
  expect_equal(ray::get(ray::remote<add>(ray::remote<slow>(3, 100), 4)), 7,
               "a ref that is not there yet");
  expect_equal(ray::get(ray::remote<take_ref>(two)), 3,
               "a parameter of type object_ref");
  expect_equal(ray::get(ray::remote<sum_of_refs>(
                 std::vector{two, ray::put(40), ray::remote<slow>(1, 50)})),
               43, "refs in a container");
  expect_equal(ray::get(ray::get(ray::remote<ref_of_sum>(20, 22))), 42,
               "a ref as a result");
  const auto nested = ray::remote<refs_of>(10);
  expect_equal(ray::get(ray::remote<sum_of_refs>(nested)), 65,
               "refs in a result as an argument");
  expect_equal(ray::get(ray::get(nested).at(9)), 9, "a put of a task");
  auto chain = ray::put(0);
  for (int i = 0; i < 50; ++i)
    chain = ray::remote<add>(chain, 1);
  expect_equal(ray::get(chain), 50, "a chain of 50 tasks");
}

// -- put, get, wait -----------------------------------------------------------

void get_and_wait() {
  const auto text = ray::put(std::string{"words"});
  expect_equal(ray::get(text), "words", "put");
  const auto [number, word] = ray::get(ray::put(7), text);
  expect(number == 7 && word == "words", "get of several");
  const auto late = ray::remote<slow>(1, 400);
  const auto start = std::chrono::steady_clock::now();
  expect_throws<ray::get_timeout>([&] { ray::get(late, 50ms); }, "1 of 1",
                                  "get with a timeout");
  const auto waited = cases::seconds_since(start);
  expect(waited >= 0.05 && waited < 0.2,
         fmt::format("the timeout of 50 ms took {} s", waited));
  const std::vector refs{late, ray::remote<slow>(2, 0), ray::put(3)};
  auto [ready, pending] = ray::wait(refs, 2);
  expect_equal(ready.size(), 2u, "wait for two");
  expect(ray::get(ready) == ints{2, 3}, "the ready ones in order");
  expect_equal(pending.size(), 1u, "the pending one");
  expect_equal(ray::wait(refs, 1).ready.size(), 1u, "at most num_ready");
  expect_equal(ray::wait(pending, 1, 0ms).ready.size(), 0u, "wait with 0 ms");
  expect_equal(ray::wait(pending, 1, 5s).ready.size(), 1u, "wait to the end");
  expect(ray::get(refs, 5s) == ints{1, 2, 3}, "get of a vector");
  expect_throws<ray::object_lost>([] { ray::get(ray::object_ref<int>{}); }, "",
                                  "get of an empty ref");
}

void ten_thousand() {
  std::vector<ray::object_ref<int>> refs;
  refs.reserve(10'000);
  for (int i = 0; i < 10'000; ++i)
    refs.push_back(ray::remote<add>(i, 1));
  long sum = 0;
  for (const int value : ray::get(refs))
    sum += value;
  expect_equal(sum, 50'005'000L, "the sum of 10,000 results");
}

// -- values -------------------------------------------------------------------

std::vector<double> echo(const std::vector<double>& values) {
  return values;
}

std::uint64_t checksum(const std::string& text) {
  std::uint64_t hash = 14695981039346656037u;
  for (const unsigned char c : text)
    hash = (hash ^ c) * 1099511628211u;
  return hash;
}

std::string make_text(std::size_t size) {
  std::string text(size, ' ');
  for (std::size_t i = 0; i < size; ++i)
    text[i] = static_cast<char>('a' + i * 31 % 26);
  return text;
}

std::string twice(const std::string& text) {
  return text + text;
}

void large_values() {
  for (const std::size_t size : {102'300, 102'400, 102'500, 3'000'000}) {
    const auto text = make_text(size);
    expect_equal(ray::get(ray::remote<checksum>(text)), checksum(text),
                 fmt::format("an argument of {} bytes", size));
    const auto result = ray::remote<make_text>(size);
    expect_equal(ray::get(ray::remote<checksum>(result)), checksum(text),
                 fmt::format("a result of {} bytes as an argument", size));
    expect(ray::get(result) == text, fmt::format("a result of {} bytes", size));
    expect(ray::get(ray::remote<twice>(result)) == text + text,
           fmt::format("both, with {} bytes", size));
  }
}

struct point {
  double x = 0;
  std::vector<std::string> names;
  std::optional<int> weight;

  template <class Inspector>
  friend auto inspect(Inspector& f, point& p) {
    return f(p.x, p.names, p.weight);
  }
};

using shapes = std::map<std::string, std::tuple<point, std::chrono::seconds>>;

shapes mirrored(shapes from) {
  for (auto& [name, shape] : from) {
    std::get<0>(shape).x *= -1;
    std::get<1>(shape) += 1s;
  }
  return from;
}

void values() {
  using limits = std::numeric_limits<double>;
  const std::vector<double> odd{limits::infinity(), -limits::infinity(),
                                limits::quiet_NaN(), -0.0,
                                limits::denorm_min()};
  const auto back = ray::get(ray::remote<echo>(odd));
  expect(back.size() == 5 && back[0] == odd[0] && back[1] == odd[1]
           && std::isnan(back[2]) && std::signbit(back[3]) && back[4] == odd[4],
         "NaN and infinities");
  const auto user = ray::get(
    ray::remote<mirrored>(shapes{{"a", {point{1.5, {"p", "q"}, 4}, 2s}}}));
  const auto& [moved, time] = user.at("a");
  expect(moved.x == -1.5 && moved.names.at(1) == "q" && moved.weight == 4
           && time == 3s,
         "a user's type in containers");
  expect_equal(ray::get(ray::remote<[](int x) { return 3 * x; }>(5)), 15,
               "a lambda");
}

// -- errors -------------------------------------------------------------------

struct my_error : std::out_of_range {
  using std::out_of_range::out_of_range;
};

int throw_mine(int) {
  throw my_error{"row 7 of 5"};
}

int throw_number() {
  throw 5;
}

int divide(int a, int b) {
  if (b == 0)
    throw std::domain_error{"division by zero"};
  return a / b;
}

int get_inside() {
  return ray::get(ray::remote<divide>(1, 0));
}

void exceptions() {
  const auto failed = ray::remote<throw_mine>(0);
  expect_throws<std::out_of_range>([&] { ray::get(failed); }, "row 7 of 5",
                                   "caught as its standard type");
  const auto through = ray::remote<add>(ray::remote<add>(failed, 1), 2);
  try {
    ray::get(through);
    expect(false, "an error passes through tasks");
  } catch (const ray::task_error& e) {
    expect(e.type().find("my_error") != std::string::npos, "type " + e.type());
    expect(e.function().find("throw_mine") != std::string::npos,
           "function " + e.function());
    expect(e.chain().size() == 3 && e.pid() > 0 && !e.node().empty()
             && e.attempt() == 0,
           fmt::format("{} tasks in the chain, pid {}, node {}, attempt {}",
                       e.chain().size(), e.pid(), e.node(), e.attempt()));
  }
  expect_throws<std::runtime_error>(
    [] { ray::get(ray::remote<throw_number>()); }, "int", "a thrown int");
  expect_throws<std::domain_error>([] { ray::get(ray::remote<get_inside>()); },
                                   "division by zero", "an error of a get");
  const auto outcome = ray::try_get(failed);
  expect(!outcome && outcome.error().code() == ray::errc::task_error,
         "try_get of a failure");
  expect_equal(ray::try_get(ray::remote<add>(1, 2)).value(), 3, "try_get");
}

int die(int number) {
  ::raise(number);
  return number;
}

int leave(int code) {
  ::_exit(code);
}

void dead_workers() {
  const ray::with once{.max_retries = 0};
  expect_throws<ray::worker_died>(
    [&] { ray::get(ray::remote<die>(once, SIGSEGV)); }, "SIGSEGV", "SIGSEGV");
  expect_throws<ray::worker_died>(
    [&] { ray::get(ray::remote<die>(once, SIGABRT)); }, "SIGABRT", "SIGABRT");
  expect_throws<ray::worker_died>(
    [&] { ray::get(ray::remote<leave>(once, 3)); }, "3", "exit code 3");
  expect_throws<ray::worker_died>(
    [] { ray::get(ray::remote<die>(ray::with{.max_retries = 1}, SIGKILL)); },
    "attempt 1", "one retry are two attempts");
  expect_equal(ray::get(ray::remote<add>(2, 3)), 5, "the node goes on");
}

void resources() {
  const auto start = std::chrono::steady_clock::now();
  std::vector<ray::object_ref<int>> refs;
  for (int i = 0; i < 4; ++i)
    refs.push_back(
      ray::remote<slow>(ray::with{.num_cpus = 2, .name = "pair"}, i, 200));
  expect(ray::get(refs) == ints{0, 1, 2, 3}, "tasks of two CPUs");
  const auto took = cases::seconds_since(start);
  // 4 CPUs: two at a time.
  expect(took > 0.4 && took < 1.2, fmt::format("they took {} s", took));
  const auto half = ray::remote<[](int) {
    return ray::runtime_context().assigned_resources;
  }>(ray::with{.num_cpus = 0.5}, 0);
  expect(ray::get(half).at("CPU") == 0.5, "half a CPU");
  const auto never
    = ray::remote<slow>(ray::with{.resources = {{"unobtainium", 1}}}, 0, 0);
  expect_equal(ray::wait(std::vector{never}, 1, 200ms).ready.size(), 0u,
               "what does not fit stays pending");
}

// -- sessions -----------------------------------------------------------------

void sessions() {
  expect(ray::is_initialized(), "there is a session");
  const auto before = ray::remote<add>(1, 2);
  ray::shutdown();
  expect(!ray::is_initialized(), "there is none after shutdown");
  expect_throws<ray::connection_failed>([] { ray::remote<add>(1, 2); }, "",
                                        "a task without a session");
  char name[] = "again";
  char argument[] = "--ray-num-cpus=3";
  char kept[] = "--kept";
  char* arguments[]{name, argument, kept, nullptr};
  int count = 3;
  auto session = ray::init(count, arguments, {.address = "local"});
  expect(count == 2 && arguments[1] == std::string_view{"--kept"},
         "arguments for init are taken away");
  expect(ray::nodes().at(0).resources.at("CPU") == 3, "three CPUs");
  expect_equal(ray::get(ray::remote<add>(2, 3)), 5, "a second session");
  expect_throws<ray::connection_failed>(
    [&] { (void)ray::init(count, arguments); }, "session",
    "a second session at the same time");
}

constexpr cases::entry all[]{
  {"fibonacci", &fibonacci},       {"references", &references},
  {"get_and_wait", &get_and_wait}, {"ten_thousand", &ten_thousand},
  {"large_values", &large_values}, {"values", &values},
  {"exceptions", &exceptions},     {"dead_workers", &dead_workers},
  {"resources", &resources},       {"sessions", &sessions},
};

} // namespace

int main(int argc, char** argv) {
  return cases::run(argc, argv, all);
}
