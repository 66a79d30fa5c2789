#include "fake_node.hpp"

#include "wire/failure_record.hpp"

#include "catch.hpp"

#include <ray/errors.hpp>

#include <cstring>
#include <thread>

using namespace rayd;
using ray::detail::no_deadline;
using ray::detail::object_handle;
using ray::detail::stored_value;

namespace {

auto in(std::chrono::milliseconds from_now) {
  return std::chrono::steady_clock::now() + from_now;
}

std::vector<object_handle> submit_some(client& driver, std::size_t count) {
  std::vector<object_handle> results;
  for (std::size_t i = 0; i < count; ++i)
    results.push_back(driver.submit(a_task()));
  return results;
}

/// The arena as a client that fills it.
std::unique_ptr<arena_view> open_for_filling(const segment& arena) {
  return *arena_view::open(::dup(arena.readonly_fd()),
                           ::dup(arena.writable_fd()));
}

} // namespace

TEST_CASE("get gives values in the order asked for", "[driver]") {
  fake_node node;
  auto driver = node.attach_driver();
  REQUIRE(driver);
  const auto results = submit_some(*driver, 3);
  std::thread later{[&] {
    pause(20ms);
    node.send({object_ready{results[2].id(), inline_value("c")},
               object_ready{results[0].id(), inline_value("a")}});
    pause(20ms);
    node.send({object_ready{results[1].id(), inline_value("b")}});
  }};
  const auto values = driver->get(results, no_deadline);
  later.join();
  CHECK(text_of(values[0]) == "a");
  CHECK(text_of(values[1]) == "b");
  CHECK(text_of(values[2]) == "c");
  driver->end();
}

TEST_CASE("a value stays in place while it is pinned", "[driver]") {
  fake_node node;
  auto driver = node.attach_driver();
  REQUIRE(driver);
  auto result = driver->submit(a_task());
  node.send({object_ready{result.id(), inline_value(std::string(5000, 'v'))}});
  auto value = driver->get({&result, 1}, no_deadline).front();
  CHECK(reinterpret_cast<std::uintptr_t>(value.bytes.data()) % 64 == 0);
  const auto id = result.id();
  result = {};
  CHECK(text_of(value) == std::string(5000, 'v'));
  value = {};
  // Only now is the reference given back.
  CHECK(node.log->take_next<release_objects>().ids
        == std::vector<object_id>{id});
  driver->end();
}

TEST_CASE("get ends at its deadline and leaves nothing behind", "[driver]") {
  fake_node node;
  auto driver = node.attach_driver();
  REQUIRE(driver);
  const auto results = submit_some(*driver, 2);
  node.send({object_ready{results[0].id(), inline_value("a")}});
  auto values = driver->get(results, in(50ms));
  CHECK(values[1].what == stored_value::kind::missing);
  node.send({object_ready{results[1].id(), inline_value("b")}});
  values = driver->get(results, no_deadline);
  CHECK(text_of(values[1]) == "b");
  driver->end();
}

TEST_CASE("get returns as soon as one object failed", "[driver]") {
  fake_node node;
  auto driver = node.attach_driver();
  REQUIRE(driver);
  const auto results = submit_some(*driver, 2);
  node.send({object_ready{results[1].id(),
                          {object_value::kind::failed,
                           encode_failure(ray::errc::worker_died, "gone"),
                           {},
                           {}}}});
  const auto values = driver->get(results, no_deadline);
  CHECK(values[0].what == stored_value::kind::missing);
  CHECK(values[1].what == stored_value::kind::failure);
  driver->end();
}

TEST_CASE("wait counts what is there", "[driver]") {
  fake_node node;
  auto driver = node.attach_driver();
  REQUIRE(driver);
  const auto results = submit_some(*driver, 4);
  CHECK(driver->wait(results, 1, in(20ms)) == std::vector<bool>(4));
  node.send({object_ready{results[2].id(), inline_value("c")}});
  CHECK(driver->wait(results, 1, no_deadline)
        == std::vector<bool>{false, false, true, false});
  // Being somewhere is enough for wait, and asks for nothing.
  object_value elsewhere;
  elsewhere.what = object_value::kind::stored;
  elsewhere.where = {not_here, 10};
  node.send({object_ready{results[0].id(), elsewhere}});
  CHECK(driver->wait(results, 2, no_deadline)
        == std::vector<bool>{true, false, true, false});
  driver->end();
}

