// What processes are started with: GPUs, environment, threads.

#include "system/processes.hpp"

#include "catch.hpp"

#include <sys/resource.h>

#include <algorithm>

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
  settings(place, "gpu_killed");
}

TEST_CASE("init_options give a private cluster its GPUs") {
  cluster place;
  const auto done = run(place.program("settings", {"own_gpus"}));
  INFO(to_string(done) << '\n' << place.logs());
  CHECK(done.exit_code == 0);
}

TEST_CASE("more GPUs than CUDA_VISIBLE_DEVICES names are refused") {
  cluster place;
  for (const std::string named : {"2,7", "2,7,2", ""}) {
    const auto done
      = run(place.program("rayd", {"start", "--head", "--port=0",
                                   "--num-gpus=3"},
                          {{"CUDA_VISIBLE_DEVICES", named}}));
    INFO(to_string(done));
    CHECK(done.exit_code == 2);
    CHECK(done.err.find("--num-gpus: CUDA_VISIBLE_DEVICES=\"" + named
                        + "\" names")
          != std::string::npos);
    CHECK(std::count(done.err.begin(), done.err.end(), '\n') == 1);
  }
}

TEST_CASE("a node may have as many files open as the system allows") {
  cluster place;
  auto start = place.program("rayd", {"start", "--head", "--port=0",
                                      "--num-cpus=1"});
  start.arguments.insert(start.arguments.begin(),
                         {"sh", "-c", "ulimit -Sn 300 && exec \"$0\" \"$@\""});
  const auto done = run(start);
  INFO(to_string(done));
  REQUIRE(done.exit_code == 0);
  const auto limits = [](long pid) {
    rlimit found{};
    REQUIRE(::prlimit(static_cast<pid_t>(pid), RLIMIT_NOFILE, nullptr, &found)
            == 0);
    return found;
  };
  const auto node = place.nodes().at(0).pid;
  CHECK(limits(node).rlim_cur == limits(node).rlim_max);
  CHECK(limits(node).rlim_max > 300);
  // Programs may trust theirs: those that use select() for example.
  const auto said = settings(place, "open_files").out;
  CHECK(said == "300\n");
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
