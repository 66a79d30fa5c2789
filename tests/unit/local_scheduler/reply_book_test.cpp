#include "local_scheduler/reply_book.hpp"

#include <catch2/catch.hpp>

using namespace rayd;
using what = reply_book::what;

namespace {

const auto parent = child_id(root_id(1, 5), 1, 1, 5);

object_id call(std::uint64_t number, node_index home = 1) {
  return child_id(parent, number, home, 5);
}

object_value reply(std::string bytes) {
  return {object_value::kind::inline_bytes, std::move(bytes), {}, {}};
}

} // namespace

TEST_CASE("a call that ran has its reply", "[replies]") {
  reply_book book;
  CHECK(book.begin(call(1)) == what::fresh);
  CHECK(book.begin(call(1)) == what::running);
  book.end(call(1), reply("one"));
  CHECK(book.begin(call(1)) == what::replied);
  CHECK(book.reply(call(1)).bytes == "one");
  CHECK(book.begin(call(2)) == what::fresh);
}

TEST_CASE("a call from another home is the same one", "[replies]") {
  reply_book book;
  CHECK(book.begin(call(1, 1)) == what::fresh);
  book.end(call(1, 1), reply("one"));
  CHECK(book.begin(call(1, 2)) == what::replied);
}

TEST_CASE("replies in the store are not kept", "[replies]") {
  reply_book book;
  book.begin(call(1));
  book.end(call(1), {object_value::kind::stored, {}, {8, 100}, {}});
  CHECK(book.begin(call(1)) == what::gone);
  book.begin(call(2));
  auto with_reference = reply("x");
  with_reference.nested.push_back(call(9));
  book.end(call(2), with_reference);
  CHECK(book.begin(call(2)) == what::gone);
}

TEST_CASE("what is kept is bounded", "[replies]") {
  reply_book book;
  SECTION("in bytes") {
    for (std::uint64_t i = 0; i < 20; ++i) {
      book.begin(call(i));
      book.end(call(i), reply(std::string(100'000, 'x')));
    }
    CHECK(book.begin(call(0)) == what::gone);
    CHECK(book.begin(call(9)) == what::gone);
    CHECK(book.begin(call(10)) == what::replied);
    CHECK(book.begin(call(19)) == what::replied);
  }
  SECTION("in calls") {
    for (std::uint64_t i = 0; i <= reply_book::calls_max; ++i) {
      book.begin(call(i));
      book.end(call(i), reply("x"));
    }
    CHECK(book.begin(call(1)) == what::replied);
    CHECK(book.begin(call(0)) == what::fresh);
  }
  SECTION("also when it has no replies") {
    for (std::uint64_t i = 0; i < 2 * reply_book::calls_max; ++i) {
      book.begin(call(i));
      book.end(call(i), reply(std::string(i % 7 == 0 ? 50'000 : 0, 'x')));
    }
    CHECK(book.begin(call(2 * reply_book::calls_max - 1)) == what::replied);
  }
}

TEST_CASE("the last 10,000 calls are known, and no other", "[replies]") {
  reply_book book;
  const std::uint64_t calls = 3 * reply_book::calls_max + 17;
  for (std::uint64_t i = 0; i < calls; ++i) {
    CHECK(book.begin(call(i)) == what::fresh);
    book.end(call(i), reply(std::to_string(i)));
  }
  for (std::uint64_t i = calls - reply_book::calls_max; i < calls; ++i) {
    REQUIRE(book.begin(call(i)) == what::replied);
    REQUIRE(book.reply(call(i)).bytes == std::to_string(i));
  }
  for (std::uint64_t i = 0; i < calls - reply_book::calls_max; ++i)
    REQUIRE(book.begin(call(i)) == what::fresh);
}

TEST_CASE("drivers are not tried again", "[replies]") {
  task_spec spec;
  spec.parent = root_id(3, 5);
  CHECK_FALSE(may_come_again(spec));
  spec.parent = parent;
  CHECK(may_come_again(spec));
}
