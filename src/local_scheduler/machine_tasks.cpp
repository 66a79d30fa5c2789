// From the submission of a task to its result.

#include "local_scheduler/machine.hpp"

#include "wire/failure_record.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rayd {

namespace {

object_value failed_value(std::string failure) {
  return {object_value::kind::failed, std::move(failure), {}, {}};
}

} // namespace

void machine_steps::submit(process_id from, task_spec&& spec) {
  const auto id = spec.id;
  begin_detached(spec.job);
  if (id.home() != options_.self || job_over(spec.job)
      || !jobs_.contains(spec.job))
    return;
  const auto* known = objects_.find(id);
  const bool again = tasks_.contains(id)
                     || (known && known->now == object_directory::state::ready);
  objects_.expect(id);
  objects_.hold(from, {id});
  objects_.announce(from, id);
  // Its parent runs again; what the first run submitted is still good.
  if (again)
    return;
  auto& task = enter(std::move(spec), options_.self);
  task.caller = caller_of(from, task.spec);
  task.submitted_us = wall_us_;
  young_.emplace_back(now_, id);
  if (task.spec.kind == task_kind::actor_call) {
    call_entered(id, task);
  } else if (task.spec.kind == task_kind::actor_creation) {
    auto& actor = actors_[id];
    actor.creation = task.spec;
    actor.creation.arguments.clear();
    if (actor.creation.wished().detached)
      objects_.pin(id); // No handle needs to hold it.
    if (task.spec.name.empty()) {
      to_gather_.push_back(id);
    } else {
      claims_.push_back(id);
      out_.claim_name(task.spec);
    }
  } else {
    gather(id, task);
  }
}

void local_scheduler_machine::name_answered(const object_id& actor,
                                            const std::string& failure) {
  if (std::erase(claims_, actor) == 0 || !tasks_.contains(actor))
    return;
  if (failure.empty())
    to_gather_.push_back(actor);
  else
    complete(actor, failed_value(failure), options_.self, {});
}

task_entry& machine_steps::enter(task_spec&& spec,
                                 node_index origin) {
  const auto id = spec.id;
  auto& task = tasks_[id];
  task.spec = std::move(spec);
  task.wish = node_wish_of(task.spec);
  task.origin = origin;
  for (const auto& dependency : task.spec.dependencies)
    objects_.pin(dependency);
  for (const auto& nested : task.spec.nested)
    objects_.pin(nested);
  if (task.spec.kind == task_kind::actor_call)
    objects_.pin(task.spec.actor);
  return task;
}

void machine_steps::forget(const object_id& id) {
  const auto at = tasks_.find(id);
  if (at == tasks_.end())
    return;
  auto& task = at->second;
  dequeue(id, task);
  for (const auto& dependency : task.spec.dependencies) {
    if (task.missing > 0)
      objects_.forget_waiting_task(dependency, id);
    objects_.unpin(dependency);
  }
  for (const auto& nested : task.spec.nested)
    objects_.unpin(nested);
  for (const auto& kept : task.kept)
    objects_.unpin(kept);
  if (task.spec.kind == task_kind::actor_call)
    objects_.unpin(task.spec.actor);
  refused_.erase(id);
  tasks_.erase(at);
}

bool machine_steps::runs_here(const task_entry& task) const {
  if (task.spec.kind != task_kind::actor_call)
    return options_.total.fits(task.spec.demand)
           && (!task.spec.wishes || starts_here(key_of(task)));
  const auto actor = actors_.find(task.spec.actor);
  return actor != actors_.end() && actor->second.process != 0;
}

void machine_steps::gather(const object_id& id, task_entry& task) {
  // What may go where its arguments are waits for room before they come.
  const bool call = task.spec.kind == task_kind::actor_call;
  const bool here
    = runs_here(task)
      && (call || task.spec.dependencies.empty()
          || task.origin != options_.self
          || room_for(key_of(task)).fits(task.spec.demand));
  if (await_arguments(id, task, here))
    arguments_there(id, task);
}

/// @returns true when all are there; else dependency_ready comes.
bool machine_steps::await_arguments(const object_id& id,
                                    task_entry& task, bool here) {
  // One more than there are: a dependency may fail, and say so, while it is
  // asked for.
  task.missing = 1 + static_cast<std::uint32_t>(task.spec.dependencies.size());
  for (const auto& dependency : task.spec.dependencies)
    if (objects_.await(dependency, id, here))
      --task.missing;
  return --task.missing == 0;
}

