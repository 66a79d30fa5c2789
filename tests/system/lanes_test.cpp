// Which way the records of a node's processes take: through memory that both
// map, or, with lanes=basp, over CAF's network layer alone.

#include "system/cluster.hpp"
#include "system/kernel_view.hpp"

#include "catch.hpp"

#include <fstream>

using namespace rayd::testing;
using namespace std::chrono_literals;

namespace {

/// How often the kernel lists memory of that name in a process.
std::ptrdiff_t mappings_of(long pid, const std::string& name) {
  const auto maps = proc_file(pid, "maps");
  std::ptrdiff_t count = 0;
  for (auto at = maps.find(name); at != std::string::npos;
       at = maps.find(name, at + 1))
    ++count;
  return count;
}

} // namespace

TEST_CASE("a driver and its node share memory unless they shall not") {
  RAYD_NEEDS_PROGRAM("census");
  const auto [lanes, shared]
    = GENERATE(std::pair{"auto", 1}, std::pair{"basp", 0});
  cluster place;
  const auto began = run(place.program(
    "rayd", {"start", "--head", "--port=" + std::to_string(free_ports(1)[0])},
    {{"RAYD_LANES", lanes}}));
  INFO(to_string(began));
  REQUIRE(began.exit_code == 0);
  const auto go = place.base() / "tmp" / "go";
  running driver{place.program("census", {go.string()},
                               {{"RAY_ADDRESS", "auto"}})};
  REQUIRE(driver.wait_for_output("ready", 10s));
  CHECK(mappings_of(driver.pid(), "memfd:rayd-lane") == shared);
  CHECK(mappings_of(driver.pid(), "memfd:rayd-bell") == shared);
  // Of the driver, and of each worker; none of them maps another's.
  const auto node = place.nodes().at(0).pid;
  CHECK((mappings_of(node, "memfd:rayd-lane") > shared) == (shared == 1));
  std::ofstream{go};
  CHECK(driver.wait(10s).exit_code == 0);
  std::filesystem::remove(go);
}

TEST_CASE("a lane's kind that does not exist is refused") {
  cluster place;
  const auto done = run(place.program("rayd", {"start", "--head"},
                                      {{"RAYD_LANES", "tcp"}}));
  INFO(to_string(done));
  CHECK(done.exit_code == 2);
  CHECK(done.err.find("RAYD_LANES") != std::string::npos);
}
