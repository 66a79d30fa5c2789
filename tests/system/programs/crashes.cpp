// Workers that die, and how soon their driver knows.

#include "cases.hpp"

#include <csignal>
#include <string>
#include <vector>

#include <unistd.h>

using cases::expect;
using cases::expect_equal;
using cases::say;

namespace {

int die(int number) {
  ::raise(number);
  return number;
}

int leave(int code) {
  ::_exit(code);
}

/// Dies in its first attempts.
int die_until(int attempt) {
  const int now = ray::runtime_context().attempt;
  if (now < attempt)
    ::raise(SIGSEGV);
  return now;
}

class fragile {
public:
  int touch() { return 1; }
  int crash() { ::abort(); }
};

/// Time from submitting to the error, in milliseconds; *words* is in it.
template <class Error, class Action>
void expect_soon(Action action, std::string_view words) {
  const auto start = std::chrono::steady_clock::now();
  cases::expect_throws<Error>(action, words, std::string{words});
  const auto took = cases::seconds_since(start) * 1000;
  say(fmt::format("{} {:.1f} ms", words, took));
  expect(took < 100, fmt::format("{} was seen after {} ms", words, took));
}

/// F1: seen within 100 ms, retried, names the signal.
void workers() {
  const ray::with once{.max_retries = 0};
  (void)ray::get(ray::remote<die_until>(0));
  expect_soon<ray::worker_died>(
    [&] { ray::get(ray::remote<die>(once, SIGSEGV)); }, "SIGSEGV");
  expect_soon<ray::worker_died>(
    [&] { ray::get(ray::remote<die>(once, SIGABRT)); }, "SIGABRT");
  expect_soon<ray::worker_died>([&] { ray::get(ray::remote<leave>(once, 7)); },
                                "7");
  const auto actor = ray::spawn<fragile>();
  (void)ray::get(actor.call<&fragile::touch>());
  expect_soon<ray::actor_died>([&] { ray::get(actor.call<&fragile::crash>()); },
                               "SIGABRT");
  expect_equal(ray::get(ray::remote<die_until>(3)), 3,
               "three retries are four attempts");
  std::vector<ray::object_ref<int>> refs;
  for (int i = 0; i < 12; ++i)
    refs.push_back(ray::remote<die_until>(1));
  for (const int attempt : ray::get(refs))
    expect_equal(attempt, 1, "each was tried again");
}

constexpr cases::entry all[]{{"workers", &workers}};

} // namespace

int main(int argc, char** argv) {
  return cases::run(argc, argv, all);
}
