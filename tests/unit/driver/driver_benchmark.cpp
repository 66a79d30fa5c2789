// Rates of one thread against the fake node, which decodes every record.
// Not part of the tests: unit_driver "[.benchmark]".

#include "fake_node.hpp"

#include "catch.hpp"

#include <fmt/core.h>

#include <ray/get.hpp>

using namespace rayd;

namespace {

template <class Body>
void measure(const char* what, std::size_t count, Body&& body) {
  for (int run = 0; run < 3; ++run) {
    const auto start = std::chrono::steady_clock::now();
    body();
    const std::chrono::duration<double> took
      = std::chrono::steady_clock::now() - start;
    fmt::print("{}: {:.0f} k/s\n", what,
               static_cast<double>(count) / took.count() / 1000);
  }
}

} // namespace

TEST_CASE("submit rate", "[.benchmark]") {
  fake_node node;
  node.log->handle = [&](lane_record& x) {
    if (const auto* submit = std::get_if<submit_task>(&x))
      node.send({object_ready{submit->spec.id, inline_value("1234")}});
    return true;
  };
  auto driver = node.attach_driver();
  REQUIRE(driver);
  constexpr std::size_t count = 200'000;
  measure("submit only", count, [&] {
    std::vector<ray::detail::object_handle> results;
    for (std::size_t i = 0; i < count; ++i)
      results.push_back(driver->submit(a_task("12345678")));
  });
  measure("submit and get all", count, [&] {
    std::vector<ray::detail::object_handle> results;
    for (std::size_t i = 0; i < count; ++i)
      results.push_back(driver->submit(a_task("12345678")));
    driver->get(results, ray::detail::no_deadline);
  });
  measure("submit, get, one at a time", 5000, [&] {
    for (int i = 0; i < 5000; ++i) {
      const auto result = driver->submit(a_task("12345678"));
      driver->get({&result, 1}, ray::detail::no_deadline);
    }
  });
  fmt::print("batches {}\n", driver->out().batches());
  driver->end();
}

TEST_CASE("put and get rates", "[.benchmark]") {
  fake_node node;
  std::uint64_t next = 0;
  node.log->handle = [&](lane_record& x) {
    // Room is reused without looking: only the client is measured.
    if (const auto* want = std::get_if<want_spare_room>(&x)) {
      if (next + want->at_least > (60u << 20))
        next = 0;
      node.send({spare_room{{next, want->at_least}}});
      next += want->at_least;
    }
    return true;
  };
  static_cast<void>(node.arena->reserve(60u << 20));
  auto driver = node.attach_driver();
  REQUIRE(driver);
  ray::detail::set_runtime(driver);
  const std::string text(1024 - 8, 'x');
  constexpr std::size_t count = 500'000;
  measure("put 1 KiB", count, [&] {
    for (std::size_t i = 0; i < count; ++i)
      ray::put(text);
  });
  const auto object = ray::put(text);
  measure("get 1 KiB", count, [&] {
    for (std::size_t i = 0; i < count; ++i)
      ray::get(object);
  });
  const auto number = ray::put(5);
  measure("get int", count, [&] {
    for (std::size_t i = 0; i < count; ++i)
      ray::get(number);
  });
  ray::detail::set_runtime(nullptr);
  driver->end();
}
