// Functions of every kind as tasks; see programs/functions.

#include "system/cluster.hpp"

#include "catch.hpp"

using namespace rayd::testing;
using namespace std::chrono_literals;

namespace {

void run_case(const char* name,
              std::map<std::string, std::string> environment = {}) {
  cluster place;
  environment["RAY_NUM_CPUS"] = "2";
  const auto done
    = run(place.program("functions", {name}, std::move(environment)), 30s);
  INFO(to_string(done) << '\n' << place.logs());
  CHECK(done.exit_code == 0);
  CHECK(done.out.find("FAILED") == std::string::npos);
}

} // namespace

TEST_CASE("overloads, templates, lambdas and noexcept functions are tasks") {
  run_case("kinds");
}

TEST_CASE("functions of unnamed namespaces and of libraries are tasks") {
  run_case("files");
}

TEST_CASE("an exception has the chain of three levels of tasks") {
  run_case("chains");
}

TEST_CASE("unpack gives the parts of a tuple") {
  run_case("unpacked");
}

TEST_CASE("memory is a resource, and OMP_NUM_THREADS is 1 unless it is set") {
  run_case("resources");
  run_case("resources", {{"OMP_NUM_THREADS", "3"}});
}