void machine_steps::arguments_there(const object_id& id,
                                    task_entry& task) {
  if (task.spec.kind == task_kind::actor_call) {
    to_advance_.push_back(task.spec.actor);
    return;
  }
  if (auto failure = argument_failure(id, task)) {
    complete(id, failed_value(std::move(*failure)), options_.self, {});
    return;
  }
  enqueue(id, task, false);
}

std::optional<std::string>
machine_steps::argument_failure(const object_id& id,
                                const task_entry& task) const {
  std::string bytes;
  if (const auto refused = refused_.find(id); refused != refused_.end())
    bytes = refused->second;
  for (const auto& dependency : task.spec.dependencies) {
    const auto* e = objects_.find(dependency);
    if (bytes.empty() && e && e->now == object_directory::state::ready
        && e->value.what == object_value::kind::failed)
      bytes = e->value.bytes;
  }
  if (bytes.empty())
    return std::nullopt;
  auto failure = decode_failure(bytes);
  failure.chain.push_back(task.spec.function_name);
  return encode_failure(failure);
}

// -- results ------------------------------------------------------------------

void machine_steps::complete(const object_id& id, object_value value,
                             node_index holder, run_times times) {
  const auto at = tasks_.find(id);
  if (at == tasks_.end())
    return;
  auto& task = at->second;
  if (task.origin != options_.self) {
    complete_foreign(id, task, std::move(value), times, false);
    return;
  }
  if (task.cancelled) {
    if (value.what == object_value::kind::stored && holder == options_.self)
      out_.free_local({id});
    else if (value.what == object_value::kind::stored)
      out_.to_node(holder, free_copies{{id}});
    if (task.spec.kind == task_kind::actor_call)
      call_done(task);
    forget(id);
    return;
  }
  const bool failed = value.what == object_value::kind::failed;
  task.started_us = times.started_us;
  task.duration_us = times.duration_us;
  task.state = failed ? task_state::failed : task_state::finished;
  record(id, task, &value);
  if (task.spec.kind == task_kind::actor_creation)
    creation_done(id, task, value, holder);
  if (task.spec.kind == task_kind::actor_call)
    call_done(task);
  // Its task must stay as long as the object may have to be made again.
  const bool keep = (value.what == object_value::kind::stored
                     && task.spec.kind == task_kind::task)
                    || (!failed && task.spec.wished().max_restarts != 0
                        && actors_[id].now == actor_entry::state::alive);
  objects_.ready(id, std::move(value), holder);
  if (keep)
    task.node = 0;
  else
    forget(id);
}

void machine_steps::complete_foreign(const object_id& id,
                                     task_entry& task,
                                     object_value value,
                                     run_times times, bool died) {
  task_done done{id, task.attempt, {}, times, task.worker_pid, died};
  if (value.what == object_value::kind::stored)
    objects_.keep_copy(id, value);
  // The caller's node must have counted these before they may go here.
  task.kept = value.nested;
  for (const auto& nested : task.kept)
    objects_.pin(nested);
  dequeue(id, task);
  task.state = task_state::finished;
  task.worker = 0;
  done.value = std::move(value);
  if (task.spec.kind == task_kind::actor_creation
      && done.value.what == object_value::kind::failed)
    actors_.erase(id);
  if (objects_.is_dead(task.origin))
    forget(id);
  else
    out_.to_node(task.origin, std::move(done));
}

void machine_steps::fail(const object_id& id, ray::errc code,
                         const std::string& why) {
  const auto at = tasks_.find(id);
  if (at == tasks_.end())
    return;
  failure_record failure;
  failure.code = code;
  failure.message = why;
  failure.function = at->second.spec.function_name;
  failure.node = node_name(options_.self);
  failure.attempt = at->second.attempt;
  complete(id, failed_value(encode_failure(failure)), options_.self, {});
}

