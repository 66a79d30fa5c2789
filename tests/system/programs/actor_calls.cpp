// Calls of actors: who finds whom, how many at once, and in which order.

#include "cases.hpp"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include <unistd.h>

using namespace std::chrono_literals;
using cases::expect;
using cases::expect_equal;
using cases::expect_throws;

namespace {

class counter {
public:
  explicit counter(int first) : count_(first) {}

  int add(int by) { return count_ += by; }
  int slow_add(int by, int milliseconds) {
    std::this_thread::sleep_for(std::chrono::milliseconds{milliseconds});
    return add(by);
  }
  long pid() const { return ::getpid(); }

private:
  int count_;
};

using counter_actor = ray::actor<counter>;

// -- names --------------------------------------------------------------------

class another {
public:
  int nothing() { return 0; }
};

long pid_of_shared(int first) {
  const auto found = ray::spawn<counter>(
    ray::with{.name = "one", .get_if_exists = true}, first);
  return ray::get(found.call<&counter::pid>());
}

void get_if_exists() {
  const ray::with options{.name = "one", .get_if_exists = true};
  const auto first = ray::spawn<counter>(options, 1);
  expect_equal(ray::get(first.call<&counter::add>(1)), 2, "it is made");
  const auto second = ray::spawn<counter>(options, 50);
  expect_equal(ray::get(second.call<&counter::add>(1)), 3, "it is found");
  expect_throws<ray::wrong_type>([&] { ray::spawn<another>(options); },
                                 "counter", "of another class");
  expect_throws<ray::wrong_type>(
    [] { ray::spawn<counter>(ray::with{.get_if_exists = true}, 1); }, "name",
    "without a name");
}

void get_if_exists_at_once() {
  std::vector<ray::object_ref<long>> refs;
  const auto keep = ray::spawn<counter>(1);
  for (int i = 0; i < 8; ++i)
    refs.push_back(ray::remote<pid_of_shared>(i));
  // Who comes late may find that the last handle went: then it is new.
  const auto mine = ray::spawn<counter>(
    ray::with{.name = "one", .get_if_exists = true}, 1);
  const auto pid = ray::get(mine.call<&counter::pid>());
  ray::get(refs);
  expect_equal(ray::get(ray::remote<pid_of_shared>(1)), pid,
               "all have the same one");
}

// -- several calls at once ----------------------------------------------------

class meeting {
public:
  /// Returns when *count* calls are in here together, or false.
  bool meet(int count) {
    std::unique_lock guard{lock_};
    ++here_;
    most_ = std::max(most_, here_);
    changed_.notify_all();
    const bool met = changed_.wait_for(guard, 10s,
                                       [&] { return most_ >= count; });
    --here_;
    return met;
  }
  int most() {
    const std::lock_guard guard{lock_};
    return most_;
  }
  bool waits(ray::object_ref<int>) { return true; }
  int ask(counter_actor other, int by) {
    return ray::get(other.call<&counter::add>(by));
  }
  int fail(int code) { throw std::out_of_range{std::to_string(code)}; }

private:
  std::mutex lock_;
  std::condition_variable changed_;
  int here_ = 0;
  int most_ = 0;
};

void concurrency() {
  const auto made
    = ray::spawn<meeting>(ray::with{.max_concurrency = 4});
  std::vector<ray::object_ref<bool>> refs;
  for (int i = 0; i < 40; ++i)
    refs.push_back(made.call<&meeting::meet>(4));
  for (const bool met : ray::get(refs))
    expect(met, "4 calls run at once");
  expect_equal(ray::get(made.call<&meeting::most>()), 4, "never more");
  const auto other = ray::spawn<counter>(0);
  std::vector<ray::object_ref<int>> sums;
  for (int i = 0; i < 200; ++i)
    sums.push_back(made.call<&meeting::ask>(other, 1));
  std::set<int> seen;
  for (const int sum : ray::get(sums))
    seen.insert(sum);
  expect_equal(seen.size(), std::size_t{200}, "each may wait in get");
  expect_throws<std::out_of_range>(
    [&] { ray::get(made.call<&meeting::fail>(7)); }, "7", "exceptions");
}

void pending_calls() {
  const auto made
    = ray::spawn<counter>(ray::with{.max_pending_calls = 3}, 0);
  ray::get(made.call<&counter::pid>());
  std::vector<ray::object_ref<int>> refs{
    made.call<&counter::slow_add>(1, 1000)};
  for (int i = 1; i < 10; ++i)
    refs.push_back(made.call<&counter::add>(1));
  int ran = 0, refused = 0;
  for (const auto& ref : refs)
    try {
      ray::get(ref);
      ++ran;
    } catch (const ray::pending_calls& problem) {
      ++refused;
      expect(problem.message().find("max_pending_calls")
               != std::string::npos,
             "it says why");
    }
  expect_equal(ran, 4, "one runs and three wait");
  expect_equal(refused, 6, "the others are refused");
  expect_equal(ray::get(made.call<&counter::add>(1)), 5, "then it goes on");
}

// -- order --------------------------------------------------------------------

class ledger {
public:
  int note(int caller, int number) {
    auto& last = last_[caller];
    const bool next = number == last + 1;
    last = number;
    return next ? 0 : 1;
  }

private:
  std::map<int, int> last_;
};

int write(ray::actor<ledger> to, int caller, int count) {
  std::vector<ray::object_ref<int>> refs;
  for (int i = 1; i <= count; ++i)
    refs.push_back(to.call<&ledger::note>(caller, i));
  int wrong = 0;
  for (const int each : ray::get(refs))
    wrong += each;
  return wrong;
}

void order() {
  const auto book = ray::spawn<ledger>();
  const std::vector refs{ray::remote<write>(book, 1, 10'000),
                         ray::remote<write>(book, 2, 10'000)};
  expect_equal(write(book, 3, 10'000), 0, "the driver's calls in order");
  for (const int wrong : ray::get(refs))
    expect_equal(wrong, 0, "a task's calls in order");
}

// -- handles and methods ------------------------------------------------------

class shapes {
public:
  shapes(int a, std::string b, std::vector<double> c)
    : text_(std::to_string(a) + b + std::to_string(c.size())) {}
  explicit shapes(ray::object_ref<int> kept) : kept_(kept) {}

  std::string text() const { return text_; }
  int kept() const { return ray::get(kept_); }
  int twice(int x) { return 2 * x; }
  std::string twice(const std::string& x) const { return x + x; }
  void keep(counter_actor other) { other_ = other; }
  counter_actor give() const { return other_; }
  counter_actor make(int first) { return ray::spawn<counter>(first); }

private:
  std::string text_;
  ray::object_ref<int> kept_;
  counter_actor other_;
};

void methods() {
  const auto made = ray::spawn<shapes>(ray::put(7), "x", std::vector{1.0});
  expect_equal(ray::get(made.call<&shapes::text>()), std::string{"7x1"},
               "constructor arguments, refs included");
  expect_equal(
    ray::get(made.call<static_cast<int (shapes::*)(int)>(&shapes::twice)>(4)),
    8, "an overload");
  expect_equal(
    ray::get(made.call<static_cast<std::string (shapes::*)(const std::string&)
                                     const>(&shapes::twice)>("ab")),
    std::string{"abab"}, "a const overload");
  auto value = ray::put(9);
  const auto holder = ray::spawn<shapes>(
    ray::with{.max_restarts = 1}, value);
  value = {};
  expect_equal(ray::get(holder.call<&shapes::kept>()), 9, "a ref kept");

  auto inner = ray::spawn<counter>(5);
  ray::get(made.call<&shapes::keep>(inner));
  inner = {};
  auto back = ray::get(made.call<&shapes::give>());
  expect_equal(ray::get(back.call<&counter::add>(1)), 6,
               "a handle lives in another actor, and comes back");
  const auto child = ray::get(made.call<&shapes::make>(20));
  expect_equal(ray::get(child.call<&counter::add>(1)), 21,
               "an actor made by an actor");
}

constexpr cases::entry all[]{
  {"get_if_exists", &get_if_exists},
  {"get_if_exists_at_once", &get_if_exists_at_once},
  {"concurrency", &concurrency},
  {"pending_calls", &pending_calls},
  {"order", &order},
  {"methods", &methods},
};

} // namespace

int main(int argc, char** argv) {
  return cases::run(argc, argv, all);
}
