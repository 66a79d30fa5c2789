// Dynamic graphs and counted references; see programs/graphs.cpp.

#include "system/cluster.hpp"

#include "catch.hpp"

#include <nlohmann/json.hpp>

#include <csignal>

using namespace rayd::testing;
using namespace std::chrono_literals;

namespace {

outcome run_case(const cluster& place, const char* name, const char* cpus) {
  auto done = run(place.program("graphs", {name}, {{"RAY_NUM_CPUS", cpus}}),
                  60s);
  INFO(to_string(done) << '\n' << place.logs());
  CHECK(done.exit_code == 0);
  CHECK(done.out.find("FAILED") == std::string::npos);
  return done;
}

/// Bytes of objects in all stores, as `rayd status` says.
double store_used(cluster& place) {
  const auto done = place.rayd({"status", "--json"});
  const auto status = nlohmann::json::parse(done.out, nullptr, false);
  if (!status.is_object())
    return -1;
  double used = 0;
  for (const auto& node : status["nodes"])
    used += node.value("store_used", 0.0);
  return used;
}

} // namespace

TEST_CASE("as_completed gives refs as they finish, progress says how far") {
  cluster place;
  const auto done = run_case(place, "completed", "3");
  CHECK(done.err.find("many: 10 % (1000 of 10000)") != std::string::npos);
  CHECK(done.err.find("many: 100 % (10000 of 10000)") != std::string::npos);
}

TEST_CASE("as_completed in a task gives its only CPU back") {
  cluster place;
  run_case(place, "completed_inside", "1");
}

TEST_CASE("error codes arrive with their category from other processes") {
  cluster place;
  run_case(place, "error_codes", "2");
}

TEST_CASE("nested blocking gets are 50 deep on one CPU") {
  cluster place;
  run_case(place, "nested_gets", "1");
}

TEST_CASE("graphs are 1,000 deep, 10,000 wide, and made by tasks") {
  cluster place;
  run_case(place, "shapes", "2");
}

TEST_CASE("10,000 refs in arguments, 10,000 objects in one get, 3,000 results "
          "at once") {
  cluster place;
  run_case(place, "many_refs", "2");
}

TEST_CASE("arrays are shared with tasks and stay while they are viewed") {
  cluster place;
  run_case(place, "arrays", "1");
}

TEST_CASE("the last of all references leaves zero bytes in the store") {
  cluster place;
  place.start_head({"--num-cpus=2", "--object-store-memory=134217728"});
  CHECK(eventually([&] { return store_used(place) == 0; }, 10s));
  running driver{
    place.program("graphs", {"counts"}, {{"RAY_ADDRESS", "auto"}})};
  REQUIRE(driver.wait_for_output("held", 30s));
  // The three arrays of 256 KiB that the actor keeps, and their headers.
  CHECK(eventually([&] { return store_used(place) == 3 * 262'208; }, 10s));
  CHECK(store_used(place) == 3 * 262'208);
  driver.signal(SIGUSR1);
  CHECK(driver.wait_for_output("dropped", 30s));
  CHECK(driver.wait_for_output("right", 10s));
  // Of the living program: its end would free all.
  CHECK(eventually([&] { return store_used(place) == 0; }, 10s));
  CHECK(driver.runs());
  driver.signal(SIGKILL);
  driver.wait(5s);
}
