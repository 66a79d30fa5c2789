// Where work runs, and what is said of work that cannot run.

#include "system/processes.hpp"

#include "catch.hpp"

#include <csignal>

using namespace rayd::testing;
using namespace std::chrono_literals;

namespace {

const std::map<std::string, std::string> here{{"RAY_ADDRESS", "auto"}};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Runs a case of programs/placement.cpp to its end.
outcome placement(cluster& place, const std::string& name) {
  return run(place.program("placement", {name}, here));
}

void start_three(cluster& place, const std::string& head_cpus = "2") {
  place.start_head({"--num-cpus=" + head_cpus});
  place.start_node({"--num-cpus=2", "--labels=zone=a"});
  place.start_node({"--num-cpus=2", "--labels=zone=b"});
}

} // namespace

TEST_CASE("work that fits no node waits, and its driver hears why") {
  cluster place;
  place.start_head({"--num-cpus=2"});
  const auto done = placement(place, "infeasible");
  INFO(to_string(done) << '\n' << place.logs());
  CHECK(done.exit_code == 0);
  CHECK(contains(done.err, "where waits: it asks for CPU 100, and no "
                           "node has that: the largest there is, is n1 with "
                           "CPU 2"));
  CHECK(contains(done.err, "it asks for the labels zone=moon, and no node has "
                           "them"));
}

TEST_CASE("rayd status shows what fits no node, until a node comes") {
  cluster place;
  place.start_head({"--num-cpus=2"});
  running program{place.program("placement", {"infeasible_until_told"}, here)};
  REQUIRE(program.wait_for_output("waits", 10s));
  CHECK(eventually(
    [&] {
      const auto status = status_of(place);
      return status.is_object() && status["infeasible"].size() == 1
             && status["infeasible"][0]["labels"]["zone"] == "b"
             && status["infeasible"][0]["resources"]["CPU"] == 3;
    },
    3s));
  const auto shown = place.rayd({"status"});
  CHECK(contains(shown.out, "infeasible: 1 waiting on n1: it asks for the "
                            "labels zone=b"));
  place.start_node({"--num-cpus=4", "--labels=zone=b"});
  const auto done = program.wait(10s);
  INFO(to_string(done) << '\n' << place.logs());
  CHECK(contains(done.out, "ran on n2"));
  CHECK(status_of(place)["infeasible"].empty());
}

TEST_CASE("tasks and actors run where they wish") {
  cluster place;
  start_three(place);
  for (const char* name : {"labels", "on_node", "spread"}) {
    const auto done = placement(place, name);
    INFO(to_string(done) << '\n' << place.logs());
    CHECK(done.exit_code == 0);
  }
}

TEST_CASE("a task runs on the node that holds its argument") {
  cluster place;
  start_three(place, "0");
  const auto done = placement(place, "locality");
  INFO(to_string(done) << '\n' << place.logs());
  CHECK(done.exit_code == 0);
}

TEST_CASE("a hard wish for a node that is gone is unschedulable") {
  cluster place;
  place.start_head({"--num-cpus=2"});
  place.start_node({"--num-cpus=2"});
  running program{place.program("placement", {"on_node_gone"}, here)};
  REQUIRE(program.wait_for_output("runs", 10s));
  CHECK(eventually(
    [&] {
      const auto status = status_of(place);
      return status.is_object() && status["nodes"].size() == 2
             && status["nodes"][1]["tasks_running"] == 1;
    },
    10s));
  ::kill(static_cast<pid_t>(node_named(place, "n2").pid), SIGKILL);
  const auto done = program.wait(15s);
  INFO(to_string(done) << '\n' << place.logs());
  CHECK(done.exit_code == 0);
}
