#include "system/cluster.hpp"

#include "catch.hpp"

using namespace rayd::testing;

TEST_CASE("rayd version prints one line and leaves nothing behind") {
  RAYD_NEEDS_PROGRAM("rayd");
  cluster place;
  const auto done = place.rayd({"version"});
  INFO(to_string(done));
  CHECK(done.exit_code == 0);
  CHECK(done.out.find(RAYD_VERSION) != std::string::npos);
  CHECK(std::count(done.out.begin(), done.out.end(), '\n') == 1);
  CHECK_FALSE(done.output_held);
  CHECK(place.processes().empty());
}
