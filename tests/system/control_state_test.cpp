// What the control store keeps, while the cluster runs and afterwards.

#include "system/cluster.hpp"
#include "system/kernel_view.hpp"

#include "catch.hpp"

#include <nlohmann/json.hpp>

#include <csignal>
#include <fstream>
#include <sstream>

using namespace rayd::testing;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

using lines = std::vector<json>;

lines dump_of(cluster& place, const std::vector<std::string>& flags = {}) {
  std::vector<std::string> arguments{"dump"};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  const auto done = place.rayd(arguments);
  INFO(to_string(done));
  REQUIRE(done.exit_code == 0);
  CHECK(done.err.empty());
  lines all;
  std::istringstream in{done.out};
  for (std::string line; std::getline(in, line);)
    all.push_back(json::parse(line));
  return all;
}

lines of_kind(const lines& all, const std::string& kind) {
  lines found;
  for (const auto& line : all)
    if (line.at("kind") == kind)
      found.push_back(line);
  return found;
}

/// The one line with such a value; fails the test case when it is not one.
json only(const lines& all, const std::string& kind, const std::string& key,
          const std::string& value) {
  lines found;
  for (const auto& line : of_kind(all, kind))
    if (line.value(key, std::string{}) == value)
      found.push_back(line);
  INFO(json(all).dump(2));
  REQUIRE(found.size() == 1);
  return found[0];
}

/// A function's name as people write it, in whatever form it is recorded.
json task_of(const lines& all, const std::string& function) {
  lines found;
  for (const auto& line : of_kind(all, "task"))
    if (line.at("function").get<std::string>().find(function)
        != std::string::npos)
      found.push_back(line);
  INFO(json(all).dump(2));
  REQUIRE(found.size() == 1);
  return found[0];
}

/// Of what census.cpp did, whatever became of its job.
void check_census(const lines& all) {
  const auto doubled = only(all, "task", "name", "doubling");
  CHECK(doubled["state"] == "finished");
  CHECK(doubled["job"] == "j1");
  CHECK(doubled["home"] == "n1");
  CHECK(doubled["placed_by"] == "local");
  CHECK(doubled["demand"]["CPU"] == 1);
  CHECK(doubled["error"].is_null());
  CHECK(doubled["pid"] > 0);
  CHECK(doubled["submitted_us"] > 1'600'000'000'000'000);
  CHECK(doubled["started_us"] >= doubled["submitted_us"]);
  CHECK(doubled["finished_us"] >= doubled["started_us"]);

  const auto failed = task_of(all, "look_up");
  CHECK(failed["state"] == "failed");
  CHECK(failed["error"] == "task_error");
  CHECK(failed["error_message"].get<std::string>().find("there is no row 7")
        != std::string::npos);

  const auto actor = only(all, "actor", "name", "records");
  CHECK(actor["interface"].get<std::string>().find("clerk")
        != std::string::npos);
  CHECK(actor["job"] == "j1");
  CHECK(actor["node"] == "n1");
}

void wait_for_mirror() {
  // Records are mirrored within 100 ms.
  const auto until = std::chrono::steady_clock::now() + 200ms;
  while (std::chrono::steady_clock::now() < until)
    pause_briefly();
}

} // namespace

TEST_CASE("dump shows a running cluster, a job's end, and the same when all "
          "is over") {
  RAYD_NEEDS_PROGRAM("census");
  cluster place;
  place.start_head({"--num-cpus=2"});
  place.start_node({"--num-cpus=1", "--labels=zone=b"});
  const auto go = place.base() / "tmp" / "go";
  running driver{place.program("census", {go.string()},
                               {{"RAY_ADDRESS", "auto"}})};
  REQUIRE(driver.wait_for_output("ready", 10s));
  wait_for_mirror();
  const auto live = dump_of(place);
  CHECK(of_kind(live, "node").size() == 2);
  CHECK(only(live, "node", "id", "n2")["labels"]["zone"] == "b");
  CHECK(only(live, "node", "id", "n1")["address"] == place.address());
  const auto job = only(live, "job", "id", "j1");
  CHECK(job["state"] == "running");
  CHECK(job["pid"] == driver.pid());
  CHECK(job["program"] == program_path("census").string());
  check_census(live);
  const auto actor = only(live, "actor", "name", "records");
  CHECK(actor["state"] == "alive");
  CHECK(only(live, "actor_name", "name", "records")["id"] == actor["id"]);
  CHECK(task_of(live, "wait_for")["state"] == "running");
  CHECK(of_kind(live, "damaged").empty());
  // The vector that was put, on the node where its driver is.
  bool stored = false;
  for (const auto& object : of_kind(live, "object"))
    stored = stored || (object["size"] >= (1 << 20)
                        && object["nodes"] == json::array({"n1"}));
  CHECK(stored);

  std::ofstream{go};
  CHECK(driver.wait(5s).exit_code == 0);
  std::filesystem::remove(go);
  const auto session = place.nodes()[0].folder;
  CHECK(place.stop().exit_code == 0);
  // Its password has gone with Redis, and dump needs none.
  CHECK_FALSE(std::filesystem::exists(session / "control" / "password"));
  for (const auto& flags :
       {std::vector<std::string>{}, {"--session=" + session.string()}}) {
    const auto later = dump_of(place, flags);
    check_census(later);
    CHECK(only(later, "job", "id", "j1")["state"] == "succeeded");
    CHECK(task_of(later, "wait_for")["state"] == "finished");
    const auto dead = only(later, "actor", "name", "records");
    CHECK(dead["state"] == "dead");
    CHECK(of_kind(later, "actor_name").empty());
    CHECK(of_kind(later, "object").empty());
    for (const auto& node : of_kind(later, "node")) {
      CHECK(node["state"] == "dead");
      CHECK(node["reason"] == "it was stopped");
    }
  }
}

