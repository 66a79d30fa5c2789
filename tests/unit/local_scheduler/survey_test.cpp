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

TEST_CASE("a node counts what workers ended, and calls that wait", "[survey]") {
  task_fixture world;
  world.add(1, 1);
  world.begin(1);
  const auto actor
    = world.submit(1, world.spec(1, 1, task_kind::actor_creation));
  const auto [host, creation] = world.next_run(1);
  world.answer(1, host, creation, task_fixture::text(""));
  for (std::uint64_t n = 2; n < 6; ++n) {
    auto call = world.spec(1, n, task_kind::actor_call);
    call.actor = actor;
    world.submit(1, call);
  }
  const auto row = [&] {
    const auto found = survey(world, {{"what", "workers"}});
    for (const auto& worker : found["workers"])
      if (worker["actor"] == to_string(actor))
        return worker;
    return json{};
  };
  CHECK(row()["mailbox"] == 3);
  CHECK(row()["ended"] == 1);
  const auto [again, run] = world.next_run(1);
  world.answer(1, again, run, task_fixture::text(""));
  CHECK(row()["mailbox"] == 2);
  CHECK(row()["ended"] == 2);
}

TEST_CASE("a node says what its actors have to do, shared ones too",
          "[survey]") {
  task_fixture world;
  world.add(1, 1);
  world.begin(1);
  const auto live = [&](std::uint64_t number) {
    auto made = world.spec(1, number, task_kind::actor_creation);
    task_wishes wishes;
    wishes.shared = true;
    made.wishes = std::make_shared<const task_wishes>(wishes);
    const auto id = world.submit(1, made);
    const auto [host, creation] = world.next_run(1);
    world.answer(1, host, creation, task_fixture::text(""));
    return id;
  };
  const auto one = live(1);
  const auto two = live(2);
  for (std::uint64_t n = 3; n < 6; ++n) {
    auto call = world.spec(1, n, task_kind::actor_call);
    call.actor = one;
    world.submit(1, call);
  }
  const auto asked = [&](const json& ids) {
    return survey(world, {{"what", "actors"}, {"ids", ids}})["about"];
  };
  auto about = asked({to_string(one), to_string(two), "xyzzy", 7});
  REQUIRE(about.size() == 2);
  auto& busy = about[to_string(one)];
  auto& idle = about[to_string(two)];
  CHECK(busy["mailbox"] == 2);
  CHECK(busy["calls"] == 1); // Its constructor.
  CHECK(idle["mailbox"] == 0);
  CHECK(busy["worker"].get<std::string>().rfind("n1:", 0) == 0);
  CHECK(idle["worker"] == busy["worker"]);
  const auto [host, call] = world.next_run(1);
  world.answer(1, host, call, task_fixture::text(""));
  about = asked({to_string(one)});
  CHECK(about[to_string(one)]["mailbox"] == 1);
  CHECK(about[to_string(one)]["calls"] == 2);
  // One that does not live here is nobody.
  world.nodes[1]->machine->on_record(task_fixture::driver, kill_actor{two});
  CHECK(asked({to_string(two)}).empty());
}

TEST_CASE("the mirror knows when what runs began, behind others too",
          "[survey]") {
  task_fixture world;
  auto& n = world.add(1, 1);
  world.begin(1);
  const auto actor
    = world.submit(1, world.spec(1, 1, task_kind::actor_creation));
  const auto [host, creation] = world.next_run(1);
  world.answer(1, host, creation, task_fixture::text(""));
  world.now = 1'000'000;
  std::vector<object_id> calls;
  for (std::uint64_t number = 2; number < 4; ++number) {
    auto call = world.spec(1, number, task_kind::actor_call);
    call.actor = actor;
    calls.push_back(world.submit(1, call));
  }
  n.machine->at(2'000'000, 2'000'000);
  n.machine->tick();
  CHECK(n.records[calls[0]].started_us == 1'000'000);
  CHECK(n.records[calls[1]].started_us == 0);
  n.machine->at(3'000'000, 3'000'000);
  const auto [worker, run] = world.next_run(1);
  world.answer(1, worker, run, task_fixture::text(""));
  CHECK(n.records[calls[1]].started_us == 3'000'000);
  CHECK(n.records[calls[1]].state == task_state::running);
}

TEST_CASE("an error's record has the functions that it came through",
          "[survey]") {
  task_fixture world;
  auto& n = world.add(1, 1);
  world.begin(1);
  const auto id = world.submit(1, world.spec(1, 1));
  const auto [worker, run] = world.next_run(1);
  failure_record failure;
  failure.chain = {"draw", "play"};
  world.answer(1, worker, run,
               {object_value::kind::failed, encode_failure(failure), {}, {}});
  CHECK(n.records[id].error_chain == "draw\nplay");
}

TEST_CASE("a survey of nonsense is an empty object", "[survey]") {
  task_fixture world;
  world.add(1, 1);
  for (const char* bad : {"", "7", "[]", "{}", R"({"what": "about"})",
                          R"({"what": "about", "ids": 7})"})
    CHECK(world.nodes[1]->machine->survey(bad) == "{}");
}
