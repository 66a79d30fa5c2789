// Tasks that wait for each other are found and named.

#include "system/processes.hpp"

#include "catch.hpp"

#include <fstream>

using namespace rayd::testing;
using namespace std::chrono_literals;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos;
       at = text.find(part, at + 1))
    ++found;
  return found;
}

/// Runs a case of programs/deadlocks.cpp until its deadlock is named in `rayd
/// status` and `rayd why`, then ends it. @returns what `rayd why` said.
std::string deadlock(cluster& place, const std::string& name) {
  const auto go = place.base() / "go";
  running program{place.program(
    "deadlocks", {name},
    {{"RAY_ADDRESS", "auto"}, {"GO_FILE", go.string()}})};
  REQUIRE(program.wait_for_output("call", 10s));
  const auto started = now_ms();
  CHECK(eventually(
    [&] {
      const auto status = status_of(place);
      return status.is_object() && status["deadlocks"].size() == 1;
    },
    10s));
  WARN(name << " was named after " << now_ms() - started << " ms");
  CHECK(contains(place.rayd({"status"}).out, "\ndeadlock, "));
  const auto id = line_of(program.output(), "call");
  const auto json
    = nlohmann::json::parse(place.rayd({"why", id, "--json"}).out);
  CHECK(json["waits_for"] == "deadlock");
  const auto said = json["sentence"].get<std::string>();
  std::ofstream{go};
  const auto ended = program.wait(20s);
  INFO(to_string(ended) << '\n' << place.logs());
  CHECK(ended.exit_code == 0);
  CHECK(count(ended.err, "rayd: " + said + "\n") == 1);
  CHECK(eventually([&] { return status_of(place)["deadlocks"].empty(); },
                   5s));
  return said;
}

} // namespace

TEST_CASE("actors that wait for each other are named") {
  cluster place;
  place.start_head({"--num-cpus=2"});
  place.start_node({"--num-cpus=1", "--resources=away=1"});
  const auto said = deadlock(place, "actors");
  INFO(said);
  CHECK(said.starts_with("deadlock, tasks wait for each other: call "));
  CHECK(count(said, "Teller::through") == 4);
  CHECK(count(said, "waits in ray::get or ray::wait for") == 2);
  CHECK(count(said, "waits on the same actor behind") == 1);
}

TEST_CASE("an actor that waits for its own call is named") {
  cluster place;
  place.start_head({"--num-cpus=2"});
  const auto said = deadlock(place, "itself");
  INFO(said);
  CHECK(count(said, "waits on the same actor behind") == 1);
}

TEST_CASE("a task that waits for what its parent keeps is named") {
  cluster place;
  place.start_head({"--num-cpus=2", "--resources=lathe=1"});
  const auto said = deadlock(place, "resource");
  INFO(said);
  CHECK(contains(said, "of which a part is kept by task "));
}

TEST_CASE("long waits are no deadlock") {
  cluster place;
  place.start_head({"--num-cpus=2", "--resources=lathe=1"});
  const auto done = run(place.program("deadlocks", {"slow"},
                                      {{"RAY_ADDRESS", "auto"}}));
  INFO(to_string(done) << '\n' << place.logs());
  CHECK(done.exit_code == 0);
  CHECK_FALSE(contains(done.err, "deadlock, "));
}
