// Objects in shared memory; see programs/store_user.cpp.

#include "system/cluster.hpp"

#include "catch.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>
#include <random>
#include <thread>

using namespace rayd::testing;
using namespace std::chrono_literals;

namespace {

outcome run_case(const cluster& place, const char* name,
                 std::map<std::string, std::string> environment,
                 std::vector<std::string> more = {}) {
  more.insert(more.begin(), name);
  auto done = run(place.program("store_user", more, std::move(environment)));
  INFO(to_string(done) << '\n' << place.logs());
  CHECK(done.exit_code == 0);
  CHECK(done.out.find("FAILED") == std::string::npos);
  return done;
}

/// Bytes in use in all stores, as `rayd status` says.
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

TEST_CASE("a 256 MiB array is read by a task and the driver without a copy") {
  cluster place;
  run_case(place, "zero_copy", {{"RAY_NUM_CPUS", "1"}},
           {"--ray-object-store-memory=536870912"});
}

TEST_CASE("a full store is object_store_full, and has room again later") {
  cluster place;
  run_case(place, "full", {{"RAY_NUM_CPUS", "1"}},
           {"--ray-object-store-memory=67108864"});
}

TEST_CASE("drivers killed at random moments leave the store empty") {
  cluster place;
  place.start_head({"--num-cpus=1", "--object-store-memory=134217728"});
  const auto before = store_used(place);
  std::mt19937 random{7};
  for (int i = 0; i < 20; ++i) {
    running driver{
      place.program("store_user", {"churn"}, {{"RAY_ADDRESS", "auto"}})};
    REQUIRE(driver.wait_for_output("begun", 10s));
    std::this_thread::sleep_for(std::chrono::milliseconds{random() % 100});
    REQUIRE(driver.runs());
    driver.signal(SIGKILL);
    driver.wait(1s);
  }
  CHECK(eventually([&] { return store_used(place) == before; }, 3s));
  CHECK(store_used(place) == before);
  // All of it can be had: used + free = capacity.
  const auto done
    = run(place.program("store_user", {"whole"}, {{"RAY_ADDRESS", "auto"}}));
  INFO(to_string(done) << '\n' << place.logs());
  CHECK(done.exit_code == 0);
}
