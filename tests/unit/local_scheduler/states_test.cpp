// What a life of an actor remembers of calls, and the next one of this one.

#include "lives_fixture.hpp"

#include <algorithm>

using namespace rayd;

TEST_CASE_METHOD(lives, "a call that comes again runs once in a life",
                 "[restarts]") {
  make_actor(restarts(1), 2);
  const auto caller = child_id(root_id(1, job), 99, 1, job);
  const auto call_of_task = [&] {
    auto out = spec(task_kind::actor_call);
    out.actor = actor;
    out.parent = caller;
    out.id = child_id(caller, 1, 1, job);
    return submit(std::move(out));
  };
  const auto forget = [&](const object_id& id) {
    nodes[1]->machine->on_record(driver, release_objects{{id}});
    nodes[1]->sent[driver].clear();
    settle();
  };
  const auto first = call_of_task();
  const auto [worker, run] = next_run(2);
  REQUIRE(run.spec.id == first);
  SECTION("after it has run") {
    nodes[2]->machine->on_record(
      worker, task_result{first, 0,
                          {object_value::kind::inline_bytes, "7", {}, {}},
                          {1, 1}});
    settle();
    forget(first);
    REQUIRE(call_of_task() == first);
    settle();
    CHECK(next_run(2).first == 0);
    REQUIRE(value(first) != nullptr);
    CHECK(value(first)->bytes == "7");
  }
  SECTION("in the actor's next life it runs again") {
    answer(2, worker, run);
    forget(first);
    die(2);
    live(3);
    REQUIRE(call_of_task() == first);
    settle();
    CHECK(next_run(3).second.spec.id == first);
  }
}

TEST_CASE_METHOD(lives, "a durable actor's next life gets its last state",
                 "[restarts]") {
  auto wishes = restarts(2);
  wishes.durable = true;
  make_actor(wishes, 2);
  const auto first = call();
  const auto [worker, run] = next_run(2);
  REQUIRE(run.spec.id == first);
  nodes[2]->machine->on_record(worker, actor_snapshot{actor, 0, 1, "one"});
  nodes[2]->machine->on_record(worker, task_result{first, 0, {}, {1, 1}});
  // Node 1 has not said that it keeps it.
  CHECK(value(first) == nullptr);
  settle();
  CHECK(value(first) != nullptr);
  // Of an earlier life.
  nodes[1]->machine->on_peer_record(2, actor_snapshot{actor, -1, 9, "old"});
  const auto second = call();
  REQUIRE(next_run(2).second.spec.id == second);
  nodes[2]->machine->on_record(worker, actor_snapshot{actor, 0, 2, "two"});
  nodes[2]->machine->on_record(worker, task_result{second, 0, {}, {1, 1}});
  die(2);
  CHECK(value(second) != nullptr);
  live(3);
  CHECK(snapshot == "two");
}

TEST_CASE_METHOD(lives, "of waiting states only the newest goes",
                 "[restarts]") {
  auto wishes = restarts(2);
  wishes.durable = true;
  make_actor(wishes, 2);
  std::vector<object_id> calls;
  for (int i = 0; i < 3; ++i)
    calls.push_back(call());
  settle();
  for (int i = 0; i < 3; ++i) {
    const auto [worker, run] = next_run(2);
    REQUIRE(run.spec.id == calls[i]);
    nodes[2]->machine->on_record(
      worker, actor_snapshot{actor, 0, std::uint64_t(i) + 1,
                             std::string(1, static_cast<char>('a' + i))});
    nodes[2]->machine->on_record(worker, task_result{calls[i], 0, {}, {1, 1}});
  }
  CHECK(std::count_if(wire.begin(), wire.end(), [](const auto& one) {
          return std::holds_alternative<actor_snapshot>(one.record);
        }) == 1);
  settle();
  for (const auto& one : calls)
    CHECK(value(one) != nullptr);
  die(2);
  live(3);
  CHECK(snapshot == "c");
}

TEST_CASE_METHOD(lives, "what an unseen result refers to stays",
                 "[restarts]") {
  auto wishes = restarts(2);
  wishes.durable = true;
  make_actor(wishes, 2);
  const auto first = call();
  const auto [worker, run] = next_run(2);
  REQUIRE(run.spec.id == first);
  const auto put = child_id(first, 1, 2, job);
  auto& there = *nodes[2]->machine;
  there.on_record(worker, seal_object_room{put, {64, 200'000}, {}, false});
  there.on_record(worker, actor_snapshot{actor, 0, 1, "one"});
  task_result result{first, 0, {}, {1, 1}};
  result.value.nested = {put};
  there.on_record(worker, std::move(result));
  there.on_record(worker, release_objects{{put}});
  settle();
  REQUIRE(value(first) != nullptr);
  CHECK(value(first)->nested == std::vector<object_id>{put});
  CHECK(nodes[2]->freed.empty());
}

TEST_CASE_METHOD(lives, "a reply that waits for its state is not told twice",
                 "[restarts]") {
  auto wishes = restarts(2);
  wishes.durable = true;
  make_actor(wishes, 2);
  const auto caller = child_id(root_id(1, job), 99, 1, job);
  const auto call_of_task = [&] {
    auto out = spec(task_kind::actor_call);
    out.actor = actor;
    out.parent = caller;
    out.id = child_id(caller, 1, 1, job);
    nodes[1]->machine->on_record(driver, submit_task{out});
    return out.id;
  };
  const auto first = call_of_task();
  settle();
  const auto [worker, run] = next_run(2);
  REQUIRE(run.spec.id == first);
  auto& there = *nodes[2]->machine;
  there.on_record(worker, actor_snapshot{actor, 0, 1, "one"});
  there.on_record(worker, task_result{first, 0, {}, {1, 1}});
  // The caller runs again while home has not kept the state.
  nodes[1]->machine->on_record(driver, release_objects{{first}});
  nodes[1]->sent[driver].clear();
  REQUIRE(call_of_task() == first);
  CHECK(value(first) == nullptr);
  settle();
  CHECK(next_run(2).first == 0);
  CHECK(value(first) != nullptr);
}
