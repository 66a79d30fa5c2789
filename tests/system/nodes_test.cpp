// Several nodes that all live: objects between them, and balancing.

#include "system/kernel_view.hpp"
#include "system/processes.hpp"

#include "catch.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <thread>

using namespace rayd::testing;
using namespace std::chrono_literals;

namespace {

/// CPU time of a process so far: fields 14 and 15 of /proc/PID/stat.
std::chrono::milliseconds cpu_time_of(long pid) {
  std::istringstream fields{proc_file(pid, "stat")};
  std::string field;
  for (int i = 1; i < 14; ++i)
    fields >> field;
  long user = 0;
  long system = 0;
  fields >> user >> system;
  return std::chrono::milliseconds{(user + system) * 1000
                                   / ::sysconf(_SC_CLK_TCK)};
}

} // namespace

TEST_CASE("nodes that have nothing to do take no CPU") {
  cluster place;
  place.start_head({"--num-cpus=1"});
  for (int i = 0; i < 3; ++i)
    place.start_node({"--num-cpus=1"});
  const auto nodes = place.nodes();
  REQUIRE(nodes.size() == 4);
  // At first they fault in memory for the store.
  const auto most_of_half_a_second = [&] {
    std::vector<std::chrono::milliseconds> before;
    for (const auto& node : nodes)
      before.push_back(cpu_time_of(node.pid));
    std::this_thread::sleep_for(500ms);
    auto most = 0ms;
    for (std::size_t i = 0; i < nodes.size(); ++i)
      most = std::max(most, cpu_time_of(nodes[i].pid) - before[i]);
    return most;
  };
  CHECK(eventually([&] { return most_of_half_a_second() < 50ms; }, 20s));
}

TEST_CASE("objects travel between nodes and arrive whole") {
  cluster place;
  place.start_head({"--num-cpus=1"});
  place.start_node({"--num-cpus=2", "--resources=spot=2"});
  const auto done
    = run(place.program("cluster_user", {"fetch"}, {{"RAY_ADDRESS", "auto"}}));
  INFO(to_string(done) << '\n' << place.logs());
  CHECK(done.exit_code == 0);
  // Nothing of it stays in either store.
  CHECK(eventually(
    [&] {
      const auto status = status_of(place);
      return status.is_object() && status["totals"]["store_used"] == 0;
    },
    3s));
}

TEST_CASE("a driver elsewhere gets a node of its own without CPUs") {
  cluster place;
  place.start_head({"--num-cpus=1"});
  place.start_node({"--num-cpus=2", "--resources=spot=2"});
  cluster elsewhere; // Another session base: nothing of `place` is known.
  const auto session = node_named(place, "n1").folder;
  const auto done = run(elsewhere.program(
    "cluster_user", {"fetch"},
    {{"RAY_ADDRESS", place.address()},
     {"RAY_REDIS_PASSWORD_FILE", (session / "secret").string()}}));
  INFO(to_string(done) << '\n' << place.logs());
  CHECK(done.exit_code == 0);
  const auto status = status_of(place);
  CHECK(state_of(status, "n3") == "dead");
}

TEST_CASE("a node that joins takes waiting tasks over at once") {
  cluster place;
  place.start_head({"--num-cpus=2"});
  running program{
    place.program("cluster_user", {"forty"}, {{"RAY_ADDRESS", "auto"}})};
  REQUIRE(program.wait_for_output("started", 5s));
  std::this_thread::sleep_for(1s);
  place.start_node({"--num-cpus=8"});
  const auto done = program.wait(20s);
  INFO(to_string(done) << '\n' << place.logs());
  REQUIRE(done.exit_code == 0);
  const auto took = std::atol(line_of(done.out, "ended").c_str())
                    - std::atol(line_of(done.out, "started").c_str());
  std::printf("40 tasks of 1 s on 2 + 8 slots: %ld ms\n", took);
  CHECK(took <= 7000);
  const auto spread = lines_of(done.out, "spread");
  REQUIRE(spread.size() == 2);
  CHECK(spread[0].starts_with("n1 "));
  CHECK(spread[1].starts_with("n2 "));
  const auto on_second = std::atoi(spread[1].c_str() + 3);
  // The mirror is at most a moment behind.
  std::string dump;
  const auto placed = [&] {
    dump = place.rayd({"dump"}).out;
    int global = 0;
    std::istringstream lines{dump};
    for (std::string line; std::getline(lines, line);) {
      const auto record = nlohmann::json::parse(line, nullptr, false);
      if (record.is_object() && record.value("kind", "") == "task"
          && record.value("node", "") == "n2"
          && record.value("placed_by", "") == "global")
        ++global;
    }
    return global;
  };
  CHECK(eventually([&] { return placed() == on_second; }, 2s));
  INFO(dump);
  CHECK(placed() == on_second);
}
