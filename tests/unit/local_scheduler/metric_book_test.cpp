#include "local_scheduler/metric_book.hpp"

#include "catch.hpp"

#include <limits>

using namespace rayd;

namespace {

metric_report one(metric_kind kind, std::string name, double value,
                  std::vector<std::uint64_t> buckets = {}) {
  metric_series series;
  series.kind = kind;
  series.name = std::move(name);
  series.value = value;
  if (kind == metric_kind::histogram)
    series.boundaries = {1};
  series.buckets = std::move(buckets);
  return {{series}, 0};
}

constexpr auto counter = metric_kind::counter;
constexpr auto gauge = metric_kind::gauge;
constexpr auto histogram = metric_kind::histogram;

} // namespace

TEST_CASE("counters of processes add up and stay, gauges go with them",
          "[metrics]") {
  metric_book book;
  CHECK_FALSE(book.changed());
  CHECK_FALSE(book.take());
  book.add(1, one(counter, "hits", 2));
  book.add(2, one(counter, "hits", 3));
  book.add(1, one(counter, "hits", 1));
  book.add(1, one(gauge, "depth", 5));
  book.add(2, one(gauge, "depth", 7));
  book.add(1, one(gauge, "depth", 4));
  book.add(1, one(histogram, "sizes", 3, {1, 1}));
  book.add(2, one(histogram, "sizes", 2, {0, 1}));
  CHECK(book.changed());
  auto told = book.take();
  REQUIRE(told);
  REQUIRE(told->series.size() == 3);
  CHECK(told->series[0].name == "depth");
  CHECK(told->series[0].value == 11);
  CHECK(told->series[1].value == 6);
  CHECK(told->series[2].value == 5);
  CHECK(told->series[2].buckets == std::vector<std::uint64_t>{1, 2});
  CHECK_FALSE(book.changed());

  book.process_gone(1);
  told = book.take();
  REQUIRE(told->series.size() == 1);
  CHECK(told->series[0].value == 7);
  CHECK_FALSE(told->series[0].gone);
  book.process_gone(2);
  book.process_gone(2);
  told = book.take();
  REQUIRE(told->series.size() == 1);
  CHECK(told->series[0].gone);
  CHECK_FALSE(book.take());
  // Another process goes on where the dead ones were, with sums.
  book.add(3, one(counter, "hits", 1));
  CHECK(book.take()->series[0].value == 7);
}

TEST_CASE("only what changed is told", "[metrics]") {
  metric_book book;
  for (int i = 0; i < 300; ++i)
    book.add(1, one(counter, "c" + std::to_string(i), 1));
  CHECK(book.take()->series.size() == report_series_max);
  CHECK(book.take()->series.size() == 300 - report_series_max);
  CHECK_FALSE(book.take());
  book.add(1, one(counter, "c7", 1));
  const auto told = book.take();
  REQUIRE(told->series.size() == 1);
  CHECK(told->series[0].value == 2);
}

TEST_CASE("a node that joins anew tells what the head has not heard",
          "[metrics]") {
  metric_book book;
  auto first = one(counter, "hits", 2);
  first.dropped = 3;
  book.add(1, first);
  book.add(1, one(histogram, "sizes", 3, {1, 1}));
  book.add(1, one(gauge, "depth", 5));
  book.take();
  book.add(1, one(counter, "hits", 4));
  book.joined();
  const auto told = book.take();
  REQUIRE(told);
  CHECK(told->dropped == 0);
  REQUIRE(told->series.size() == 3);
  CHECK(told->series[0].value == 5);
  CHECK(told->series[1].value == 4);
  CHECK(told->series[2].value == 0);
  CHECK(told->series[2].buckets == std::vector<std::uint64_t>{0, 0});
}

TEST_CASE("what is wrong or too much counts as dropped", "[metrics]") {
  metric_book book;
  book.add(1, one(counter, "two words", 1));
  book.add(1, one(counter, "hits", std::numeric_limits<double>::infinity()));
  book.add(1, one(histogram, "sizes", 1, {1}));
  book.add(1, one(counter, "x", 1, {1}));
  book.add(1, one(counter, "hits", 1));
  book.add(1, one(gauge, "hits", 1));
  auto told = book.take();
  REQUIRE(told);
  CHECK(told->dropped == 5);
  CHECK(told->series.size() == 1);
  for (std::size_t i = 0; i < metric_book::series_max + 9; ++i)
    book.add(1, one(counter, "c" + std::to_string(i), 1));
  std::uint64_t dropped = 0;
  while ((told = book.take()))
    dropped = told->dropped;
  CHECK(dropped == 15);
}
