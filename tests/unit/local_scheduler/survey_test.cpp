// What the head asks of a node for lists and tables.

#include "task_fixture.hpp"

#include "catch.hpp"

#include <nlohmann/json.hpp>

using namespace rayd;
using nlohmann::json;

namespace {

json survey(task_fixture& world, const json& request) {
  return json::parse(world.nodes[1]->machine->survey(request.dump()));
}

} // namespace

TEST_CASE("a node says why its tasks wait and who holds objects",
          "[survey]") {
  task_fixture world;
  world.add(1, 1);
  world.begin(1);
  auto large = world.spec(1, 1);
  large.demand.set("CPU", 100);
  const auto id = world.submit(1, large);
  world.nodes[1]->machine->on_record(task_fixture::driver,
                                     retain_objects{{id}});
  const auto found = survey(
    world, {{"what", "about"}, {"ids", {to_string(id), "xyzzy", 7}}});
  REQUIRE(found["about"].size() == 1);
  const auto& about = found["about"][to_string(id)];
  CHECK(about["reason"].get<std::string>().find("100") != std::string::npos);
  CHECK(about["references"]["processes"] == 1);
}

TEST_CASE("a node lists its workers and what they run", "[survey]") {
  task_fixture world;
  world.add(1, 1);
  world.begin(1);
  const auto id = world.submit(1, world.spec(1, 1));
  const auto found = survey(world, {{"what", "workers"}});
  std::size_t running = 0;
  for (const auto& worker : found["workers"])
    if (worker["task"] == to_string(id) && worker["state"] == "running")
      ++running;
  CHECK(running == 1);
}

TEST_CASE("a survey of nonsense is an empty object", "[survey]") {
  task_fixture world;
  world.add(1, 1);
  for (const char* bad : {"", "7", "[]", "{}", R"({"what": "about"})",
                          R"({"what": "about", "ids": 7})"})
    CHECK(world.nodes[1]->machine->survey(bad) == "{}");
}
