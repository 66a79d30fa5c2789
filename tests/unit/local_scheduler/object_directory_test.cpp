// Copies that come and go while somebody asks for them: each case is a
// history that the simulator found, or one next to it.

#include "directory_fixture.hpp"

#include "catch.hpp"

#include <algorithm>

using namespace rayd;
using namespace rayd::directory_test;

TEST_CASE_METHOD(directory, "a second result's copy is freed where it lies",
                 "[directory]") {
  const auto id = made_on_node_2();
  CHECK_FALSE(objects.ready(id, stored(), 3));
  CHECK(take_sent<free_copies>(3).size() == 1);
  CHECK_FALSE(objects.ready(id, stored(), 2));
  CHECK(take_sent<free_copies>(2).empty());
}

TEST_CASE_METHOD(directory,
                 "a copy that arrives while its object is made "
                 "again is freed",
                 "[directory]") {
  const auto id = made_on_node_2();
  objects.on_record(4, locate_object{id, {2}});
  CHECK(rebuilt == 1);
  sent.clear();
  objects.on_record(3, copy_added{id});
  CHECK(take_sent<free_copies>(3).size() == 1);
}

TEST_CASE_METHOD(directory,
                 "a process hears of a value that was lost before "
                 "it was told, and can ask for it",
                 "[directory]") {
  const auto id = object_of(here);
  objects.expect(id);
  objects.hold(reader, {id});
  objects.announce(reader, id);
  objects.ready(id, stored(), 2);
  objects.node_gone(2);
  objects.send_ready(reader, 1000);
  REQUIRE(ready.size() == 1);
  CHECK(ready[0].value.where.offset == not_here);
  CHECK(rebuilt == 0);
  objects.want(reader, id);
  CHECK(rebuilt == 1);
}

TEST_CASE_METHOD(directory,
                 "a copy on its way here keeps its object from "
                 "being made again",
                 "[directory]") {
  const auto id = made_on_node_2();
  objects.want(reader, id);
  REQUIRE(fetches == 1);
  objects.on_record(4, locate_object{id, {2}});
  CHECK(rebuilt == 0);
  CHECK(take_sent<object_located>(4).empty());
  SECTION("it comes") {
    objects.fetched(id, {77, 1 << 20});
    const auto told = take_sent<object_located>(4);
    REQUIRE(told.size() == 1);
    CHECK(told[0].hint.nodes == std::vector<node_index>{here});
  }
  SECTION("it does not come") {
    objects.fetch_failed(id, {2});
    CHECK(rebuilt == 1);
  }
  SECTION("there is no room for it") {
    objects.fetch_refused(id, "full");
    CHECK(rebuilt == 1);
  }
}

TEST_CASE_METHOD(directory,
                 "nobody is sent to look for a copy in his own "
                 "store",
                 "[directory]") {
  const auto id = made_on_node_2();
  objects.on_record(2, locate_object{id, {}});
  CHECK(rebuilt == 1);
  CHECK(take_sent<object_located>(2).empty());
}

TEST_CASE_METHOD(directory,
                 "a home that gave up an object on its way here is "
                 "asked again",
                 "[directory]") {
  const auto id = object_of(2);
  objects.hold(reader, {id});
  objects.want(reader, id);
  CHECK(take_sent<locate_object>(2).size() == 1);
  located_on_node_3(id);
  REQUIRE(fetches == 1);
  SECTION("when the copy does not come") {
    objects.on_record(2, free_copies{{id}});
    objects.fetch_failed(id, {3});
  }
  SECTION("at once when none was on its way") {
    objects.fetch_failed(id, {3});
    sent.clear();
    objects.on_record(2, free_copies{{id}});
  }
  CHECK(take_sent<locate_object>(2).size() == 1);
}

TEST_CASE_METHOD(directory,
                 "a copy that its home freed and then lists again "
                 "stays until it is freed again",
                 "[directory]") {
  const auto id = object_of(2);
  objects.hold(reader, {id});
  objects.on_record(2, free_copies{{id}});
  objects.want(reader, id);
  located_on_node_3(id);
  objects.fetched(id, {77, 1 << 20});
  CHECK(take_sent<copy_added>(2).size() == 1);
  objects.drop(reader, {id});
  objects.on_record(2, ack_retain{1});
  objects.sweep();
  CHECK(freed.empty());
  objects.on_record(2, free_copies{{id}});
  objects.sweep();
  CHECK(freed == std::vector{id});
  CHECK(objects.size() == 0);
}

TEST_CASE_METHOD(directory,
                 "a copy keeps its place when its home gives it up "
                 "and tells of others",
                 "[directory]") {
  const auto id = object_of(2);
  objects.hold(reader, {id});
  objects.keep_copy(id, stored(77));
  objects.on_record(2, free_copies{{id}});
  objects.want(reader, id);
  located_on_node_3(id);
  CHECK(fetches == 0);
  objects.send_ready(reader, 1000);
  REQUIRE(ready.size() == 1);
  CHECK(ready[0].value.where.offset == 77);
}

TEST_CASE_METHOD(directory,
                 "an object that was fetched and made here at once "
                 "is forgotten with its last user",
                 "[directory]") {
  const auto id = object_of(2);
  objects.hold(reader, {id});
  objects.want(reader, id);
  located_on_node_3(id);
  REQUIRE(fetches == 1);
  objects.keep_copy(id, stored(77));
  objects.fetched(id, {78, 1 << 20});
  CHECK(objects.find(id)->value.where.offset == 77);
  objects.on_record(2, ack_retain{1});
  objects.drop(reader, {id});
  objects.on_record(2, free_copies{{id}});
  objects.sweep();
  CHECK(freed == std::vector{id});
  CHECK(objects.size() == 0);
}

TEST_CASE_METHOD(directory, "a result for a dead home leaves no copy",
                 "[directory]") {
  const auto id = object_of(2);
  objects.node_gone(2);
  objects.keep_copy(id, stored(77));
  objects.sweep();
  CHECK(freed == std::vector{id});
  CHECK(objects.size() == 0);
}
