// What becomes of an actor and of its calls when its process or node dies.
//
// A life of an actor is one run of its constructor. Its home counts them and
// keeps the creation task as long as there may be another life. A call that
// was given to a life that ended may have run: it fails as actor_unavailable,
// or goes out again when the actor asked for max_task_retries. What was not
// given to the actor yet waits for the next life. Calls stand in the rows of
// the nodes that their callers run on and return there when a life ends, so
// that each row goes on in its order.
//
// Within one life a call runs once: it goes to the life that its row knows,
// under a number that grows, and the host ignores what it has seen.

#include "local_scheduler/failures.hpp"
#include "local_scheduler/machine.hpp"

#include <algorithm>

namespace rayd {

namespace {

constexpr int life_shift = 40;

bool may_restart(const task_entry& creation) {
  const auto most = creation.spec.wished().max_restarts;
  return most < 0 || creation.attempt < most;
}

} // namespace

std::uint64_t call_ticket(std::int32_t life, std::uint64_t number) {
  return (static_cast<std::uint64_t>(life) << life_shift) | number;
}

void machine_steps::begin_life(actor_entry& actor,
                               const task_entry& creation) {
  actor.life = creation.attempt;
  actor.restarts = may_restart(creation);
  actor.task_retries = creation.spec.wished().max_task_retries;
}

actor_located location_of(const object_id& id, const actor_entry& actor) {
  const bool lives = actor.now == actor_entry::state::alive;
  return {id,           lives ? actor.node : 0, actor.failure,
          actor.life,   actor.restarts,         actor.task_retries};
}

// -- at the host --------------------------------------------------------------

/// Whether this node's actor may get a call of another node now.
bool machine_steps::takes_call(node_index from,
                               const assign_task& x) {
  const auto at = actors_.find(x.spec.actor);
  if (at == actors_.end()) {
    // Its home knows what to say.
    if (x.spec.actor.home() == options_.self)
      return true;
  } else {
    auto& actor = at->second;
    if (actor.now == actor_entry::state::dead)
      return true;
    const auto life = static_cast<std::int32_t>(x.grant >> life_shift);
    if (actor.process != 0 && actor.life == life) {
      const auto number = x.grant & ((std::uint64_t{1} << life_shift) - 1);
      auto& last = actor.last_seen[from];
      if (number <= last)
        return false;
      last = number;
      return true;
    }
  }
  out_.to_node(from, task_given_back{x.spec.id, x.attempt});
  return false;
}

void machine_steps::actor_process_left(process_id process,
                                       worker_entry& worker,
                                       const std::string& how) {
  const auto id = worker.actor;
  const auto given = std::exchange(worker.given, {});
  const auto at = actors_.find(id);
  const bool lives = at != actors_.end() && at->second.process == process;
  if (lives && at->second.exiting.empty()) {
    end_life(id, given,
             death(id, at->second.creation.interface,
                   fmt::format("its process {} {}", worker.pid, how)),
             actor_ended::way::died);
    return;
  }
  const auto failure
    = at == actors_.end()        ? death(id, "", "its process " + how)
      : !at->second.exiting.empty() ? at->second.exiting
                                    : at->second.failure;
  for (const auto& call : given)
    complete(call, failed_value(failure), options_.self, {});
  if (lives)
    end_life(id, {}, failure, actor_ended::way::for_good);
}

/// The actor that lived here does so no more; *given* are the calls that its
/// process had.
void machine_steps::end_life(const object_id& id,
                             const std::deque<object_id>& given,
                             const std::string& failure,
                             actor_ended::way how) {
  auto& actor = actors_.at(id);
  const bool home = id.home() == options_.self;
  if (!home)
    out_.to_node(id.home(), actor_ended{id, failure, how, actor.life});
  actor.process = 0;
  if (!actor.restarts || how != actor_ended::way::died) {
    for (const auto& call : given)
      complete(call, failed_value(failure), options_.self, {});
    actor_died(id, failure);
    return;
  }
  actor.now = actor_entry::state::pending;
  actor.node = 0;
  for (const auto& call : given)
    call_interrupted(call, decode_failure(failure).message);
  for (auto source = actor.calls.begin(); source != actor.calls.end();) {
    if (source->first.node == 0) {
      ++source;
      continue;
    }
    for (const auto& call : source->second)
      if (const auto at = tasks_.find(call); at != tasks_.end()) {
        out_.to_node(source->first.node,
                     task_given_back{call, at->second.attempt});
        forget(call);
      }
    source = actor.calls.erase(source);
  }
  if (home)
    restart_or_die(id, failure);
  else
    to_advance_.push_back(id);
}

// A behaviour's process knows better than its exit code why it ends.
void machine_steps::end_told(process_id from,
                             const actor_ended& told) {
  if (told.how == actor_ended::way::gone) {
    guest_gone(from, told);
    return;
  }
  const auto at = actors_.find(told.actor);
  if (at == actors_.end())
    return;
  const auto worker = workers_.find(at->second.process);
  if (worker == workers_.end() || worker->second.actor != told.actor
      || process_of(worker->first, worker->second) != from)
    return;
  const auto failure = death(told.actor, at->second.creation.interface,
                             decode_failure(told.failure).message);
  if (told.how == actor_ended::way::after_calls) {
    at->second.exiting = failure;
    to_advance_.push_back(told.actor);
    return;
  }
  keep_arguments(worker->second);
  last_results(worker->first, worker->second);
  // A process with one actor ends by itself.
  if (worker->second.host != 0)
    end_worker(worker->first, worker->second, "its actor ended itself");
  worker->second.ending = true;
  end_life(told.actor, std::exchange(worker->second.given, {}), failure,
           told.how);
}

/// After exit_actor: ends when the calls that were there have run.
void machine_steps::exit_when_idle(const object_id& id,
                                   const actor_entry& actor) {
  const auto worker = workers_.find(actor.process);
  if (worker == workers_.end() || !worker->second.given.empty()
      || !actor.calls.empty() || !actor.unseen.empty()
      || !workers_.at(process_of(worker->first, worker->second)).held.empty())
    return;
  end_actor_here(id, "its actor ended itself");
  end_life(id, {}, std::string{actor.exiting}, actor_ended::way::for_good);
}

// -- at the actor's home ------------------------------------------------------

void machine_steps::restart_or_die(const object_id& id,
                                   const std::string& failure) {
  auto& actor = actors_.at(id);
  const auto at = tasks_.find(id);
  if (at == tasks_.end() || !may_restart(at->second)) {
    actor_died(id, failure);
    return;
  }
  auto& task = at->second;
  ++task.attempt;
  task.spec.snapshot = actor.snapshot;
  task.node = 0;
  task.worker = 0;
  task.placed = placed_by::nobody;
  changed(id, task, task_state::waiting_for_args);
  to_gather_.push_back(id);
  actor.snapshot_kept = 0;
  actor.now = actor_entry::state::pending;
  actor.node = 0;
  actor.process = 0;
  begin_life(actor, task);
  out_.actor_changed(actor.creation, "restarting", 0,
                     decode_failure(failure).message, actor.life);
  for (const auto subscriber : actor.subscribers)
    out_.to_node(subscriber, location_of(id, actor));
}

/// The process or node that ran the constructor died: a life is over.
/// @returns false when there is none left.
bool machine_steps::creation_interrupted(
  const object_id& id, const std::string& failure) {
  const auto at = actors_.find(id);
  if (at == actors_.end() || at->second.now == actor_entry::state::dead
      || !may_restart(tasks_.at(id)))
    return false;
  restart_or_die(id, failure);
  return true;
}

/// The actor was ended while its constructor waits or runs here.
void machine_steps::drop_creation(const object_id& id,
                                  const std::string& failure) {
  const auto at = tasks_.find(id);
  if (at == tasks_.end() || at->second.state == task_state::finished)
    return;
  auto& task = at->second;
  const auto worker = workers_.find(task.worker);
  if (task.queued) {
    dequeue(id, task);
    complete(id, failed_value(failure), options_.self, {});
  } else if (worker != workers_.end()) {
    end_worker(worker->first, worker->second, "its actor was ended");
  } else if (task.origin == options_.self && task.node != 0
             && task.node != options_.self) {
    out_.to_node(task.node, end_actor{id, "it was ended before it lived"});
  }
}

// -- calls, on the node of their caller ---------------------------------------

/// The life that the call was given to ended, or its node did.
void machine_steps::call_interrupted(const object_id& id,
                                     const std::string& why) {
  const auto at = tasks_.find(id);
  if (at == tasks_.end())
    return;
  auto& task = at->second;
  const auto failure = encode_failure(
    ray::errc::actor_unavailable,
    fmt::format("the call may or may not have run: {}; the actor restarts",
                why));
  if (task.origin != options_.self) {
    complete_foreign(id, task, failed_value(failure), {}, true);
    return;
  }
  const auto retries = actors_[task.spec.actor].task_retries;
  ++task.failures;
  if (retries >= 0 && task.failures > retries) {
    complete(id, failed_value(failure), options_.self, {});
    return;
  }
  ++task.attempt;
  call_back_in_row(id, task);
}

void machine_steps::call_back_in_row(const object_id& id,
                                     task_entry& task) {
  call_done(task);
  task.node = 0;
  task.worker = 0;
  task.placed = placed_by::nobody;
  changed(id, task, task_state::waiting_for_args);
  auto& row = actors_[task.spec.actor].calls[source_of(task)];
  const auto place
    = std::find_if(row.begin(), row.end(), [&](const object_id& other) {
        const auto at = tasks_.find(other);
        return at != tasks_.end() && at->second.order > task.order;
      });
  row.insert(place, id);
  to_advance_.push_back(task.spec.actor);
}

/// A call came back from *node*: the life that this node knows of is over,
/// unless the actor's home has told of another one already.
void machine_steps::life_seems_over(const object_id& id,
                                    node_index node) {
  const auto at = actors_.find(id);
  if (at == actors_.end() || id.home() == options_.self)
    return;
  auto& actor = at->second;
  if (actor.now == actor_entry::state::alive && actor.node == node
      && actor.process == 0 && actor.life == actor.sent_life) {
    actor.now = actor_entry::state::pending;
    actor.node = 0;
  }
}

/// Where it lived is gone; *why* is a sentence.
void machine_steps::actor_node_left(const object_id& id,
                                    node_index node,
                                    const std::string& why) {
  auto& actor = actors_.at(id);
  const auto failure = death(id, actor.creation.interface, why);
  if (id.home() == node) {
    end_actor_here(id, why);
    actor_died(id, failure);
  } else if (id.home() == options_.self) {
    restart_or_die(id, failure);
  } else if (actor.restarts && actor.now == actor_entry::state::alive) {
    // Its home tells how it goes on.
    actor.now = actor_entry::state::pending;
    actor.node = 0;
  } else {
    actor_died(id, failure);
  }
}

} // namespace rayd
