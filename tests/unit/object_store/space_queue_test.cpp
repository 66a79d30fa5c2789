// Requests that wait for space: order, wishes and patience, by a fake clock.

#include "catch.hpp"
#include "object_store/space_queue.hpp"

using namespace rayd;

namespace {

constexpr space_figures empty{1000, 1000, 1000};
constexpr space_figures full{1000, 100, 50};

} // namespace

TEST_CASE("above 80 % objects should leave, below none", "[space_queue]") {
  space_queue queue;
  CHECK_FALSE(queue.next_wish(empty, 0));
  CHECK_FALSE(queue.next_wish({1000, 200, 200}, 0));
  const auto wish = queue.next_wish({1000, 150, 150}, 0);
  REQUIRE(wish);
  CHECK(wish->bytes == 50);
}

TEST_CASE("the first request's need is the wish", "[space_queue]") {
  space_queue queue;
  REQUIRE(queue.add(1, 700, 0));
  REQUIRE(queue.add(2, 10, 0));
  CHECK(queue.waiting() == std::vector<std::uint64_t>{1, 2});
  CHECK(queue.next_wish(full, 0)->bytes == 600);
  // It fits in pieces only.
  CHECK(queue.next_wish({1000, 800, 400}, 0)->bytes == 700);
  CHECK_FALSE(queue.next_wish({1000, 800, 800}, 0));
  queue.remove(1);
  CHECK(queue.waiting() == std::vector<std::uint64_t>{2});
}

TEST_CASE("a request fails after 1 s in which nothing leaves",
          "[space_queue]") {
  space_queue queue;
  REQUIRE(queue.add(1, 700, 0));
  const auto wish = queue.next_wish(full, 0);
  REQUIRE(wish);
  CHECK(queue.give_up(2'000'000).empty()); // Things move.
  CHECK_FALSE(queue.may_overtake());
  queue.nothing_leaves(wish->serial - 1, false, 0); // An old answer.
  CHECK_FALSE(queue.may_overtake());
  queue.nothing_leaves(wish->serial, false, 500'000);
  CHECK(queue.may_overtake());
  CHECK_FALSE(queue.next_wish(full, 500'001)); // It rests.
  CHECK(queue.give_up(999'999).empty());
  CHECK(queue.give_up(1'000'000) == std::vector<std::uint64_t>{1});
  CHECK(queue.empty());
}

TEST_CASE("a request waits longer for running tasks to end",
          "[space_queue]") {
  space_queue queue;
  REQUIRE(queue.add(1, 700, 0));
  queue.nothing_leaves(queue.next_wish(full, 0)->serial, true, 0);
  CHECK(queue.give_up(9'999'999).empty());
  CHECK(queue.give_up(10'000'000).size() == 1);
}

TEST_CASE("a request never waits for ever", "[space_queue]") {
  space_queue queue;
  REQUIRE(queue.add(1, 700, 0));
  CHECK(queue.give_up(29'999'999).empty());
  CHECK(queue.give_up(30'000'000).size() == 1);
}

TEST_CASE("only so many requests wait", "[space_queue]") {
  space_queue queue;
  for (std::uint64_t i = 0; i < space_queue::limit; ++i)
    REQUIRE(queue.add(i, 1, 0));
  CHECK_FALSE(queue.add(99'999, 1, 0));
}
