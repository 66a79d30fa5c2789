// Actors that share processes; see programs/shared_actors.cpp.

#include "system/processes.hpp"

#include "catch.hpp"

using namespace rayd::testing;
using namespace std::chrono_literals;

namespace {

outcome run_case(const cluster& place, const char* name) {
  auto done = run(
    place.program("shared_actors", {name}, {{"RAY_NUM_CPUS", "2"}}), 30s);
  INFO(to_string(done) << '\n' << place.logs());
  CHECK(done.exit_code == 0);
  CHECK(done.out.find("FAILED") == std::string::npos);
  return done;
}

} // namespace

TEST_CASE("shared actors live in one process, each for itself") {
  cluster place;
  run_case(place, "packs");
  run_case(place, "calls");
}

TEST_CASE("a shared actor that computes leaves the others") {
  cluster place;
  run_case(place, "slow");
}

TEST_CASE("ray::get in a shared process throws would_block") {
  cluster place;
  run_case(place, "blocks");
  run_case(place, "refusals");
}

TEST_CASE("a shared actor ends alone, and all die with their process") {
  cluster place;
  run_case(place, "ends");
  run_case(place, "dies");
}

TEST_CASE("behaviours share processes") {
  cluster place;
  run_case(place, "behaviors");
  run_case(place, "behaviors_end");
}

TEST_CASE("a shared process holds a thousand actors") {
  cluster place;
  const auto done = run_case(place, "many");
  WARN(done.out);
}
