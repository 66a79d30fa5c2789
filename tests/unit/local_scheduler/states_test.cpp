// What a life of an actor remembers of calls, and the next one of this one.

#include "lives_fixture.hpp"

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
