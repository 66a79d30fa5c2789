// Cancelling, retries, time limits, priorities: programs/task_options.cpp.

#include "system/cluster.hpp"

#include "catch.hpp"

using namespace rayd::testing;
using namespace std::chrono_literals;

namespace {

void run_case(cluster& place, const std::string& name) {
  const auto done = run(place.program("task_options", {name},
                                      {{"RAY_ADDRESS", "auto"}}),
                        60s);
  INFO(name << ": " << to_string(done) << place.logs());
  CHECK(done.exit_code == 0);
}

} // namespace

TEST_CASE("tasks are cancelled, retried, limited and ordered on one CPU") {
  cluster place;
  place.start_head({"--num-cpus=1"});
  for (const char* name :
       {"cancel_pending", "cancel_forced", "cancel_children", "cancel_late",
        "retry_exceptions", "timeouts", "poisoned", "priorities", "memory",
        "unpacking"})
    run_case(place, name);
}

TEST_CASE("tasks are cancelled on another node") {
  cluster place;
  place.start_head({"--num-cpus=2"});
  place.start_node({"--num-cpus=2", "--resources=far=1"});
  run_case(place, "cancel_far");
}
