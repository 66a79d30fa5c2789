// What is not wanted any more, and what takes longer than it may.

#include "local_scheduler/machine.hpp"

#include "wire/failure_record.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rayd {

namespace {

// What its stop_token does not end in this time ends with its process.
constexpr time_us grace_us = 100'000;

} // namespace

void machine_steps::cancel(const cancel_object& wish) {
  const auto& id = wish.task;
  if (id.home() == options_.self)
    cancel_own(id, wish.force);
  else if (!objects_.is_dead(id.home()))
    out_.to_node(id.home(), wish);
}

/// From here on the object says that it is cancelled. The entry of a task that
/// runs stays until the run has ended: it keeps the arguments.
void machine_steps::cancel_own(const object_id& id, bool force) {
  const auto at = tasks_.find(id);
  if (at == tasks_.end() || at->second.state == task_state::finished
      || at->second.spec.kind == task_kind::actor_creation)
    return;
  auto& task = at->second;
  if (task.cancelled) {
    stop_run(id, task, force);
    return;
  }
  failure_record failure;
  failure.code = ray::errc::cancelled;
  failure.function = task.spec.function_name;
  failure.attempt = task.attempt;
  failure.message
    = fmt::format("task {} was cancelled", task.spec.function_name);
  const object_value value{object_value::kind::failed,
                           encode_failure(failure), {}, {}};
  const bool runs = task.worker != 0 || task.node != 0;
  task.state = task_state::cancelled;
  task.cancelled = true;
  record(id, task, &value);
  objects_.ready(id, value, options_.self);
  if (runs)
    stop_run(id, task, force);
  else
    forget(id);
}

void machine_steps::stop_run(const object_id& id,
                             const task_entry& task, bool force) {
  if (task.worker == 0) {
    if (task.node != 0 && task.node != options_.self)
      out_.to_node(task.node, cancel_assigned{id, task.attempt, force});
    return;
  }
  const auto at = workers_.find(task.worker);
  if (at == workers_.end() || at->second.ending)
    return;
  auto& worker = at->second;
  const bool runs = !worker.given.empty() && worker.given.front() == id;
  out_.to_process(process_of(at->first, worker), cancel_task{id});
  // An actor's process is not one call's to end.
  if (force && runs && !worker.actor)
    end_worker(at->first, worker, "its task was cancelled");
  if (runs || worker.actor)
    cancel_children(id, force);
}

void machine_steps::cancel_children(const object_id& parent,
                                    bool force) {
  const auto children = tasks_where([&](const object_id&, const auto& task) {
    return task.spec.parent == parent && task.origin == options_.self
           && !task.cancelled;
  });
  for (const auto& id : children)
    cancel_own(id, force);
}

void machine_steps::on(node_index from, const cancel_assigned& x) {
  const auto at = tasks_.find(x.task);
  if (at == tasks_.end() || at->second.origin != from
      || at->second.attempt != x.attempt
      || at->second.state == task_state::finished)
    return;
  auto& task = at->second;
  if (task.worker != 0)
    stop_run(x.task, task, x.force);
  else
    fail(x.task, ray::errc::cancelled, "it was cancelled");
}

// -- time ---------------------------------------------------------------------

object_value
machine_steps::timed_out(const object_id&,
                         const task_entry& task) const {
  failure_record failure;
  failure.code = ray::errc::task_timeout;
  failure.function = task.spec.function_name;
  failure.node = node_name(options_.self);
  failure.pid = task.worker_pid;
  failure.attempt = task.attempt;
  failure.message
    = fmt::format("task {} ran longer than its {} ms in attempt {}",
                  task.spec.function_name, task.spec.wished().timeout_ms,
                  task.attempt);
  return {object_value::kind::failed, encode_failure(failure), {}, {}};
}

/// Tells a task whose time is over, and later ends its process.
void machine_steps::watch_time(process_id id,
                               worker_entry& worker) {
  if (worker.given.empty() || worker.ending || worker.actor)
    return;
  if (worker.overdue == worker.given.front()) {
    if (now_ - worker.overdue_since < grace_us)
      return;
    end_worker(id, worker, "its task ran longer than it may");
    return;
  }
  const auto at = tasks_.find(worker.given.front());
  if (at == tasks_.end() || !at->second.spec.wishes)
    return;
  const auto limit_ms = at->second.spec.wishes->timeout_ms;
  if (limit_ms <= 0 || now_ - worker.front_since < limit_ms * 1000)
    return;
  worker.overdue = at->first;
  worker.overdue_since = now_;
  out_.to_process(id, cancel_task{at->first});
}

} // namespace rayd
