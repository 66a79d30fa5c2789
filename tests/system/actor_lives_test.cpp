// Actors that die and live again; see programs/actor_lives.cpp.

#include "system/processes.hpp"

#include "catch.hpp"

#include <csignal>
#include <cstdlib>

using namespace rayd::testing;
using namespace std::chrono_literals;

namespace {

outcome run_case(const cluster& place, const char* name,
                 const char* program = "actor_lives") {
  auto done = run(place.program(program, {name}, {{"RAY_NUM_CPUS", "2"}}), 30s);
  INFO(to_string(done) << '\n' << place.logs());
  CHECK(done.exit_code == 0);
  CHECK(done.out.find("FAILED") == std::string::npos);
  return done;
}

} // namespace

TEST_CASE("F26: an actor with max_restarts is back within a second") {
  cluster place;
  run_case(place, "restarts");
  const auto dump = place.rayd({"dump"});
  INFO(to_string(dump));
  CHECK(dump.out.find("\"restarts\":2") != std::string::npos);
}

TEST_CASE("F26: a durable actor goes on with the state that was seen") {
  cluster place;
  run_case(place, "durable", "durable");
  run_case(place, "durable_behavior", "durable");
  run_case(place, "durable_shared", "durable");
  run_case(place, "durable_refused", "durable");
}

TEST_CASE("F26: a durable actor's state outlives its node") {
  cluster place;
  place.start_head({"--num-cpus=1"});
  place.start_node({"--num-cpus=1", "--resources=spot=1"});
  running program{place.program("durable", {"durable_moves"},
                                {{"RAY_ADDRESS", "auto"}})};
  REQUIRE(program.wait_for_output("lives n2", 10s));
  place.start_node({"--num-cpus=1", "--resources=spot=1"});
  ::kill(static_cast<pid_t>(node_named(place, "n2").pid), SIGKILL);
  const auto done = program.wait(20s);
  INFO(to_string(done) << '\n' << place.logs());
  CHECK(done.exit_code == 0);
  CHECK(done.out.find("then n3") != std::string::npos);
}

TEST_CASE("max_task_retries runs calls again, once in a life and in order") {
  cluster place;
  run_case(place, "retries");
}

TEST_CASE("kill ends an actor that would be restarted for ever") {
  cluster place;
  run_case(place, "kills");
}

TEST_CASE("exit_actor ends an actor after the queued calls") {
  cluster place;
  run_case(place, "exits");
}

TEST_CASE("a detached actor outlives its job, and ends when it is killed") {
  cluster place;
  place.start_head({"--num-cpus=1"});
  place.start_node({"--num-cpus=2", "--resources=away=1"});
  long pid = 0;
  for (const auto* name : {"leave_detached", "use_detached", "end_detached"}) {
    CAPTURE(name);
    if (pid != 0)
      CHECK(is_running(pid));
    const auto done
      = run(place.program("actor_lives", {name}, {{"RAY_ADDRESS", "auto"}}),
            20s);
    INFO(to_string(done) << '\n' << place.logs());
    CHECK(done.exit_code == 0);
    if (const auto lines = lines_of(done.out, "pid"); !lines.empty())
      pid = std::atol(lines.front().c_str());
  }
  REQUIRE(pid != 0);
  CHECK(eventually([&] { return !is_running(pid); }, 5s));
  CHECK(eventually([&] { return status_of(place)["totals"]["workers"] == 0; },
                   10s));
}

TEST_CASE("an actor whose node dies lives again on another one") {
  cluster place;
  place.start_head({"--num-cpus=1"});
  place.start_node({"--num-cpus=1", "--resources=spot=2"});
  place.start_node({"--num-cpus=1", "--resources=elsewhere=1"});
  running program{place.program("actor_lives", {"move_away"},
                                {{"RAY_ADDRESS", "auto"}})};
  REQUIRE(program.wait_for_output("lives n2", 10s));
  CHECK(eventually(
    [&] { return status_of(place)["actors_by_state"]["alive"] == 2; }, 5s));
  place.start_node({"--num-cpus=1", "--resources=spot=2"});
  ::kill(static_cast<pid_t>(node_named(place, "n2").pid), SIGKILL);
  CHECK(eventually(
    [&] { return status_of(place)["actors_by_state"]["dead"] >= 1; }, 5s));
  const auto done = program.wait(20s);
  INFO(to_string(done) << '\n' << place.logs());
  CHECK(done.exit_code == 0);
}

TEST_CASE("a detached actor is refused where its home ends with the program") {
  cluster place;
  place.start_head({"--num-cpus=1"});
  cluster elsewhere; // Its programs bring nodes of their own.
  const auto session = node_named(place, "n1").folder;
  const auto done = run(elsewhere.program(
    "actor_lives", {"refuse_detached"},
    {{"RAY_ADDRESS", place.address()},
     {"RAY_REDIS_PASSWORD_FILE", (session / "secret").string()}}));
  INFO(to_string(done) << '\n' << place.logs());
  CHECK(done.exit_code == 0);
}
