#include "fake_node.hpp"

#include "wire/failure_record.hpp"

#include "catch.hpp"

#include <ray/errors.hpp>

#include <cstring>

using namespace rayd;
using ray::detail::no_deadline;

TEST_CASE("small puts lie in room given ahead, without a question each",
          "[driver]") {
  fake_node node;
  node.log->handle = [&](lane_record& x) { return node.give_space(x); };
  auto driver = node.attach_driver();
  REQUIRE(driver);
  std::vector<ray::detail::object_handle> objects;
  for (int i = 0; i < 100; ++i) {
    const auto room = driver->reserve(100);
    std::memset(room->bytes.data(), i, room->bytes.size());
    objects.push_back(driver->seal(room, {}));
  }
  const auto values = driver->get(objects, no_deadline);
  for (int i = 0; i < 100; ++i)
    CHECK(values[static_cast<std::size_t>(i)].bytes[99] == std::byte(i));
  driver->out().flush();
  std::uint64_t end = 0;
  for (const auto& object : objects) {
    const auto seal = node.log->take<seal_object_room>();
    CHECK(seal.object == object.id());
    CHECK(seal.in_room);
    CHECK(seal.where.size == 100);
    CHECK(seal.where.offset >= end);
    end = seal.where.end();
  }
  driver->end();
}

TEST_CASE("a large put asks for space of its own", "[driver]") {
  fake_node node;
  auto driver = node.attach_driver();
  REQUIRE(driver);
  extent given;
  object_id created;
  node.log->handle = [&](lane_record& x) {
    if (const auto* create = std::get_if<create_object_room>(&x))
      created = create->object;
    return node.give_space(x);
  };
  const auto room = driver->reserve(1 << 20);
  CHECK(room->bytes.size() == 1 << 20);
  const auto object = driver->seal(room, {});
  CHECK(object.id() == created);
  driver->out().flush();
  const auto seal = node.log->take<seal_object_room>();
  CHECK(seal.object == created);
  CHECK_FALSE(seal.in_room);
  CHECK(seal.where.size == 1 << 20);
  driver->end();
}

TEST_CASE("room that is not sealed is given back", "[driver]") {
  fake_node node;
  node.log->handle = [&](lane_record& x) { return node.give_space(x); };
  auto driver = node.attach_driver();
  REQUIRE(driver);
  const auto* first = driver->reserve(1000)->bytes.data();
  CHECK(driver->reserve(1000)->bytes.data() == first);
  driver->reserve(1 << 20).reset();
  CHECK(node.log->take<abort_object_room>().object);
  driver->end();
}

TEST_CASE("a full store is typed, for small and large objects", "[driver]") {
  fake_node node;
  node.log->handle = [&](lane_record& x) {
    if (const auto* create = std::get_if<create_object_room>(&x)) {
      node.send({object_room{create->request, {},
                             encode_failure(ray::errc::object_store_full,
                                            "no space")}});
      return true;
    }
    if (std::holds_alternative<want_spare_room>(x)) {
      node.send({spare_room{}});
      return true;
    }
    return false;
  };
  auto driver = node.attach_driver();
  REQUIRE(driver);
  CHECK_THROWS_AS(driver->reserve(10), ray::object_store_full);
  CHECK_THROWS_AS(driver->reserve(10 << 20), ray::object_store_full);
  driver->end();
}
