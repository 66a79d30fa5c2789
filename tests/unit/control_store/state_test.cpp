// Queries about the state, answered from what a real Redis holds.

#include "control_store/newest_rows.hpp"
#include "control_store/run_histogram.hpp"
#include "unit/control_store/fixture.hpp"

#include <nlohmann/json.hpp>

#include <set>

using namespace rayd;
using namespace rayd::test;
using nlohmann::json;

namespace {

task_record submitted(std::uint64_t n, task_state state, std::int64_t at) {
  auto task = task_of(n, state);
  task.submitted_us = at;
  return task;
}

json ask(store_user& store, const json& request) {
  const auto text = store.ask<std::string>(list_store{{}, 0, request.dump()});
  INFO(store.reason());
  REQUIRE(text);
  return json::parse(*text);
}

json list_of(std::size_t limit, const std::string& cursor = "") {
  return {{"what", "list"}, {"kind", "tasks"}, {"limit", limit},
          {"cursor", cursor}};
}

} // namespace

TEST_CASE("pages keep their rows while tasks change", "[state]") {
  session_folder folder;
  store_user store{options_for(folder)};
  REQUIRE(store.ask<store_opened>(open_store{}));
  for (std::uint64_t n = 1; n <= 25; ++n)
    store.tell(mirror({submitted(n, task_state::running,
                                 static_cast<std::int64_t>(100 + n / 2))}));
  std::set<std::string> ids;
  std::string cursor;
  std::size_t pages = 0;
  do {
    const auto page = ask(store, list_of(10, cursor));
    ++pages;
    CHECK(page["total"].get<std::size_t>() >= 25);
    for (const auto& row : page["rows"])
      CHECK(ids.insert(row["id"].get<std::string>()).second);
    cursor = page["next"].get<std::string>();
    // One task of a later page ends, and another one is submitted.
    store.tell(mirror({submitted(1, task_state::finished, 100)}));
    store.tell(mirror({submitted(100 + pages, task_state::running, 500)}));
  } while (!cursor.empty() && pages < 5);
  CHECK(pages == 3);
  CHECK(ids.size() == 25);
  CHECK(ask(store, list_of(10, "x")).contains("error"));
}

TEST_CASE("tasks are summed up by name", "[state]") {
  session_folder folder;
  store_user store{options_for(folder)};
  REQUIRE(store.ask<store_opened>(open_store{}));
  for (std::uint64_t n = 1; n <= 100; ++n) {
    auto task = submitted(n, task_state::finished, 1);
    task.started_us = 1000;
    task.finished_us = 1000 + static_cast<std::int64_t>(n) * 100;
    store.tell(mirror({task}));
  }
  auto failed = submitted(101, task_state::failed, 1);
  failed.error = ray::errc::task_error;
  failed.error_message = "no luck";
  failed.error_chain = "draw\nplay";
  store.tell(mirror({failed, submitted(102, task_state::waiting_for_args, 1)}));
  const auto row
    = ask(store, {{"what", "summary"}, {"kind", "tasks"}})["rows"].at(0);
  CHECK(row["count"] == 102);
  CHECK(row["failed"] == 1);
  CHECK(row["waiting"] == 1);
  CHECK(row["p50_us"].get<int>() >= 5000);
  CHECK(row["p50_us"].get<int>() <= 5700);
  CHECK(row["p95_us"].get<int>() >= 9500);
  const auto errors
    = ask(store, {{"what", "list"}, {"kind", "errors"}})["rows"];
  REQUIRE(errors.size() == 1);
  CHECK(errors[0]["error_message"] == "no luck");
  CHECK(errors[0]["count"] == 1);
  CHECK(errors[0]["chain"] == nlohmann::json{"draw", "play"});
}

TEST_CASE("a graph goes from a task to those below it", "[state]") {
  session_folder folder;
  store_user store{options_for(folder)};
  REQUIRE(store.ask<store_opened>(open_store{}));
  const auto top = task_of(1, task_state::running);
  auto below = task_of(2, task_state::running);
  below.parent = top.id;
  auto beside = task_of(3, task_state::running);
  store.tell(mirror({top, below, beside}));
  auto graph = ask(store, {{"what", "graph"}, {"root", to_string(top.id)}});
  CHECK(graph["nodes"].size() == 2);
  REQUIRE(graph["edges"].size() == 1);
  CHECK(graph["edges"][0][1] == to_string(below.id));
  graph = ask(store, {{"what", "graph"}, {"root", "j1"}, {"limit", 2}});
  CHECK(graph["nodes"].size() == 2);
  CHECK(graph["left_out"] == 1);
  CHECK(ask(store, {{"what", "graph"}, {"root", "j7"}}).contains("error"));
}

TEST_CASE("a timeline has the runs between two times", "[state]") {
  session_folder folder;
  store_user store{options_for(folder)};
  REQUIRE(store.ask<store_opened>(open_store{}));
  for (std::uint64_t n = 1; n <= 9; ++n) {
    auto task = submitted(n, task_state::finished, 1);
    task.worker_pid = 7;
    task.started_us = static_cast<std::int64_t>(n) * 100;
    task.finished_us = task.started_us + 10;
    store.tell(mirror({task}));
  }
  const auto answer = ask(store, {{"what", "timeline"},
                                  {"from_us", 300},
                                  {"to_us", 700},
                                  {"limit", 3}});
  REQUIRE(answer["rows"].size() == 1);
  CHECK(answer["rows"][0]["pid"] == 7);
  CHECK(answer["rows"][0]["spans"].size() == 3);
  CHECK(answer["rows"][0]["spans"][0]["started_us"] == 700);
  CHECK(answer["dropped"] == 2);
}

TEST_CASE("quantiles are at most an eighth too high", "[state]") {
  run_histogram times;
  CHECK(times.quantile(0.5) == 0);
  for (int i = 0; i < 1000; ++i)
    times.add(i);
  CHECK(times.quantile(0) == 0);
  CHECK(times.quantile(0.5) >= 499);
  CHECK(times.quantile(0.5) <= 563);
  times.add(std::int64_t{1} << 62);
  times.add(-5);
  CHECK(times.quantile(1) >= std::int64_t{1} << 62);
}
