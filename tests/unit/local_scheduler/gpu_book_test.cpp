#include "local_scheduler/gpu_book.hpp"

#include <catch2/catch.hpp>

using namespace rayd;

namespace {

constexpr std::int64_t whole = 10'000;
constexpr std::int64_t half = 5'000;

using places = gpu_book::places;

} // namespace

TEST_CASE("whole GPUs are for one taker", "[gpus]") {
  gpu_book book{{"3", "5", "GPU-7"}};
  const auto two = book.pick(2 * whole);
  REQUIRE(two == places{0, 1});
  CHECK(book.names(*two) == "3,5");
  book.take(*two, 2 * whole);
  CHECK_FALSE(book.pick(2 * whole));
  CHECK(book.pick(whole) == places{2});
  CHECK(book.fits({2}, half));
  CHECK_FALSE(book.fits({1}, half));
  book.give(*two, 2 * whole);
  CHECK(book.pick(3 * whole) == places{0, 1, 2});
  CHECK_FALSE(book.pick(4 * whole));
}

TEST_CASE("shares are packed, so that whole ones stay whole", "[gpus]") {
  gpu_book book{{"0", "1"}};
  book.take({1}, half);
  CHECK(book.pick(half) == places{1});
  CHECK(book.pick(2'500) == places{1});
  CHECK(book.pick(whole) == places{0});
  CHECK(book.pick(6'000) == places{0});
  book.take({1}, half);
  CHECK(book.pick(half) == places{0});
  book.give({1}, half);
  book.give({1}, half);
  CHECK(book.pick(2 * whole) == places{0, 1});
}

TEST_CASE("pieces of GPUs are told from whole ones", "[gpus]") {
  gpu_book book{{"0", "1", "2"}};
  CHECK(book.in_large_pieces() == 3 * whole);
  book.take({0}, half);
  book.take({1}, 6'000);
  CHECK(book.in_large_pieces() == whole + half);
  CHECK(book.freest(whole) == places{2});
  CHECK(book.freest(2 * whole) == places{0, 2});
  CHECK(book.freest(4 * whole) == places{0, 1, 2});
  // What is kept for another one is not there.
  CHECK(book.pick(half) == places{0});
  CHECK(book.pick(half, {0}) == places{2});
  CHECK_FALSE(book.pick(half, {0, 2}));
}

TEST_CASE("who wants no GPU gets none", "[gpus]") {
  gpu_book book{{}};
  CHECK(book.pick(0) == places{});
  CHECK(book.fits({}, 0));
  CHECK_FALSE(book.pick(1));
  CHECK(book.names({}).empty());
}
