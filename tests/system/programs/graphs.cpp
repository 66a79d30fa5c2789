// Dynamic graphs of tasks, and objects that are held in many ways.

#include "cases.hpp"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <ios>
#include <map>
#include <numeric>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

using cases::expect;
using cases::expect_equal;
using cases::say;

namespace {

using ref = ray::object_ref<int>;
using refs = std::vector<ref>;

int next(int x) {
  return x + 1;
}

int after(int milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds{milliseconds});
  if (milliseconds == 0)
    throw std::runtime_error{"at once"};
  return milliseconds;
}

// -- as_completed -------------------------------------------------------------

int sum_as_completed(int count) {
  refs made;
  for (int i = 0; i < count; ++i)
    made.push_back(ray::remote<next>(i));
  int sum = 0;
  for (const auto& one : ray::as_completed(std::move(made)))
    sum += ray::get(one);
  return sum;
}

void completed() {
  const refs slow{ray::remote<after>(600), ray::remote<after>(0),
                  ray::remote<after>(100)};
  std::vector<int> order;
  for (const auto& one : ray::as_completed(slow))
    order.push_back(ray::try_get(one) ? ray::get(one) : -1);
  expect(order == std::vector{-1, 100, 600}, "the order in which they end");
  refs many;
  for (int i = 0; i < 10'000; ++i)
    many.push_back(ray::remote<next>(i));
  std::int64_t sum = 0;
  for (const auto& one : ray::progress("many", std::move(many)))
    sum += ray::get(one);
  expect_equal(sum, std::int64_t{50'005'000}, "10,000 refs as they come");
  {
    const refs left{ray::remote<next>(1), ray::remote<after>(50)};
    for (const auto& one : ray::as_completed(left)) {
      expect_equal(ray::get(one), 2, "the first of a range left early");
      break;
    }
  }
  expect_equal(ray::get(ray::remote<next>(1)), 2, "after a range left early");
}

void completed_inside() {
  expect_equal(ray::get(ray::remote<sum_as_completed>(20)), 210,
               "a task that watches its tasks gives its CPU back");
}

// -- graphs -------------------------------------------------------------------

int deep(int levels) {
  return levels == 0 ? 0 : ray::get(ray::remote<deep>(levels - 1)) + 1;
}

void nested_gets() {
  expect_equal(ray::get(ray::remote<deep>(50)), 50, "gets 50 deep");
}

int sum_of(refs of) {
  const auto values = ray::get(of);
  return std::accumulate(values.begin(), values.end(), 0);
}

int grows(int width, int depth) {
  if (depth == 0)
    return 1;
  refs children;
  for (int i = 0; i < width; ++i)
    children.push_back(ray::remote<grows>(width, depth - 1));
  return sum_of(children);
}

void shapes() {
  auto start = std::chrono::steady_clock::now();
  const auto timed = [&](const char* what) {
    say(fmt::format("{}: {:.3f} s", what, cases::seconds_since(start)));
    start = std::chrono::steady_clock::now();
  };
  auto chain = ray::remote<next>(0);
  for (int i = 1; i < 1000; ++i)
    chain = ray::remote<next>(chain);
  expect_equal(ray::get(chain), 1000, "a chain of 1,000 tasks");
  timed("chain of 1,000");
  expect_equal(ray::get(ray::remote<grows>(4, 4)), 256,
               "tasks that make tasks");
  timed("a tree of 341 tasks");
  const auto root = ray::remote<next>(0);
  refs wide;
  for (int i = 0; i < 10'000; ++i)
    wide.push_back(ray::remote<next>(root));
  expect_equal(ray::get(ray::remote<sum_of>(wide)), 20'000,
               "10,000 tasks between one and one");
  timed("10,000 wide");
}

int last_of(refs of) {
  return ray::get(of.back());
}

refs many_puts(int count) {
  refs made;
  for (int i = 0; i < count; ++i)
    made.push_back(ray::put(i));
  return made;
}

void many_refs() {
  auto start = std::chrono::steady_clock::now();
  const auto timed = [&](const char* what) {
    say(fmt::format("{}: {:.3f} s", what, cases::seconds_since(start)));
    start = std::chrono::steady_clock::now();
  };
  refs of_puts;
  for (int i = 0; i < 10'000; ++i)
    of_puts.push_back(ray::put(i));
  timed("put of 10,000");
  expect_equal(ray::get(ray::remote<last_of>(of_puts)), 9'999,
               "10,000 refs in the arguments of a task");
  timed("a task with 10,000 refs");
  expect_equal(ray::get(of_puts).at(7'777), 7'777, "a get of 10,000 objects");
  timed("get of 10,000");
  const auto held = ray::get(ray::remote<many_puts>(3'000));
  const auto values = ray::get(held);
  expect(values.size() == 3'000 && values.back() == 2'999,
         "3,000 results of one task");
  timed("3,000 results of one task");
}

// -- references ---------------------------------------------------------------

using words = ray::array<std::uint64_t>;
constexpr std::size_t quarter = 256 * 1024 / sizeof(std::uint64_t);

words counted(std::uint64_t from) {
  return words::make(quarter, [&](std::span<std::uint64_t> room) {
    std::iota(room.begin(), room.end(), from);
  });
}

struct parcel {
  std::string name;
  std::map<std::string, ray::object_ref<words>> content;

  template <class Inspector>
  friend auto inspect(Inspector& f, parcel& x) {
    return f(x.name, x.content);
  }
};

std::uint64_t front_of(words of) {
  return of[0];
}

parcel packed(ray::object_ref<words> inner) {
  return {"again",
          {{"old", inner},
           {"new", ray::put(counted(9))},
           {"task", ray::remote<counted>(std::uint64_t{10})}}};
}

struct keeper {
  void keep(parcel what) { kept.push_back(std::move(what)); }
  std::uint64_t first() const {
    return ray::get(kept.at(0).content.at("old"))[0];
  }
  void drop() { kept.clear(); }

  std::vector<parcel> kept;
};

std::uint64_t sum_of_span(std::span<const std::uint64_t> values) {
  return std::accumulate(values.begin(), values.end(), std::uint64_t{0});
}

int told[2]; ///< A pipe: the test told us, by a signal, to go on.

void wait_for_signal() {
  char byte = 0;
  while (::read(told[0], &byte, 1) != 1) {
  }
}

/// Holds and drops objects in vectors, structs, maps, results and actors. The
/// test looks at the store in between, and kills it at the end.
void counts() {
  if (::pipe(told) != 0)
    return;
  std::signal(SIGUSR1, [](int) {
    [[maybe_unused]] const auto ignored = ::write(told[1], "", 1);
  });
  {
    auto inner = ray::put(counted(7));
    auto box = ray::put(std::vector{parcel{"a", {{"one", inner}}},
                                    parcel{"b", {{"two", inner}}}});
    auto outer = ray::put(std::vector{box, box});
    auto second = ray::remote<packed>(inner);
    auto keep = ray::spawn<keeper>();
    ray::get(keep.call<&keeper::keep>(parcel{"c", {{"old", inner}}}));
    ray::get(keep.call<&keeper::keep>(second));
    inner = {};
    box = {};
    expect_equal(
      ray::get(ray::get(ray::get(outer).at(1)).at(1).content.at("two"))[0],
      std::uint64_t{7}, "a ref in a map in a struct in a vector in an object");
    outer = {};
    expect_equal(ray::get(ray::get(second).content.at("new"))[1],
                 std::uint64_t{10}, "a put of a task, in its result");
    expect_equal(
      ray::get(ray::remote<front_of>(ray::get(second).content.at("task"))),
      std::uint64_t{10}, "a result of a task of a task");
    second = {};
    expect_equal(ray::get(keep.call<&keeper::first>()), std::uint64_t{7},
                 "what an actor keeps stays");
    say("held");
    wait_for_signal();
    ray::get(keep.call<&keeper::drop>());
    say("dropped");
    if (cases::failures == 0)
      say("right");
    for (;;)
      std::this_thread::sleep_for(std::chrono::hours{1});
  }
}

/// An array outlives its ref while it is viewed.
void arrays() {
  auto object = ray::put(counted(3));
  const auto view = ray::get(object);
  expect(ray::put(view) == object, "put of an array copies nothing");
  object = {};
  for (int i = 0; i < 50; ++i)
    ray::put(counted(1000));
  expect_equal(view[5], std::uint64_t{8}, "a viewed array stays in place");
  const auto made = ray::remote<counted>(std::uint64_t{1});
  const auto sum = std::uint64_t{quarter} * (quarter + 1) / 2;
  expect_equal(ray::get(ray::remote<sum_of_span>(made)), sum,
               "a result as a task's span");
  expect_equal(ray::get(ray::remote<sum_of_span>(view)),
               sum + 2 * std::uint64_t{quarter}, "an array as a task's span");
  expect_equal(ray::get(ray::remote<front_of>(view)), std::uint64_t{3},
               "an array as a task's array");
}

int fails_with_code(int which) {
  if (which == 0)
    throw std::filesystem::filesystem_error(
      "f", std::make_error_code(std::errc::io_error));
  if (which == 1)
    throw std::system_error(ENOSPC, std::system_category(), "s");
  throw std::ios_base::failure("i", std::io_errc::stream);
}

/// The code that get() throws, from the task and through one that depends on
/// it; both processes are others than this one.
void error_codes() {
  const auto code_of = [](const auto& wanted) -> std::error_code {
    try {
      ray::get(wanted);
    } catch (const std::system_error& caught) {
      return caught.code();
    }
    return {};
  };
  const std::error_code wanted[]{
    std::make_error_code(std::errc::io_error),
    {ENOSPC, std::system_category()},
    std::make_error_code(std::io_errc::stream)};
  for (int i = 0; i < 3; ++i) {
    const auto failed = ray::remote<fails_with_code>(i);
    for (const auto& found :
         {code_of(failed), code_of(ray::remote<next>(failed))}) {
      expect_equal(found.value(), wanted[i].value(), "the number");
      expect_equal(std::string{found.category().name()},
                   std::string{wanted[i].category().name()}, "its category");
      expect(found == wanted[i], "it compares as in the task");
    }
  }
}

constexpr cases::entry all[]{
  {"error_codes", &error_codes},
  {"completed", &completed},     {"completed_inside", &completed_inside},
  {"nested_gets", &nested_gets}, {"shapes", &shapes},
  {"many_refs", &many_refs},     {"counts", &counts},
  {"arrays", &arrays},
};

} // namespace

int main(int argc, char** argv) {
  return cases::run(argc, argv, all);
}
