// Names, concurrency, order and handles; see programs/actor_calls.cpp.

#include "system/cluster.hpp"

#include "catch.hpp"

using namespace rayd::testing;
using namespace std::chrono_literals;

namespace {

outcome run_case(const cluster& place, const char* name,
                 const char* cpus = "2") {
  auto done
    = run(place.program("actor_calls", {name}, {{"RAY_NUM_CPUS", cpus}}), 30s);
  INFO(to_string(done) << '\n' << place.logs());
  CHECK(done.exit_code == 0);
  CHECK(done.out.find("FAILED") == std::string::npos);
  return done;
}

} // namespace

TEST_CASE("get_if_exists finds or makes the actor of a name") {
  cluster place;
  run_case(place, "get_if_exists");
  run_case(place, "get_if_exists_at_once", "8");
}

TEST_CASE("max_concurrency calls run at once") {
  cluster place;
  run_case(place, "concurrency");
}

TEST_CASE("max_pending_calls refuses calls beyond those that wait") {
  cluster place;
  run_case(place, "pending_calls");
}

TEST_CASE("10,000 calls of each of three callers run in their order") {
  cluster place;
  run_case(place, "order");
}

TEST_CASE("methods, constructors and handles of actors") {
  cluster place;
  run_case(place, "methods");
}
