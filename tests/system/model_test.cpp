// The programming model on private clusters; see programs/{model,actors}.cpp.

#include "system/cluster.hpp"

#include "catch.hpp"

#include <algorithm>

using namespace rayd::testing;
using namespace std::chrono_literals;

namespace {

/// Runs a case on a private cluster and expects nothing to be wrong with it.
outcome run_case(const cluster& place, const char* program, const char* name,
                 const char* cpus, std::chrono::milliseconds limit = 30s) {
  auto done = run(place.program(program, {name}, {{"RAY_NUM_CPUS", cpus}}),
                  limit);
  INFO(to_string(done) << '\n' << place.logs());
  CHECK(done.exit_code == 0);
  CHECK(done.out.find("FAILED") == std::string::npos);
  return done;
}

/// Worker processes that the newest node started for its job, by their logs.
std::ptrdiff_t workers_started(const cluster& place) {
  const auto nodes = place.nodes();
  REQUIRE_FALSE(nodes.empty());
  const std::filesystem::directory_iterator logs{nodes.back().folder / "logs"};
  return std::count_if(begin(logs), end(logs), [](const auto& file) {
    return file.path().filename().string().starts_with("worker-j1-");
  });
}

} // namespace

TEST_CASE("fib(12) by tasks finishes on one CPU with few processes") {
  cluster place;
  run_case(place, "model", "fibonacci", "1");
  // One for each of the blocked tasks of a path, and some in between.
  const auto started = workers_started(place);
  CHECK(started >= 1);
  CHECK(started <= 30);
}

TEST_CASE("refs are arguments, results, and parts of values") {
  cluster place;
  run_case(place, "model", "references", "2");
}

TEST_CASE("put, get and wait keep their order and their time") {
  cluster place;
  run_case(place, "model", "get_and_wait", "2");
}

TEST_CASE("10,000 tasks give 10,000 results") {
  cluster place;
  const auto done = run_case(place, "model", "ten_thousand", "2");
  CHECK(done.took < 5s);
}

TEST_CASE("large arguments and results pass through the store") {
  cluster place;
  run_case(place, "model", "large_values", "2");
}

TEST_CASE("values arrive as they were sent, NaN included") {
  cluster place;
  run_case(place, "model", "values", "2");
}

TEST_CASE("an exception arrives as its standard type and as task_error") {
  cluster place;
  run_case(place, "model", "exceptions", "2");
}

TEST_CASE("worker_died names how the worker ended") {
  cluster place;
  run_case(place, "model", "dead_workers", "1");
}

TEST_CASE("tasks take CPUs, parts of CPUs and named resources") {
  cluster place;
  run_case(place, "model", "resources", "4");
}

TEST_CASE("calls of an actor run in order and outlive exceptions") {
  cluster place;
  run_case(place, "actors", "calls", "2");
}

TEST_CASE("actors have names: get_actor, no_such_actor, name_taken") {
  cluster place;
  run_case(place, "actors", "names", "2");
}

TEST_CASE("actors end by kill, by their last handle, and by crashes") {
  cluster place;
  run_case(place, "actors", "ends", "2");
}

TEST_CASE("CAF behaviours are actors") {
  cluster place;
  run_case(place, "actors", "behaviors", "2");
}

TEST_CASE("options that do not work yet are refused by name") {
  cluster place;
  run_case(place, "actors", "refusals", "1");
}

TEST_CASE("a process can have one session after the other") {
  cluster place;
  run_case(place, "model", "sessions", "1");
}

TEST_CASE("init says within a second why there is no cluster") {
  cluster place;
  const auto nobody = "127.0.0.1:" + std::to_string(free_ports(1).front());
  const std::map<std::string, std::string> reasons{
    {"auto", "no node"},
    {nobody, nobody},
    {"not an address", "not an address"}};
  for (const auto& [address, words] : reasons) {
    const auto done
      = run(place.program("model", {"values"}, {{"RAY_ADDRESS", address}}));
    INFO(address << ": " << to_string(done));
    CHECK(done.exit_code == 1);
    CHECK(done.out.starts_with("FAILED: "));
    CHECK(done.out.find(words) != std::string::npos);
    CHECK(done.took < 1s);
  }
}

TEST_CASE("the address local is a private cluster, also beside a head") {
  cluster place;
  place.start_head({"--num-cpus=1"});
  const auto done
    = run(place.program("model", {"values"}, {{"RAY_ADDRESS", "local"}}));
  INFO(to_string(done));
  CHECK(done.exit_code == 0);
  CHECK(place.nodes().size() == 2);
}
