// Where work runs, and what is said of work that cannot run.

#include "system/processes.hpp"

#include "catch.hpp"

#include <csignal>
#include <fstream>

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

TEST_CASE("rayd why says what a task waits for") {
  cluster place;
  place.start_head({"--num-cpus=1"});
  place.start_node({"--num-cpus=1"});
  auto environment = here;
  const auto go = place.base() / "go";
  environment["GO_FILE"] = go.string();
  running program{place.program("placement", {"why"}, environment)};
  REQUIRE(program.wait_for_output("all", 10s));
  const auto ids = program.output();
  const auto why = [&](const std::string& name) {
    auto found = place.rayd({"why", line_of(ids, name)});
    CHECK(found.exit_code == 0);
    return found.out;
  };
  CHECK(contains(why("running"), "waits for nothing: it runs in process"));
  CHECK(contains(why("away"), "on n2"));
  CHECK(contains(why("queued"), "zero waits for resources: it asks for CPU 1, "
                                "and n1 has nothing free of CPU 1"));
  CHECK(contains(why("dependent"), "waits for 1 of its 1 arguments by "
                                   "reference: the result of task"));
  CHECK(contains(why("dependent"), "zero, which is waiting for resources"));
  CHECK(contains(why("huge"), "it asks for CPU 100, and no node has that"));
  CHECK(contains(why("call"), "waits for its actor"));
  CHECK(contains(why("done"), "waits for nothing"));
  CHECK(contains(why("bad"), "it had no luck"));
  const auto json = nlohmann::json::parse(
    place.rayd({"why", line_of(ids, "queued"), "--json"}).out);
  CHECK(json["waits_for"] == "resources");
  CHECK(json["resources"]["asked"]["CPU"] == 1);
  CHECK(json["resources"]["nodes"].size() == 1);
  CHECK(json["resources"]["nodes"][0]["free"]["CPU"] == 0);
  CHECK(place.rayd({"why"}).exit_code == 2);
  CHECK(place.rayd({"why", "n1"}).exit_code == 2);
  const auto unknown = place.rayd({"why", std::string(32, '0')});
  CHECK(unknown.exit_code == 1);
  CHECK(contains(unknown.err, "is known"));
  std::ofstream{go};
  const auto ended = program.wait(10s);
  INFO(to_string(ended) << '\n' << place.logs());
  CHECK(ended.exit_code == 0);
  // Its job is over; the records stay.
  CHECK(contains(why("bad"), "it had no luck"));
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

TEST_CASE("placement groups reserve all or nothing, and give all back") {
  cluster place;
  start_three(place);
  // The nodes' own probes are over.
  CHECK(eventually(
    [&] { return status_of(place)["totals"]["workers"] == 0; }, 5s));
  const auto before = accounts_of(status_of(place));
  const auto done = placement(place, "groups");
  INFO(to_string(done) << '\n' << place.logs());
  CHECK(done.exit_code == 0);
  // The job's groups ended with it.
  std::string after;
  CHECK(eventually(
    [&] { return (after = accounts_of(status_of(place))) == before; }, 5s));
  INFO("before\n" << before << "after\n" << after);
}

TEST_CASE("a dead node's bundles are placed again") {
  cluster place;
  place.start_head({"--num-cpus=2"});
  place.start_node({"--num-cpus=2", "--resources=spot=1"});
  auto environment = here;
  const auto go = place.base() / "go";
  environment["GO_FILE"] = go.string();
  running program{place.program("placement", {"group_moves"}, environment)};
  REQUIRE(program.wait_for_output("first n2", 10s));
  place.start_node({"--num-cpus=2", "--resources=spot=1"});
  ::kill(static_cast<pid_t>(node_named(place, "n2").pid), SIGKILL);
  std::ofstream{go};
  const auto done = program.wait(20s);
  INFO(to_string(done) << '\n' << place.logs());
  CHECK(done.exit_code == 0);
  CHECK(contains(done.out, "then n3"));
}
