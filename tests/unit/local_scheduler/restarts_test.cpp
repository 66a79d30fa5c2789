// Lives of actors: restarts, and what becomes of their calls.

#include "machine_world.hpp"

#include "catch.hpp"

using namespace rayd;

namespace {

constexpr process_id driver = 1;
constexpr job_number job = 7;

struct lives : machine_world {
  lives() {
    for (const node_index index : {1, 2, 3})
      add(index, index == 1 ? 0 : 4);
    nodes[1]->machine->job_begun(job, driver, "{}");
    settle();
  }

  task_spec spec(task_kind kind) {
    task_spec out;
    out.parent = root_id(1, job);
    out.id = child_id(out.parent, ++count, 1, job);
    out.job = job;
    out.kind = kind;
    out.function_name = "square";
    return out;
  }

  object_id make_actor(task_wishes wishes, node_index where) {
    auto out = spec(task_kind::actor_creation);
    out.demand.set("CPU", 1);
    out.interface = "counter";
    out.wishes = std::make_shared<const task_wishes>(std::move(wishes));
    actor = submit(std::move(out));
    live(where);
    return actor;
  }

  /// The creation that waits at home goes to *where* and runs there.
  void live(node_index where) {
    place_tasks order{1, ++grant, {}, 1, where, {}};
    order.demand.set("CPU", 1);
    nodes[1]->machine->place(order);
    settle();
    const auto [worker, run] = next_run(where);
    REQUIRE(run.spec.kind == task_kind::actor_creation);
    attempt = run.attempt;
    snapshot = run.spec.snapshot;
    host = worker;
    answer(where, worker, run);
  }

  object_id submit(task_spec out) {
    const auto id = out.id;
    nodes[1]->machine->on_record(driver, submit_task{std::move(out)});
    settle();
    return id;
  }

  object_id call() {
    auto out = spec(task_kind::actor_call);
    out.actor = actor;
    return submit(std::move(out));
  }

  std::pair<process_id, run_task> next_run(node_index index) {
    for (auto& [process, records] : nodes[index]->sent)
      while (process >= 100 && !records.empty()) {
        auto record = std::move(records.front());
        records.pop_front();
        if (auto* run = std::get_if<run_task>(&record))
          return {process, std::move(*run)};
      }
    return {0, {}};
  }

  void answer(node_index index, process_id worker, const run_task& run) {
    nodes[index]->machine->on_record(
      worker, task_result{run.spec.id, run.attempt, {}, {1, 1}});
    settle();
  }

  void die(node_index index) {
    nodes[index]->sent.erase(host);
    nodes[index]->machine->process_left(host, "was ended by SIGSEGV");
    settle();
  }

  const object_value* value(const object_id& id) {
    for (const auto& record : nodes[1]->sent[driver])
      if (const auto* x = std::get_if<object_ready>(&record);
          x && x->object == id)
        return &x->value;
    return nullptr;
  }

  ray::errc error(const object_id& id) {
    const auto* found = value(id);
    REQUIRE(found);
    REQUIRE(found->what == object_value::kind::failed);
    return decode_failure(found->bytes).code;
  }

  const std::vector<std::string>& states() {
    return nodes[1]->actor_states;
  }

  object_id actor;
  process_id host = 0;
  std::int32_t attempt = 0;
  std::string snapshot; ///< What the last life began with.
  std::uint64_t count = 0, grant = 0;
};

task_wishes restarts(std::int32_t most, std::int32_t retries = 0) {
  task_wishes wishes;
  wishes.max_restarts = most;
  wishes.max_task_retries = retries;
  return wishes;
}

} // namespace

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
