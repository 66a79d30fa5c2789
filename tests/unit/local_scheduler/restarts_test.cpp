#include "lives_fixture.hpp"

using namespace rayd;

TEST_CASE_METHOD(lives, "a dead process's actor lives again, at most so often",
                 "[restarts]") {
  make_actor(restarts(1), 2);
  const auto first = call();
  REQUIRE(next_run(2).second.spec.id == first);
  die(2);
  CHECK(error(first) == ray::errc::actor_unavailable);
  CHECK(states() == std::vector<std::string>{"alive", "restarting"});
  const auto meanwhile = call();
  CHECK(value(meanwhile) == nullptr);

  live(3);
  CHECK(attempt == 1);
  CHECK(states().back() == "alive");
  const auto [worker, run] = next_run(3);
  REQUIRE(run.spec.id == meanwhile);
  answer(3, worker, run);
  CHECK(value(meanwhile)->what == object_value::kind::inline_bytes);

  const auto last = call();
  die(3);
  CHECK(error(last) == ray::errc::actor_died);
  CHECK(states().back() == "dead");
  CHECK(error(call()) == ray::errc::actor_died);
}

TEST_CASE_METHOD(lives, "a dead node's actor lives again elsewhere",
                 "[restarts]") {
  make_actor(restarts(-1, 1), 2);
  const auto first = call();
  const auto second = call();
  crash(2);
  CHECK(value(first) == nullptr);
  const auto third = call();
  live(3);
  for (const auto& id : {first, second, third}) {
    const auto [worker, run] = next_run(3);
    REQUIRE(run.spec.id == id);
    answer(3, worker, run);
    CHECK(value(id)->what == object_value::kind::inline_bytes);
  }
  // Their one retry is used up after another life.
  const auto fourth = call();
  die(3);
  live(3);
  die(3);
  CHECK(error(fourth) == ray::errc::actor_unavailable);
}

TEST_CASE_METHOD(lives, "calls tried again keep their order", "[restarts]") {
  make_actor(restarts(5, -1), 2);
  std::vector<object_id> calls;
  for (int i = 0; i < 600; ++i)
    calls.push_back(call());
  const auto [worker, run] = next_run(2);
  answer(2, worker, run);
  die(2);
  live(2);
  for (std::size_t i = 1; i < calls.size(); ++i) {
    const auto [host_now, again] = next_run(2);
    REQUIRE(again.spec.id == calls[i]);
    answer(2, host_now, again);
  }
}

TEST_CASE_METHOD(lives, "within a life a call runs once", "[restarts]") {
  make_actor(restarts(1, -1), 2);
  auto out = spec(task_kind::actor_call);
  out.actor = actor;
  nodes[1]->machine->on_record(driver, submit_task{out});
  nodes[1]->machine->turn();
  REQUIRE(wire.size() >= 1);
  const auto copy = wire.back();
  REQUIRE(std::holds_alternative<assign_task>(copy.record));
  settle();
  const auto [worker, run] = next_run(2);
  answer(2, worker, run);
  // Answered and acknowledged: nothing of it is left at the host.
  nodes[2]->machine->on_peer_record(1, lane_record{copy.record});
  settle();
  CHECK(next_run(2).first == 0);
  // In another life the copy is nothing but late.
  die(2);
  live(2);
  nodes[2]->machine->on_peer_record(1, lane_record{copy.record});
  settle();
  CHECK(next_run(2).first == 0);
}

TEST_CASE_METHOD(lives, "news of an end count once", "[restarts]") {
  make_actor(restarts(2), 2);
  die(2);
  live(2);
  nodes[1]->machine->on_peer_record(
    2, actor_ended{actor, encode_failure(ray::errc::actor_died, "twice"),
                   actor_ended::way::died, 0});
  settle();
  CHECK(states().back() == "alive");
}

TEST_CASE_METHOD(lives, "kill ends it whatever it does", "[restarts]") {
  make_actor(restarts(-1), 2);
  SECTION("alive") {
    const auto cut = call();
    nodes[1]->machine->on_record(driver, kill_actor{actor});
    settle();
    CHECK(nodes[2]->ended.size() == 1);
    die(2);
    CHECK(error(cut) == ray::errc::actor_died);
  }
  SECTION("restarting, not placed") {
    die(2);
    const auto waits = call();
    nodes[1]->machine->on_record(driver, kill_actor{actor});
    settle();
    CHECK(error(waits) == ray::errc::actor_died);
  }
  SECTION("while its constructor runs again") {
    die(2);
    place_tasks order{1, ++grant, {}, 1, 3, {}};
    order.demand.set("CPU", 1);
    nodes[1]->machine->place(order);
    settle();
    const auto [worker, run] = next_run(3);
    nodes[1]->machine->on_record(driver, kill_actor{actor});
    settle();
    REQUIRE(nodes[3]->ended == std::vector{worker});
    host = worker;
    die(3);
  }
  CHECK(states().back() == "dead");
  CHECK(error(call()) == ray::errc::actor_died);
}

