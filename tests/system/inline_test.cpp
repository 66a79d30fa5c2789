// The address "inline": programs run without any other process.

#include "system/cluster.hpp"

#include "catch.hpp"

using namespace rayd::testing;
using namespace std::chrono_literals;

TEST_CASE("programs run alike without a cluster") {
  const auto [program, name] = GENERATE(
    std::pair{"model", "fibonacci"}, std::pair{"model", "references"},
    std::pair{"model", "large_values"}, std::pair{"model", "values"},
    std::pair{"model", "exceptions"}, std::pair{"model", "ten_thousand"},
    std::pair{"actors", "calls"}, std::pair{"actors", "names"});
  cluster place;
  const auto done
    = run(place.program(program, {name}, {{"RAY_ADDRESS", "inline"}}));
  INFO(name << ": " << to_string(done));
  CHECK(done.exit_code == 0);
  CHECK(place.nodes().empty());
}

TEST_CASE("a task without a cluster has its caller on its stack") {
  cluster place;
  const auto done
    = run(place.program("stack", {}, {{"RAY_ADDRESS", "inline"}}));
  INFO(to_string(done));
  CHECK(done.exit_code == 0);
  CHECK(done.out == "same process, same thread\n");
}
