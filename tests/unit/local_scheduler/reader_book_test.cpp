#include "local_scheduler/reader_book.hpp"

#include "catch.hpp"

using namespace rayd;

namespace {

const object_id a{1, 1};
const object_id b{1, 2};

using ids = std::vector<object_id>;

} // namespace

TEST_CASE("who waits for an object is told once, in order", "[readers]") {
  reader_book<int> book;
  book.wait(5, a);
  book.wait(3, a);
  book.wait(4, b);
  CHECK(book.take_waiting(a) == std::vector<int>{5, 3});
  CHECK(book.take_waiting(a).empty());
  CHECK_FALSE(book.empty());
}

TEST_CASE("a dead reader leaves no pin and is not answered", "[readers]") {
  reader_book<int> book;
  book.wait(5, a);
  book.wait(6, a);
  book.pinned(5, b);
  CHECK(book.gone(5) == ids{b});
  CHECK(book.gone(5).empty());
  CHECK(book.take_waiting(a) == std::vector<int>{6});
  book.wait(7, a);
  CHECK(book.gone(7).empty());
  CHECK(book.empty());
}

TEST_CASE("a pin is taken off once, by its own reader", "[readers]") {
  reader_book<int> book;
  book.pinned(5, a);
  CHECK_FALSE(book.done(6, a));
  CHECK_FALSE(book.done(5, b));
  CHECK(book.done(5, a));
  CHECK_FALSE(book.done(5, a));
  CHECK(book.gone(5).empty());
}
