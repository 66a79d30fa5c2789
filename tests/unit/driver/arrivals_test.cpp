#include "fake_node.hpp"

#include "catch.hpp"

#include <ray/errors.hpp>

#include <thread>

using namespace rayd;
using ray::detail::object_handle;

namespace {

std::vector<object_handle> submit_some(client& driver, std::size_t count) {
  std::vector<object_handle> results;
  for (std::size_t i = 0; i < count; ++i)
    results.push_back(driver.submit(a_task()));
  return results;
}

object_ready failed(const object_handle& object) {
  return {object.id(), {object_value::kind::failed, "why", {}, {}}};
}

} // namespace

TEST_CASE("watch tells of objects in the order in which they came",
          "[driver]") {
  fake_node node;
  auto driver = node.attach_driver();
  REQUIRE(driver);
  const auto results = submit_some(*driver, 4);
  node.send({object_ready{results[2].id(), inline_value("c")}});
  driver->get({&results[2], 1}, ray::detail::no_deadline);
  auto order = driver->watch(results);
  CHECK(order->next() == 2);
  // Being somewhere is enough.
  object_value elsewhere;
  elsewhere.what = object_value::kind::stored;
  elsewhere.where = {not_here, 10};
  std::thread later{[&] {
    pause(20ms);
    node.send({object_ready{results[3].id(), elsewhere}, failed(results[0])});
    pause(20ms);
    node.send({object_ready{results[1].id(), inline_value("b")}});
  }};
  CHECK(order->next() == 3);
  CHECK(order->next() == 0);
  CHECK(order->next() == 1);
  later.join();
  order.reset();
  driver->end();
}

TEST_CASE("watch asks for borrowed objects once", "[driver]") {
  fake_node node;
  auto driver = node.attach_driver();
  REQUIRE(driver);
  const object_id id{1, 99};
  const auto handle = driver->retain(id);
  auto order = driver->watch({handle, handle});
  CHECK(node.log->take_next<want_objects>().ids == std::vector<object_id>{id});
  node.send({object_ready{id, inline_value("v")}});
  CHECK(order->next() + order->next() == 1);
  driver->end();
}

TEST_CASE("a watch that ends early is forgotten", "[driver]") {
  fake_node node;
  auto driver = node.attach_driver();
  REQUIRE(driver);
  const auto results = submit_some(*driver, 100);
  auto other = driver->watch(results);
  driver->watch(results);
  std::vector<lane_record> all;
  for (const auto& result : results)
    all.push_back(object_ready{result.id(), inline_value("x")});
  node.send(std::move(all));
  for (std::size_t i = 0; i < results.size(); ++i)
    CHECK(other->next() == i);
  driver->end();
}

TEST_CASE("the end of the session ends a watch", "[driver]") {
  fake_node node;
  auto driver = node.attach_driver();
  REQUIRE(driver);
  const auto results = submit_some(*driver, 2);
  auto order = driver->watch(results);
  std::thread later{[&] {
    pause(20ms);
    node.die();
  }};
  CHECK_THROWS_AS(order->next(), ray::connection_failed);
  later.join();
  order.reset();
  driver->end();
}
