// What processes are started with: GPUs, environment, threads.

#include "system/processes.hpp"

#include "catch.hpp"

using namespace rayd::testing;
using namespace std::chrono_literals;

namespace {

/// Runs a case of programs/settings.cpp; the accounts end as they began.
outcome settings(cluster& place, const std::string& name) {
  // The node's own probe is over, and workers of a case before.
  CHECK(eventually(
    [&] { return status_of(place)["totals"]["workers"] == 0; }, 10s));
  const auto before = accounts_of(status_of(place));
  const auto done = run(place.program("settings", {name},
                                      {{"RAY_ADDRESS", "auto"}}));
  INFO(to_string(done) << '\n' << place.logs());
  CHECK(done.exit_code == 0);
  CHECK(eventually([&] { return accounts_of(status_of(place)) == before; },
                   10s));
  INFO(before << "\n" << accounts_of(status_of(place)));
  CHECK(accounts_of(status_of(place)) == before);
  return done;
}

/// A head with *variables* in its environment.
void start_head(cluster& place, std::map<std::string, std::string> variables,
                std::vector<std::string> flags) {
  std::vector<std::string> words{"start", "--head", "--port=0"};
  words.insert(words.end(), flags.begin(), flags.end());
  const auto done = run(place.program("rayd", words, std::move(variables)));
  INFO(to_string(done));
  REQUIRE(done.exit_code == 0);
}

} // namespace

TEST_CASE("an environment is a process's from its start") {
  cluster place;
  place.start_head({"--num-cpus=2"});
  settings(place, "env");
}

TEST_CASE("GPUs are given by name, shares are packed") {
  cluster place;
  start_head(place, {{"CUDA_VISIBLE_DEVICES", "2,7"}}, {"--num-cpus=4"});
  CHECK(status_of(place)["nodes"][0]["resources_total"]["GPU"] == 2);
  settings(place, "gpu_ids");
  settings(place, "gpu_blocked");
}

TEST_CASE("OpenMP gets as many threads as a task has CPUs") {
  cluster place;
  start_head(place, {}, {"--num-cpus=2"});
  CHECK(settings(place, "threads").out == "1 1 2 5\n");
}

TEST_CASE("who sets threads for a node sets them for its workers") {
  cluster place;
  start_head(place, {{"OMP_NUM_THREADS", "3"}}, {"--num-cpus=2"});
  CHECK(settings(place, "threads").out == "3 3 3 5\n");
}
