#pragma once

#include <ray/ray.hpp>

#include <fmt/core.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <typeinfo>

// Programs under test hold several cases; the first argument chooses one. A
// case says what it finds wrong by expect(), and the program then ends with 1.

namespace cases {

struct entry {
  std::string_view name;
  void (*run)();
};

inline int failures = 0;

inline void expect(bool holds, const std::string& what) {
  if (holds)
    return;
  ++failures;
  fmt::print("FAILED: {}\n", what);
}

template <class A, class B>
void expect_equal(const A& found, const B& wanted, const std::string& what) {
  expect(found == wanted,
         fmt::format("{}: found {}, wanted {}", what, found, wanted));
}

/// Expects that *action* throws an *Error* whose what() contains *words*.
template <class Error, class Action>
void expect_throws(Action action, std::string_view words,
                   const std::string& what) {
  try {
    action();
    expect(false, what + ": nothing was thrown");
  } catch (const Error& thrown) {
    const std::string_view text = thrown.what();
    expect(text.find(words) != std::string_view::npos,
           fmt::format("{}: \"{}\" does not say \"{}\"", what, text, words));
  } catch (const std::exception& other) {
    expect(false, fmt::format("{}: another exception came, {}: {}", what,
                              typeid(other).name(), other.what()));
  }
}

/// Tries again while the actor is away.
template <class Call>
auto ask(Call call) {
  for (;;) {
    try {
      return ray::get(call());
    } catch (const ray::actor_unavailable&) {
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
  }
}

/// Text for the test, at once.
inline void say(const std::string& line) {
  fmt::print("{}\n", line);
  std::fflush(stdout);
}

inline double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
    .count();
}

/// The program's main: a session, then the case that argv[1] names.
inline int run(int argc, char** argv, std::span<const entry> all,
               ray::init_options options = {}) {
  try {
    auto session = ray::init(argc, argv, options);
    for (const auto& one : all)
      if (argc > 1 && one.name == argv[1]) {
        one.run();
        return failures == 0 ? 0 : 1;
      }
    fmt::print("there is no such case\n");
    return 2;
  } catch (const std::exception& problem) {
    fmt::print("FAILED: {}\n", problem.what());
    return 1;
  }
}

} // namespace cases