TEST_CASE("a driver that is killed leaves a failed job") {
  RAYD_NEEDS_PROGRAM("census");
  cluster place;
  place.start_head({"--num-cpus=2"});
  const auto go = place.base() / "tmp" / "go";
  running driver{place.program("census", {go.string()},
                               {{"RAY_ADDRESS", "auto"}})};
  REQUIRE(driver.wait_for_output("ready", 10s));
  driver.signal(SIGKILL);
  driver.wait(1s);
  const auto is = [&](const char* kind, const char* key, const char* value,
                      const char* state) {
    return only(dump_of(place), kind, key, value)["state"] == state;
  };
  CHECK(eventually([&] { return is("job", "id", "j1", "failed"); }, 2s));
  CHECK(eventually([&] { return is("actor", "name", "records", "dead"); },
                   2s));
  wait_for_mirror();
  check_census(dump_of(place));
}

TEST_CASE("kill -9 of the head ends everything, and dump still works") {
  RAYD_NEEDS_PROGRAM("census");
  cluster place;
  place.start_head({"--num-cpus=2"});
  place.start_node({"--num-cpus=2"});
  const auto nodes = place.nodes();
  REQUIRE(nodes.size() == 2);
  const auto go = place.base() / "tmp" / "go";
  running driver{place.program("census", {go.string()},
                               {{"RAY_ADDRESS", "auto"}})};
  REQUIRE(driver.wait_for_output("ready", 10s));
  // Redis's log reaches the disk once a second.
  wait_for_mirror();
  std::vector<long> workers;
  long redis = 0;
  const auto pids = pids_of(place.processes());
  for (const long pid : children_of(nodes[0].pid, pids))
    (process_name(pid) == "census" ? workers.emplace_back(pid) : redis = pid);
  REQUIRE(workers.size() >= 2);
  REQUIRE(redis != 0);

  ::kill(static_cast<pid_t>(nodes[0].pid), SIGKILL);
  // Within 10 ms: see failures_test.cpp.
  const auto all_gone = [&] {
    return std::none_of(workers.begin(), workers.end(), is_running);
  };
  CHECK(eventually(all_gone, 1s));
  CHECK(eventually([&] { return !is_running(redis); }, 2s));
  CHECK(eventually([&] { return !is_running(nodes[1].pid); }, 2s));
  const auto done = driver.wait(2s);
  INFO(to_string(done));
  CHECK(done.exit_code == 128 + SIGABRT);
  CHECK(done.err.find("ray::connection_failed") != std::string::npos);
  CHECK(eventually([&] { return place.processes().empty(); }, 2s));

  check_census(dump_of(place));
  CHECK(only(dump_of(place), "job", "id", "j1")["state"] == "running");
  const auto stop = place.stop();
  INFO(to_string(stop));
  CHECK(stop.exit_code == 0);
  CHECK_FALSE(
    std::filesystem::exists(nodes[0].folder / "control" / "password"));
  check_census(dump_of(place));
}

TEST_CASE("the last five ended sessions stay") {
  cluster place;
  std::vector<std::string> folders;
  for (int i = 0; i < 7; ++i) {
    place.start_head({"--num-cpus=0"});
    folders.push_back(place.nodes().back().folder);
    CHECK(place.stop().exit_code == 0);
  }
  std::vector<std::string> kept;
  for (const auto& node : place.nodes()) {
    kept.push_back(node.folder);
    CHECK(node.state == "ended");
  }
  CHECK(kept == std::vector(folders.begin() + 2, folders.end()));
}