void machine_steps::attempt_failed(const object_id& id,
                                   const std::string& why,
                                   node_index node,
                                   std::int64_t pid) {
  const auto at = tasks_.find(id);
  if (at == tasks_.end())
    return;
  auto& task = at->second;
  if (task.cancelled) {
    forget(id);
    return;
  }
  failure_record failure;
  failure.code = ray::errc::worker_died;
  failure.function = task.spec.function_name;
  failure.node = node_name(node);
  failure.pid = pid;
  failure.attempt = task.attempt;
  failure.message
    = fmt::format("task {} failed in attempt {} on node {}: {}",
                  task.spec.function_name, task.attempt, failure.node, why);
  if (task.origin != options_.self) {
    complete_foreign(id, task, failed_value(encode_failure(failure)), {},
                     true);
    return;
  }
  if (task.spec.kind == task_kind::actor_creation
      && creation_interrupted(id, encode_failure(failure)))
    return;
  task.deaths += pid != 0 ? 1 : 0;
  ++task.failures;
  if (task.spec.max_retries >= 0 && task.failures > task.spec.max_retries) {
    if (task.deaths > 1 && pid != 0)
      failure.code = ray::errc::task_poisoned;
    complete(id, failed_value(encode_failure(failure)), options_.self, {});
    return;
  }
  try_again(id, task);
}

void machine_steps::try_again(const object_id& id,
                              task_entry& task) {
  ++task.attempt;
  task.node = 0;
  task.worker = 0;
  task.placed = placed_by::nobody;
  changed(id, task, task_state::waiting_for_args);
  to_gather_.push_back(id);
}

/// A worker, here or elsewhere, has run the task to its end.
void machine_steps::end_attempt(const object_id& id,
                                object_value value,
                                node_index holder,
                                run_times times) {
  const auto at = tasks_.find(id);
  if (at == tasks_.end())
    return;
  auto& task = at->second;
  if (task.spec.wishes && task.spec.wishes->retry_exceptions
      && task.origin == options_.self && !task.cancelled
      && value.what == object_value::kind::failed
      && (task.spec.max_retries < 0
          || task.failures < task.spec.max_retries)) {
    const auto code = decode_failure(value.bytes).code;
    if (code == ray::errc::task_error || code == ray::errc::task_timeout) {
      ++task.failures;
      try_again(id, task);
      return;
    }
  }
  complete(id, std::move(value), holder, times);
}

// -- the mirror ---------------------------------------------------------------

void machine_steps::changed(const object_id& id, task_entry& task,
                            task_state state) {
  task.state = state;
  if (task.recorded)
    record(id, task);
}

/// The task that its worker has come to now is known to the mirror already,
/// but not when it began.
void machine_steps::record_front(const worker_entry& worker) {
  if (worker.given.empty())
    return;
  const auto at = tasks_.find(worker.given.front());
  if (at != tasks_.end() && at->second.recorded)
    record(at->first, at->second);
}

/// By the wall clock: as its worker told, or while it runs here as far as this
/// node knows; 0: it has not.
std::int64_t machine_steps::began(const object_id& id,
                                  const task_entry& task) const {
  const bool runs = task.state == task_state::running
                    || task.state == task_state::blocked;
  if (!runs)
    return task.started_us;
  if (task.node != options_.self)
    return task.node == 0 ? 0 : wall_us_;
  const auto at = workers_.find(task.worker);
  return at == workers_.end() || at->second.given.empty()
             || at->second.given.front() != id
           ? 0
           : wall_us_ - (now_ - at->second.front_since);
}

void machine_steps::record(const object_id& id,
                           const task_entry& task,
                           const object_value* value) {
  if (task.origin != options_.self)
    return;
  task_record out;
  out.id = id;
  out.parent = task.spec.parent;
  out.job = task.spec.job;
  out.kind = task.spec.kind;
  out.name = task.spec.name;
  out.function_name = task.spec.function_name;
  out.demand = task.spec.demand;
  out.home = options_.self;
  out.state = task.state;
  out.placed = task.placed;
  out.attempt = task.attempt;
  out.node = task.node;
  out.worker_pid = static_cast<std::uint32_t>(task.worker_pid);
  out.submitted_us = task.submitted_us;
  out.started_us = began(id, task);
  if (value) {
    out.finished_us = task.started_us + task.duration_us;
    if (value->what == object_value::kind::failed) {
      const auto failure = decode_failure(value->bytes);
      out.error = failure.code;
      out.error_message = failure.message;
      out.error_chain = fmt::format("{}", fmt::join(failure.chain, "\n"));
      out.finished_us = wall_us_;
    }
  }
  out_.record_task(std::move(out));
}

} // namespace rayd
