// CAF behaviours as Ray actors; see programs/caf_actors.cpp.

#include "system/processes.hpp"

#include "catch.hpp"

#include <csignal>

using namespace rayd::testing;
using namespace std::chrono_literals;

namespace {

void run_case(const char* name) {
  cluster place;
  const auto done
    = run(place.program("caf_actors", {name}, {{"RAY_NUM_CPUS", "2"}}), 30s);
  INFO(to_string(done) << '\n' << place.logs());
  CHECK(done.exit_code == 0);
  CHECK(done.out.find("FAILED") == std::string::npos);
}

} // namespace

TEST_CASE("behaviours are dynamic or typed, stateful or not") {
  run_case("kinds");
}

TEST_CASE("delegation, promises, delays, skipping, down and exit handlers") {
  run_case("caf_offers");
}

TEST_CASE("handles work in CAF code of the driver, tasks and other actors") {
  run_case("handles");
}

TEST_CASE("a handle ends with its actor") {
  run_case("handle_ends");
}

TEST_CASE("a handle survives restarts; exceptions end a life, quit all") {
  run_case("restarts");
}

TEST_CASE("handles lead to an actor that was restarted on another node") {
  cluster place;
  place.start_head({"--num-cpus=1"});
  place.start_node({"--num-cpus=1", "--resources=spot=1"});
  place.start_node({"--num-cpus=1", "--resources=elsewhere=1"});
  running program{place.program("caf_actors", {"move_away"},
                                {{"RAY_ADDRESS", "auto"}})};
  REQUIRE(program.wait_for_output("lives", 10s));
  place.start_node({"--num-cpus=1", "--resources=spot=1"});
  ::kill(static_cast<pid_t>(node_named(place, "n2").pid), SIGKILL);
  const auto done = program.wait(20s);
  INFO(to_string(done) << '\n' << place.logs());
  CHECK(done.exit_code == 0);
}