TEST_CASE_METHOD(lives, "the last handle may go while it restarts",
                 "[restarts]") {
  make_actor(restarts(-1), 2);
  die(2);
  nodes[1]->machine->on_record(driver, release_objects{{actor}});
  settle();
  CHECK(states().back() == "dead");
  CHECK(nodes[1]->machine->task_count() == 0);
}

TEST_CASE_METHOD(lives, "exit_actor ends it after the calls it has",
                 "[restarts]") {
  make_actor(restarts(-1), 2);
  const auto asks = call();
  const auto queued = call();
  const auto [worker, run] = next_run(2);
  nodes[2]->machine->on_record(
    worker, actor_ended{actor, encode_failure(ray::errc::actor_died, "exit"),
                        actor_ended::way::after_calls});
  settle();
  const auto late = call();
  CHECK(error(late) == ray::errc::actor_died);
  answer(2, worker, run);
  CHECK(nodes[2]->ended.empty());
  const auto [same, last] = next_run(2);
  REQUIRE(last.spec.id == queued);
  answer(2, same, last);
  CHECK(value(asks)->what == object_value::kind::inline_bytes);
  CHECK(value(queued)->what == object_value::kind::inline_bytes);
  CHECK(nodes[2]->ended == std::vector{worker});
  CHECK(states().back() == "dead");
}

TEST_CASE_METHOD(lives, "a constructor that kills its process is tried again",
                 "[restarts]") {
  auto out = spec(task_kind::actor_creation);
  out.demand.set("CPU", 1);
  out.wishes = std::make_shared<const task_wishes>(restarts(1));
  actor = submit(std::move(out));
  for (int life = 0; life < 2; ++life) {
    place_tasks order{1, ++grant, {}, 1, 2, {}};
    order.demand.set("CPU", 1);
    nodes[1]->machine->place(order);
    settle();
    const auto [worker, run] = next_run(2);
    REQUIRE(run.attempt == life);
    host = worker;
    die(2);
  }
  CHECK(states() == std::vector<std::string>{"restarting", "dead"});
  CHECK(error(call()) == ray::errc::actor_died);
}

TEST_CASE_METHOD(lives, "max_pending_calls limits those that wait",
                 "[restarts]") {
  task_wishes wishes;
  wishes.max_pending_calls = 2;
  make_actor(wishes, 2);
  const auto runs = call();
  const auto waits = call();
  const auto too = call();
  const auto many = call();
  CHECK(value(runs) == nullptr);
  CHECK(value(waits) == nullptr);
  CHECK(value(too) == nullptr);
  CHECK(error(many) == ray::errc::pending_calls);
  const auto [worker, run] = next_run(2);
  answer(2, worker, run);
  const auto next = call();
  CHECK(value(next) == nullptr);
}

TEST_CASE_METHOD(lives, "a detached actor stays when its driver leaves",
                 "[restarts]") {
  auto out = spec(task_kind::actor_creation);
  out.job = detached_job(job);
  out.id = child_id(out.parent, 99, 1, out.job);
  out.demand.set("CPU", 1);
  auto wishes = restarts(1);
  wishes.detached = true;
  out.wishes = std::make_shared<const task_wishes>(wishes);
  actor = submit(std::move(out));
  live(2);
  nodes[1]->machine->process_left(driver, "ended");
  settle();
  CHECK(nodes[2]->ended.empty());
  die(2);
  live(3);
  CHECK(states() == std::vector<std::string>{"alive", "restarting", "alive"});
  nodes[1]->machine->job_begun(job + 1, driver + 1, "{}");
  nodes[1]->machine->on_record(driver + 1, retain_objects{{actor}});
  nodes[1]->machine->on_record(driver + 1, kill_actor{actor});
  settle();
  CHECK(nodes[3]->ended == std::vector{host});
  CHECK(nodes[1]->machine->task_count() == 0);
}
