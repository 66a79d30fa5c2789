#pragma once

#include "machine_world.hpp"

#include <string>
#include <utility>

namespace rayd {

/// Nodes of machine_world with one driver, and what tests say to them.
struct task_fixture : machine_world {
  static constexpr process_id driver = 1;
  static constexpr job_number job = 7;

  task_spec spec(node_index home, std::uint64_t number,
                 task_kind kind = task_kind::task) {
    task_spec out;
    out.parent = root_id(home, job);
    out.id = child_id(out.parent, number, home, job);
    out.job = job;
    out.kind = kind;
    out.function = {1, 1};
    out.function_name = "square";
    out.demand.set("CPU", 1);
    if (kind == task_kind::actor_call)
      out.demand = {};
    out.max_retries = 1;
    return out;
  }

  void begin(node_index index) {
    nodes[index]->machine->job_begun(job, driver, "{}");
    settle();
  }

  object_id submit(node_index index, task_spec out) {
    const auto id = out.id;
    nodes[index]->machine->on_record(driver, submit_task{std::move(out)});
    settle();
    return id;
  }

  /// The next run that some worker of the node got: who, and what.
  std::pair<process_id, run_task> next_run(node_index index) {
    for (auto& [process, records] : nodes[index]->sent)
      while (!records.empty()) {
        if (process < 100)
          break;
        auto record = std::move(records.front());
        records.pop_front();
        if (auto* run = std::get_if<run_task>(&record))
          return {process, std::move(*run)};
      }
    return {0, {}};
  }

  void answer(node_index index, process_id worker, const run_task& run,
              object_value value) {
    nodes[index]->machine->on_record(
      worker, task_result{run.spec.id, run.attempt, std::move(value), {1, 1}});
    settle();
  }

  static object_value text(std::string bytes) {
    return {object_value::kind::inline_bytes, std::move(bytes), {}, {}};
  }

  static object_value stored(std::uint64_t size) {
    return {object_value::kind::stored, {}, {0, size}, {}};
  }

  const object_ready* ready(node_index index, const object_id& id) {
    for (const auto& record : nodes[index]->sent[driver])
      if (const auto* x = std::get_if<object_ready>(&record);
          x && x->object == id)
        return x;
    return nullptr;
  }
};

} // namespace rayd
