// Arrays in shared memory that outlive the call that made them.

#include "system/cluster.hpp"

#include "catch.hpp"

using namespace rayd::testing;

TEST_CASE("an actor gives away arrays that earlier calls made") {
  cluster place;
  const auto done
    = run(place.program("kept_arrays", {"kept"}, {{"RAY_NUM_CPUS", "2"}}));
  INFO(to_string(done) << '\n' << place.logs());
  CHECK(done.exit_code == 0);
  CHECK(done.out.empty());
}
