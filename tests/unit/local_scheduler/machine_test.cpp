#include "task_fixture.hpp"

#include "catch.hpp"

using namespace rayd;

namespace {

using fixture = task_fixture;
constexpr auto driver = fixture::driver;
constexpr auto job = fixture::job;

} // namespace

TEST_CASE_METHOD(fixture, "a task runs once and its result reaches the driver",
                 "[machine]") {
  auto& n = add(1, 2);
  begin(1);
  const auto id = submit(1, spec(1, 1));
  const auto [worker, run] = next_run(1);
  REQUIRE(worker >= 100);
  CHECK(run.spec.id == id);
  CHECK(n.machine->available().amount("CPU") == 1);
  answer(1, worker, run, text("49"));
  REQUIRE(ready(1, id));
  CHECK(ready(1, id)->value.bytes == "49");
  CHECK(n.machine->available().amount("CPU") == 2);
  CHECK(n.records[id].state == task_state::finished);
  CHECK(n.records[id].placed == placed_by::local);
  n.machine->on_record(driver, release_objects{{id}});
  settle();
  CHECK(n.machine->objects().size() == 0);
  CHECK(n.machine->task_count() == 0);
}

TEST_CASE_METHOD(fixture, "a task waits for its dependency and gets its value",
                 "[machine]") {
  add(1, 2);
  begin(1);
  const auto first = submit(1, spec(1, 1));
  auto second = spec(1, 2);
  second.dependencies = {first};
  submit(1, second);
  const auto [worker, run] = next_run(1);
  CHECK(run.spec.id == first);
  CHECK(next_run(1).first == 0);
  answer(1, worker, run, text("1"));
  const auto next = next_run(1).second;
  CHECK(next.spec.id == second.id);
  REQUIRE(next.values.size() == 1);
  CHECK(next.values[0].bytes == "1");
}

TEST_CASE_METHOD(fixture, "a failed dependency fails what depends on it",
                 "[machine]") {
  add(1, 2);
  begin(1);
  const auto first = submit(1, spec(1, 1));
  auto second = spec(1, 2);
  second.dependencies = {first};
  submit(1, second);
  const auto [worker, run] = next_run(1);
  answer(1, worker, run,
         {object_value::kind::failed,
          encode_failure(ray::errc::task_error, "boom"),
          {},
          {}});
  REQUIRE(ready(1, second.id));
  const auto failure = decode_failure(ready(1, second.id)->value.bytes);
  CHECK(failure.message == "boom");
  CHECK(failure.chain == std::vector<std::string>{"square"});
}

TEST_CASE_METHOD(fixture, "a task whose attempts kill workers is poisoned",
                 "[machine]") {
  auto& n = add(1, 1);
  begin(1);
  const auto id = submit(1, spec(1, 1));
  auto [worker, run] = next_run(1);
  n.machine->process_left(worker, "was ended by signal 11 (SIGSEGV)");
  settle();
  std::tie(worker, run) = next_run(1);
  REQUIRE(worker != 0);
  CHECK(run.attempt == 1);
  n.machine->process_left(worker, "was ended by signal 11 (SIGSEGV)");
  settle();
  REQUIRE(ready(1, id));
  const auto failure = decode_failure(ready(1, id)->value.bytes);
  CHECK(failure.code == ray::errc::task_poisoned);
  CHECK(failure.message.find("SIGSEGV") != std::string::npos);
  CHECK(n.machine->available().amount("CPU") == 1);
}

TEST_CASE_METHOD(fixture, "a blocked task gives its CPU to its child",
                 "[machine]") {
  auto& n = add(1, 1);
  begin(1);
  submit(1, spec(1, 1));
  const auto [worker, run] = next_run(1);
  auto child = spec(1, 2);
  child.depth = 1;
  n.machine->on_record(worker, submit_task{child});
  settle();
  CHECK(next_run(1).first == 0);
  n.machine->on_record(worker, task_blocked{run.spec.id, true});
  settle();
  const auto [other, child_run] = next_run(1);
  REQUIRE(other != 0);
  CHECK(other != worker);
  answer(1, other, child_run, text("x"));
  n.machine->on_record(worker, task_blocked{run.spec.id, false});
  answer(1, worker, run, text("y"));
  CHECK(n.machine->available().amount("CPU") == 1);
}

TEST_CASE_METHOD(fixture, "calls of an actor run in order, also past a "
                          "dependency that comes late",
                 "[machine]") {
  add(1, 2);
  begin(1);
  const auto late = submit(1, spec(1, 1));
  const auto [slow, late_run] = next_run(1);
  const auto actor = submit(1, spec(1, 2, task_kind::actor_creation));
  auto first = spec(1, 3, task_kind::actor_call);
  first.actor = actor;
  first.dependencies = {late};
  auto second = spec(1, 4, task_kind::actor_call);
  second.actor = actor;
  submit(1, first);
  submit(1, second);
  const auto [host, creation] = next_run(1);
  CHECK(creation.spec.id == actor);
  answer(1, host, creation, text(""));
  CHECK(next_run(1).first == 0);
  answer(1, slow, late_run, text("5"));
  CHECK(next_run(1).second.spec.id == first.id);
  CHECK(next_run(1).second.spec.id == second.id);
}

