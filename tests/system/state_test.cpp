// The state of the cluster as commands show it: rayd list, get, summary,
// memory, timeline, top.

#include "system/cluster.hpp"

#include "catch.hpp"

#include <nlohmann/json.hpp>

#include <fstream>
#include <iostream>
#include <optional>
#include <set>

using namespace rayd::testing;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

json answer_of(cluster& place, std::vector<std::string> arguments) {
  arguments.push_back("--json");
  const auto done = place.rayd(std::move(arguments));
  INFO(to_string(done));
  REQUIRE(done.exit_code == 0);
  return json::parse(done.out);
}

/// Lists until so many rows are there: records come to the head in blocks.
json list_until(cluster& place, const std::vector<std::string>& arguments,
                std::size_t rows) {
  json found;
  eventually(
    [&] {
      found = answer_of(place, arguments);
      return found.size() >= rows;
    },
    10s);
  INFO(found.dump(2));
  REQUIRE(found.size() == rows);
  return found;
}

std::string text_of(cluster& place, const std::vector<std::string>& arguments,
                    int code = 0) {
  const auto done = place.rayd(arguments);
  INFO(to_string(done));
  CHECK(done.exit_code == code);
  return code == 0 ? done.out : done.err;
}

bool holds(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

/// A cluster in which state_user has done everything and keeps one task
/// running.
struct busy_cluster {
  explicit busy_cluster(const std::string& count, int nodes) {
    place.start_head({"--num-cpus=2"});
    for (int i = 1; i < nodes; ++i)
      place.start_node({"--num-cpus=2"});
    user.emplace(place.program("state_user", {count, file},
                               {{"RAY_ADDRESS", "auto"}}));
    REQUIRE(user->wait_for_output("ready", 120s));
  }

  void end() {
    std::ofstream{file} << "end";
    CHECK(user->wait(30s).exit_code == 0);
  }

  cluster place;
  std::string file = place.base() / "end";
  std::optional<running> user;
};

} // namespace

TEST_CASE("lists show what waits, runs and failed, and why", "[state]") {
  RAYD_NEEDS_PROGRAM("state_user");
  busy_cluster busy{"10", 2};
  auto& place = busy.place;

  const auto waiting = list_until(
    place, {"list", "tasks", "--filter", "state=waiting_for_resources"}, 1)[0];
  CHECK(waiting["function"].get<std::string>().find("too_large")
        != std::string::npos);
  CHECK(holds(waiting["reason"], "100"));
  const std::string id = waiting["id"];
  CHECK(answer_of(place, {"get", "task", id})["id"] == id);
  CHECK(holds(text_of(place, {"list", "tasks"}), "waits for resources"));

  const auto failed
    = list_until(place, {"list", "tasks", "--filter=state=failed"}, 2);
  for (const auto& task : failed)
    CHECK(holds(task["error_message"], "there is no row 7"));
  const auto errors = list_until(place, {"list", "errors"}, 2);
  CHECK(errors[0]["error"] == "task_error");
  CHECK(errors[0]["count"] == 1);

  CHECK(list_until(place,
                   {"list", "tasks", "--filter=state=running,name!=x"}, 1)
          .at(0)["function"]
          .get<std::string>()
          .find("wait_for")
        != std::string::npos);
  CHECK(list_until(place, {"list", "actors"}, 1)[0]["state"] == "alive");
  CHECK(list_until(place, {"list", "jobs"}, 1)[0]["state"] == "running");
  CHECK(list_until(place, {"list", "nodes"}, 2).size() == 2);
  CHECK(list_until(place, {"list", "nodes", "--filter=role=head"}, 1).size()
        == 1);

  CHECK(holds(text_of(place, {"status"}), "demand: 1 waiting for CPU 100"));
  bool running = false;
  for (const auto& worker : answer_of(place, {"list", "workers"}))
    running = running || worker["state"] == "running";
  CHECK(running);

  const auto objects = list_until(place, {"list", "objects"}, 1);
  CHECK(objects[0]["size"].get<std::size_t>() >= 8u << 17);
  CHECK(objects[0]["references"]["processes"] == 1);
  const auto memory = answer_of(place, {"memory"});
  CHECK(memory["stores"].size() == 2);
  CHECK(memory["rows"][0]["id"] == objects[0]["id"]);
  CHECK(holds(text_of(place, {"memory"}), "1 processes"));
  busy.end();
}

