#include "catch.hpp"
#include "fake_runtime.hpp"

#include <ray/ray.hpp>

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <thread>

namespace {

int square(int x) {
  return x * x;
}

int fails(int) {
  throw std::runtime_error{"it failed"};
}

ray::detail::invocation_result seven() {
  return ray::detail::encode_result(7);
}

/// Standard error goes to *to* for the life of this.
struct error_output {
  explicit error_output(int to) : saved(::dup(STDERR_FILENO)) {
    ::dup2(to, STDERR_FILENO);
  }
  ~error_output() {
    ::dup2(saved, STDERR_FILENO);
    ::close(saved);
  }

  int saved;
};

std::string all_there(int from) {
  std::string text;
  char bytes[4096];
  pollfd ready{from, POLLIN, 0};
  while (::poll(&ready, 1, 100) == 1 && (ready.revents & POLLIN) != 0) {
    const auto got = ::read(from, bytes, sizeof bytes);
    if (got <= 0)
      break;
    text.append(bytes, static_cast<std::size_t>(got));
  }
  return text;
}

std::vector<ray::object_ref<int>> squares(int count) {
  std::vector<ray::object_ref<int>> refs;
  for (int i = 0; i < count; ++i)
    refs.push_back(ray::remote<square>(i));
  return refs;
}

} // namespace

TEST_CASE("as_completed gives each ref once, in the order of the ends",
          "[as_completed]") {
  fake_session fx;
  const ray::object_ref<int> a{fx.process->pending()};
  const ray::object_ref<int> b{fx.process->pending()};
  const auto there = ray::remote<square>(3);
  const auto failed = ray::remote<fails>(0);
  auto range = ray::as_completed(std::vector{a, b, failed, there});
  auto at = range.begin();
  CHECK(*at == failed);
  CHECK_THROWS_AS(ray::get(*at), std::runtime_error);
  ++at;
  CHECK(*at == there);
  CHECK(range.begin()->handle().id() == there.handle().id());
  fx.process->set(b.handle().id(), seven());
  CHECK(*++at == b);
  std::thread later{[&] { fx.process->set(a.handle().id(), seven()); }};
  CHECK(*++at == a);
  later.join();
  CHECK(ray::get(*at) == 7);
  CHECK_FALSE(at == range.end());
  CHECK(++at == range.end());
}

TEST_CASE("as_completed of nothing ends, of an empty ref throws",
          "[as_completed]") {
  fake_session fx;
  for (const auto& ref : ray::as_completed(std::vector<ray::object_ref<int>>{}))
    FAIL("there is a ref: " << static_cast<bool>(ref));
  CHECK_THROWS_AS(ray::as_completed(std::vector{ray::object_ref<int>{}}),
                  ray::object_lost);
}

TEST_CASE("progress writes a line for each 10 % into a log", "[as_completed]") {
  fake_session fx;
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  int sum = 0;
  {
    const error_output redirected{ends[1]};
    for (const auto& ref : ray::progress("squares", squares(25)))
      sum += ray::get(ref);
  }
  ::close(ends[1]);
  const auto text = all_there(ends[0]);
  ::close(ends[0]);
  CHECK(sum == 4900);
  INFO(text);
  CHECK(std::count(text.begin(), text.end(), '\n') == 10);
  CHECK(text.starts_with("squares: 10 % (3 of 25) after "));
  CHECK(contains(text, "squares: 100 % (25 of 25) after "));
}

TEST_CASE("progress draws a bar on a terminal", "[as_completed]") {
  fake_session fx;
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
  REQUIRE(terminal >= 0);
  REQUIRE(::grantpt(terminal) == 0);
  REQUIRE(::unlockpt(terminal) == 0);
  const int screen = ::open(::ptsname(terminal), O_RDWR | O_NOCTTY);
  REQUIRE(screen >= 0);
  {
    const error_output redirected{screen};
    for (const auto& ref : ray::progress("squares", squares(20)))
      ray::get(ref);
  }
  const auto text = all_there(terminal);
  ::close(screen);
  ::close(terminal);
  INFO(text);
  CHECK(contains(text, "\rsquares [---"));
  CHECK(contains(text, "###] 100 % (20 of 20)"));
  CHECK(std::count(text.begin(), text.end(), '\n') == 1);
}
