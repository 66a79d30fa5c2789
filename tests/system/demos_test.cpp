// The three demos, unchanged, on a private cluster, on a head, on three nodes.

#include "system/cluster.hpp"

#include "catch.hpp"

#include <cstdio>
#include <cstdlib>

using namespace rayd::testing;
using namespace std::chrono_literals;

namespace {

using environment = std::map<std::string, std::string>;

/// Runs two of the demos beside each other, and a third one.
void run_demos(const cluster& place, const environment& where,
               std::chrono::milliseconds squares_within) {
  running counter{place.program("counter", {}, where)};
  const auto squares = run(place.program("squares", {}, where));
  INFO(to_string(squares) << '\n' << place.logs());
  CHECK(squares.exit_code == 0);
  REQUIRE(squares.out.starts_with("0 1 4 9 16 25 36 49 64 81 \n"));
  const auto seconds
    = std::strtod(squares.out.c_str() + squares.out.find('\n') + 1, nullptr);
  CHECK(seconds >= 1.0);
  CHECK(std::chrono::duration<double>{seconds} <= squares_within);
  const auto caf = run(place.program("counter_caf", {}, where));
  INFO(to_string(caf));
  CHECK(caf.exit_code == 0);
  CHECK(caf.out == "5 6\n");
  const auto counted = counter.wait(20s);
  INFO(to_string(counted));
  CHECK(counted.exit_code == 0);
  CHECK(counted.out == "1 2 3 4 5 6 7 8 9 10 \ntotal 10\n");
}

} // namespace

TEST_CASE("the demos run on private clusters") {
  cluster place;
  run_demos(place, {{"RAY_NUM_CPUS", "10"}}, 1300ms);
}

TEST_CASE("the demos run on one head, found by auto") {
  cluster place;
  place.start_head({"--num-cpus=12"});
  run_demos(place, {{"RAY_ADDRESS", "auto"}}, 1300ms);
}

TEST_CASE("the demos run on three nodes, by auto and by address") {
  cluster place;
  place.start_head({"--num-cpus=4"});
  place.start_node({"--num-cpus=4"});
  place.start_node({"--num-cpus=4"});
  const auto table = place.rayd({"status"});
  INFO(to_string(table));
  CHECK(table.exit_code == 0);
  CHECK(table.out.find("n3") != std::string::npos);
  run_demos(place, {{"RAY_ADDRESS", "auto"}}, 1500ms);
  run_demos(place, {{"RAY_ADDRESS", place.address()}}, 1500ms);
}