TEST_CASE_METHOD(fixture, "an actor's death fails its calls as actor_died",
                 "[machine]") {
  auto& n = add(1, 2);
  begin(1);
  const auto actor = submit(1, spec(1, 1, task_kind::actor_creation));
  const auto [host, creation] = next_run(1);
  answer(1, host, creation, text(""));
  auto call = spec(1, 2, task_kind::actor_call);
  call.actor = actor;
  submit(1, call);
  n.machine->process_left(host, "exited with 3");
  settle();
  auto later = spec(1, 3, task_kind::actor_call);
  later.actor = actor;
  submit(1, later);
  for (const auto& id : {call.id, later.id}) {
    REQUIRE(ready(1, id));
    CHECK(decode_failure(ready(1, id)->value.bytes).code
          == ray::errc::actor_died);
  }
}

TEST_CASE_METHOD(fixture,
                 "a call of an actor that its home reaches and this "
                 "node does not fails",
                 "[machine]") {
  auto& n = add(1, 2);
  begin(1);
  n.machine->node_joined(2);
  n.machine->node_left(2, "its connection was lost");
  auto call = spec(1, 1, task_kind::actor_call);
  call.actor = spec(3, 1).id;
  n.machine->on_record(driver, submit_task{call});
  n.machine->turn();
  n.machine->on_peer_record(3, actor_located{call.actor, 2, ""});
  n.machine->turn();
  CHECK(n.records[call.id].state == task_state::failed);
  CHECK(n.records[call.id].error == ray::errc::actor_died);
}

TEST_CASE_METHOD(fixture, "the last handle's end ends the actor after its "
                          "calls",
                 "[machine]") {
  auto& n = add(1, 2);
  begin(1);
  const auto actor = submit(1, spec(1, 1, task_kind::actor_creation));
  const auto [host, creation] = next_run(1);
  answer(1, host, creation, text(""));
  auto call = spec(1, 2, task_kind::actor_call);
  call.actor = actor;
  submit(1, call);
  n.machine->on_record(driver, release_objects{{actor}});
  settle();
  CHECK(n.ended.empty());
  answer(1, host, next_run(1).second, text("1"));
  CHECK(n.ended == std::vector<process_id>{host});
}

TEST_CASE_METHOD(fixture, "long tasks that wait are told, also when it is "
                          "known how long they take",
                 "[machine]") {
  auto& n = add(1, 1);
  begin(1);
  const auto waiting_after = [&](std::int64_t micros) {
    submit(1, spec(1, 1));
    const auto [worker, run] = next_run(1);
    n.machine->on_record(worker, task_result{run.spec.id, run.attempt,
                                             text("1"), {1, micros}});
    settle();
    submit(1, spec(1, 2));
    submit(1, spec(1, 3));
    node_load load;
    n.machine->fill_load(load);
    return load.waiting.empty() ? 0 : load.waiting[0].waiting;
  };
  CHECK(waiting_after(1'000'000) == 1);
}

TEST_CASE_METHOD(fixture, "the global scheduler moves waiting tasks, and a "
                          "dead node's tasks come back",
                 "[machine]") {
  auto& home = add(1, 1);
  auto& other = add(2, 1);
  begin(1);
  submit(1, spec(1, 1));
  const auto moved = submit(1, spec(1, 2));
  node_load load;
  home.machine->fill_load(load);
  REQUIRE(load.waiting.size() == 1);
  CHECK(load.waiting[0].waiting == 1);
  place_tasks order;
  order.grant = 5;
  order.demand = load.waiting[0].demand;
  order.count = 1;
  order.target = 2;
  home.machine->place(order);
  settle();
  const auto [worker, run] = next_run(2);
  REQUIRE(worker != 0);
  CHECK(run.spec.id == moved);
  node_load there;
  other.machine->fill_load(there);
  CHECK(there.grants_seen == std::vector<std::uint64_t>{5});
  crash(2);
  const auto first = next_run(1);
  answer(1, first.first, first.second, text("1"));
  const auto again = next_run(1);
  CHECK(again.second.spec.id == moved);
  CHECK(again.second.attempt == 1);
}

TEST_CASE_METHOD(fixture, "an object that only a dead node held is made again "
                          "when it is needed",
                 "[machine]") {
  auto& home = add(1, 1);
  add(2, 1);
  begin(1);
  submit(1, spec(1, 1));
  const auto big = submit(1, spec(1, 2));
  place_tasks order;
  order.grant = 1;
  order.demand.set("CPU", 1);
  order.count = 1;
  order.target = 2;
  home.machine->place(order);
  settle();
  const auto [worker, run] = next_run(2);
  answer(2, worker, run, stored(1 << 20));
  REQUIRE(ready(1, big));
  CHECK(ready(1, big)->value.where.offset == not_here);
  const auto first = next_run(1);
  answer(1, first.first, first.second, text("1"));
  crash(2);
  CHECK(next_run(1).first == 0);
  home.machine->on_record(driver, want_objects{{big}});
  settle();
  const auto again = next_run(1);
  CHECK(again.second.spec.id == big);
}

TEST_CASE_METHOD(fixture, "a driver's end leaves nothing on any node",
                 "[machine]") {
  auto& home = add(1, 1);
  auto& other = add(2, 1);
  begin(1);
  submit(1, spec(1, 1));
  submit(1, spec(1, 2));
  place_tasks order;
  order.grant = 1;
  order.demand.set("CPU", 1);
  order.count = 1;
  order.target = 2;
  home.machine->place(order);
  settle();
  home.machine->process_left(driver, "left");
  settle();
  for (auto* n : {&home, &other}) {
    CHECK(n->machine->task_count() == 0);
    CHECK(n->machine->objects().size() == 0);
    for (const auto worker : std::exchange(n->ended, {}))
      n->machine->process_left(worker, "was ended");
    settle();
    CHECK(n->machine->worker_count() == 0);
    CHECK(n->machine->available().amount("CPU") == 1);
  }
}
