#pragma once

// Lives of actors: restarts, and what becomes of their calls.

#include "machine_world.hpp"

#include "catch.hpp"

namespace rayd {


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

inline task_wishes restarts(std::int32_t most, std::int32_t retries = 0) {
  task_wishes wishes;
  wishes.max_restarts = most;
  wishes.max_task_retries = retries;
  return wishes;
}

} // namespace rayd
