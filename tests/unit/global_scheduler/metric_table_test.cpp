#include "global_scheduler/metric_table.hpp"

#include "catch.hpp"

#include <nlohmann/json.hpp>

using namespace rayd;
using nlohmann::json;

namespace {

metric_series of(metric_kind kind, std::string name, double value,
                 std::map<std::string, std::string> tags = {}) {
  metric_series series;
  series.kind = kind;
  series.name = std::move(name);
  series.value = value;
  series.tags = std::move(tags);
  return series;
}

constexpr auto counter = metric_kind::counter;
constexpr auto gauge = metric_kind::gauge;

json answer_of(const metric_table& table) {
  return json::parse(table.answer());
}

} // namespace

TEST_CASE("the head adds up nodes by name and tags", "[metrics]") {
  metric_table table;
  auto sizes = of(metric_kind::histogram, "sizes", 9);
  sizes.boundaries = {1, 5};
  sizes.buckets = {1, 2, 3};
  table.take(1, {{of(counter, "hits", 2, {{"a", "x"}}),
                  of(counter, "hits", 4), of(gauge, "depth", 3), sizes},
                 0});
  table.take(2, {{of(counter, "hits", 5, {{"a", "x"}}), sizes}, 2});
  // The same once more: nodes tell sums.
  table.take(2, {{of(counter, "hits", 5, {{"a", "x"}}), sizes}, 2});
  const auto answer = answer_of(table);
  CHECK(answer["dropped"] == 2);
  REQUIRE(answer["rows"].size() == 4);
  const auto& rows = answer["rows"];
  CHECK(rows[0]["name"] == "depth");
  CHECK(rows[0]["exposed"] == "ray_depth");
  CHECK(rows[1]["exposed"] == "ray_hits_total");
  CHECK(rows[1]["value"] == 4);
  CHECK(rows[2]["value"] == 7);
  CHECK(rows[2]["tags"] == json::parse(R"({"a": "x"})"));
  CHECK(rows[3]["count"] == 12);
  CHECK(rows[3]["buckets"] == json::parse("[2, 4, 6]"));
  CHECK(rows[3]["value"] == 18);
}

TEST_CASE("what a dead node counted stays, its gauges go", "[metrics]") {
  metric_table table;
  table.take(1, {{of(counter, "hits", 2), of(gauge, "depth", 3),
                  of(gauge, "other", 1)},
                 4});
  table.take(2, {{of(counter, "hits", 5), of(gauge, "depth", 4)}, 0});
  table.node_gone(1);
  table.node_gone(1);
  table.node_gone(9);
  auto answer = answer_of(table);
  CHECK(answer["dropped"] == 4);
  REQUIRE(answer["rows"].size() == 2);
  CHECK(answer["rows"][0]["value"] == 4);
  CHECK(answer["rows"][1]["value"] == 7);
  auto gone = of(gauge, "depth", 0);
  gone.gone = true;
  table.take(2, {{gone}, 0});
  CHECK(answer_of(table)["rows"].size() == 1);
  table.take(2, {{gone}, 0});
  // A node under a new index counts from where the head was told.
  table.node_gone(2);
  table.take(3, {{of(counter, "hits", 1)}, 0});
  CHECK(answer_of(table)["rows"][0]["value"] == 8);
}

TEST_CASE("one name is one metric, and there is an end of them", "[metrics]") {
  metric_table table;
  table.take(1, {{of(counter, "hits", 1, {{"a", "x"}})}, 0});
  table.take(2, {{of(gauge, "hits", 1), of(counter, "no name", 1)}, 0});
  CHECK(answer_of(table)["rows"].size() == 1);
  CHECK(answer_of(table)["dropped"] == 2);
  // When it is gone, the name is free.
  table.take(1, {{of(gauge, "free", 1)}, 0});
  auto gone = of(gauge, "free", 1);
  gone.gone = true;
  table.take(1, {{gone, of(counter, "free", 1)}, 0});
  CHECK(answer_of(table)["dropped"] == 2);
  metric_report many;
  for (std::size_t i = 0; i < metric_table::series_max; ++i)
    many.series.push_back(of(counter, "c" + std::to_string(i), 1));
  table.take(1, many);
  const auto answer = answer_of(table);
  CHECK(answer["rows"].size() == metric_table::series_max);
  CHECK(answer["dropped"] == 4);
  metric_table heavy;
  metric_report large;
  for (int i = 0; i < 5000; ++i)
    large.series.push_back(of(counter, "c" + std::to_string(i), 1,
                              {{"a", std::string(250, '\1')},
                               {"b", std::string(250, '\1')},
                               {"c", std::string(250, '"')}}));
  heavy.take(1, large);
  CHECK(heavy.answer().size() < std::size_t{8} << 20);
  CHECK(answer_of(heavy)["dropped"] > 0);
  CHECK(answer_of(heavy)["rows"].size() > 500);
}