TEST_CASE("get asks for a value that lies on another node", "[driver]") {
  fake_node node;
  auto driver = node.attach_driver();
  REQUIRE(driver);
  const auto result = driver->submit(a_task());
  object_value elsewhere;
  elsewhere.what = object_value::kind::stored;
  elsewhere.where = {not_here, 3};
  std::thread later{[&] {
    pause(20ms);
    node.send({object_ready{result.id(), elsewhere}});
    const auto wanted = node.log->take_next<want_objects>().ids;
    CHECK(wanted == std::vector<object_id>{result.id()});
    const auto here = node.place(3);
    auto view = open_for_filling(*node.arena);
    std::memcpy(view->fill(here)->data(), "xyz", 3);
    node.send({object_ready{
      result.id(), {object_value::kind::stored, {}, here, {}}}});
  }};
  const auto values = driver->get({&result, 1}, no_deadline);
  later.join();
  CHECK(text_of(values[0]) == "xyz");
  driver->end();
}

TEST_CASE("a borrowed object is retained, asked for once and released",
          "[driver]") {
  fake_node node;
  auto driver = node.attach_driver();
  REQUIRE(driver);
  const object_id id{1, 99};
  auto handle = driver->retain(id);
  CHECK(driver->retain(id).get() == handle.get());
  CHECK(node.log->take<retain_objects>().ids == std::vector<object_id>{id});
  std::thread waits{[&] { driver->get({&handle, 1}, no_deadline); }};
  CHECK(node.log->take<want_objects>().ids == std::vector<object_id>{id});
  node.send({object_ready{id, inline_value("v")}});
  waits.join();
  handle = {};
  CHECK(node.log->take<release_objects>().ids == std::vector<object_id>{id});
  driver->end();
}

TEST_CASE("retains precede and releases follow what is between", "[driver]") {
  fake_node node;
  auto driver = node.attach_driver();
  REQUIRE(driver);
  const object_id id{1, 99};
  {
    auto handle = driver->retain(id);
    auto work = a_task();
    work.nested.push_back(handle);
    driver->out().add(task_result{}, push::lazy);
    handle = {};
  }
  // Given up and taken again before the node heard of either.
  auto again = driver->retain(id);
  driver->out().flush();
  CHECK(node.log->take<retain_objects>().ids == std::vector<object_id>{id});
  node.log->take<task_result>();
  again = {};
  driver->out().flush();
  CHECK(node.log->take<release_objects>().ids == std::vector<object_id>{id});
  driver->end();
}

TEST_CASE("when_ready calls once, with the value or the end", "[driver]") {
  fake_node node;
  auto driver = node.attach_driver();
  REQUIRE(driver);
  const auto results = submit_some(*driver, 2);
  std::atomic<int> values{0};
  std::atomic<int> failures{0};
  const auto count = [&](const stored_value& value) {
    ++(value.what == stored_value::kind::value ? values : failures);
  };
  driver->when_ready(results[0], count);
  driver->when_ready(results[1], count);
  node.send({object_ready{results[0].id(), inline_value("a")}});
  driver->get({&results[0], 1}, no_deadline);
  driver->when_ready(results[0], count);
  driver->end();
  CHECK(values == 2);
  CHECK(failures == 1);
}

TEST_CASE("the death of the node ends every blocked call", "[driver]") {
  fake_node node;
  auto driver = node.attach_driver();
  REQUIRE(driver);
  const auto results = submit_some(*driver, 3);
  std::atomic<int> ended{0};
  const auto expect_end = [&](auto call) {
    return std::thread{[&, call] {
      try {
        call();
      } catch (const ray::connection_failed&) {
        ++ended;
      }
    }};
  };
  auto gets = expect_end([&] { driver->get(results, no_deadline); });
  auto waits = expect_end([&] { driver->wait(results, 1, no_deadline); });
  // Nobody answers the question for space.
  auto puts = expect_end([&] { driver->reserve(1 << 20); });
  pause(50ms);
  node.die();
  for (auto* thread : {&gets, &waits, &puts})
    thread->join();
  CHECK(ended == 3);
  driver->end();
}

TEST_CASE("end_process fails all calls with its reason", "[driver]") {
  fake_node node;
  auto driver = node.attach_driver();
  REQUIRE(driver);
  const auto result = driver->submit(a_task());
  node.send({end_process{"the node was stopped"}});
  try {
    driver->get({&result, 1}, no_deadline);
    FAIL("get returned");
  } catch (const ray::connection_failed& problem) {
    CHECK(problem.message().find("the node was stopped") != std::string::npos);
  }
  driver->end();
}