TEST_CASE("sums, traces and frames are there", "[state]") {
  RAYD_NEEDS_PROGRAM("state_user");
  busy_cluster busy{"10", 1};
  auto& place = busy.place;
  list_until(place, {"list", "tasks", "--filter=function=~tick"}, 10);

  json ticks;
  for (const auto& row : answer_of(place, {"summary", "tasks"}))
    if (row["name"].get<std::string>().find("tick") != std::string::npos)
      ticks = row;
  CHECK(ticks["count"] == 10);
  CHECK(ticks["finished"] == 10);
  CHECK(ticks["failed"] == 0);
  CHECK(ticks["p95_us"] >= ticks["p50_us"]);
  CHECK(answer_of(place, {"summary", "actors"})[0]["running"] == 1);
  CHECK(answer_of(place, {"summary", "objects"})[0]["name"] == "ray::put");

  const auto file = place.base() / "trace.json";
  CHECK(holds(text_of(place, {"timeline", "-o", file}), "perfetto"));
  std::ifstream in{file};
  const auto trace = json::parse(in);
  std::size_t spans = 0;
  for (const auto& event : trace["traceEvents"])
    if (event["ph"] == "X"
        && event["name"].get<std::string>().find("tick") != std::string::npos)
      ++spans;
  CHECK(spans == 10);

  const auto frame = text_of(place, {"top"});
  CHECK(holds(frame, "cluster"));
  // The head hears of a task a moment after it started.
  CHECK(eventually(
    [&] { return holds(text_of(place, {"top"}), "wait_for"); }, 5s));
  busy.end();
}

TEST_CASE("what cannot be listed gives one sentence", "[state]") {
  cluster place;
  place.start_head({"--num-cpus=1"});
  CHECK(holds(text_of(place, {"list", "task5"}, 2), "did you mean"));
  CHECK(holds(text_of(place, {"list", "tasks", "--filter=staat=x"}, 1),
              "no field \"staat\""));
  CHECK(holds(text_of(place, {"list", "tasks", "--filter=x"}, 2),
              "no condition"));
  CHECK(holds(text_of(place, {"list", "tasks", "--limit=0"}, 2), "--limit"));
  CHECK(holds(text_of(place, {"get", "task", "7"}, 1), "is no id"));
  CHECK(holds(text_of(place,
                      {"get", "task", "00000001000001aa0000000000000001"}, 1),
              "no task"));
  CHECK(holds(text_of(place, {"get", "worker", "n1:1"}, 1), "no worker"));
  CHECK(holds(text_of(place, {"summary", "nodes"}, 1), "summaries of tasks"));
}

// Goal: pages of a long list neither miss nor repeat a task, and a page takes
// less than a second.
TEST_CASE("100,000 tasks are listed page by page", "[state]") {
  RAYD_NEEDS_PROGRAM("state_user");
  constexpr std::size_t count = 100'000;
  busy_cluster busy{std::to_string(count), 2};
  auto& place = busy.place;
  const std::vector<std::string> whole{"list", "tasks", "--limit=all",
                                       "--filter=function=~tick"};
  const auto begin = std::chrono::steady_clock::now();
  const auto rows = list_until(place, whole, count);
  const auto took = std::chrono::steady_clock::now() - begin;
  std::set<std::string> ids;
  for (const auto& row : rows)
    ids.insert(row["id"].get<std::string>());
  CHECK(ids.size() == count);
  const auto page = place.rayd({"list", "tasks", "--limit=100"});
  CHECK(page.took < 1s);
  std::cout << "a page of 100 of " << count << " tasks: " << page.took.count()
            << " ms; all of them: "
            << std::chrono::duration_cast<std::chrono::milliseconds>(took)
                 .count()
            << " ms\n";
  busy.end();
}
