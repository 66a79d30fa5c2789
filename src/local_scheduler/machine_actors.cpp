// Actors: where they live, their callers' order, and how they end.

#include "local_scheduler/machine.hpp"

#include "wire/failure_record.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rayd {

namespace {

object_value failed_value(std::string failure) {
  return {object_value::kind::failed, std::move(failure), {}, {}};
}

std::string death(const object_id& id, const std::string& what,
                  const std::string& why) {
  return encode_failure(
    ray::errc::actor_died,
    fmt::format("actor {}{}{} is dead: {}", to_string(id),
                what.empty() ? "" : " of ", what, why));
}

} // namespace

// -- calls --------------------------------------------------------------------

void local_scheduler_machine::call_entered(const object_id& id,
                                           task_entry& task) {
  const auto& actor_id = task.spec.actor;
  const auto [at, unknown] = actors_.try_emplace(actor_id);
  auto& actor = at->second;
  if (unknown && actor_id.home() == options_.self) {
    actor.now = actor_entry::state::dead;
    actor.failure = death(actor_id, "", "its last handle went");
  } else if (unknown && objects_.is_dead(actor_id.home())) {
    actor.now = actor_entry::state::dead;
    actor.failure = death(actor_id, "",
                          fmt::format("its home node {} is gone",
                                      node_name(actor_id.home())));
  }
  actor_entry::source source;
  if (task.origin == options_.self) {
    const auto caller = workers_.find(task.caller);
    source.process = task.caller;
    if (caller == workers_.end() || !caller->second.actor)
      source.parent = task.spec.parent;
  } else {
    source.node = task.origin;
  }
  actor.calls[source].push_back(id);
  gather(id, task);
  to_advance_.push_back(actor_id);
}

void local_scheduler_machine::advance(const object_id& id) {
  const auto at = actors_.find(id);
  if (at == actors_.end())
    return;
  auto& actor = at->second;
  if (actor.now == actor_entry::state::dead) {
    fail_calls(id);
    return;
  }
  if (actor.now == actor_entry::state::pending) {
    if (id.home() != options_.self && !actor.asked) {
      actor.asked = true;
      out_.to_node(id.home(), locate_actor{id});
    }
    return;
  }
  // Callers in turn, a few calls each, so that one with many calls waiting
  // does not hold up the others.
  for (bool more = true; more;) {
    more = false;
    auto source = actor.calls.upper_bound(actor.served);
    for (auto left = actor.calls.size(); left > 0; --left) {
      if (source == actor.calls.end())
        source = actor.calls.begin();
      more |= send_calls(id, actor, source->second);
      actor.served = source->first;
      source = source->second.empty() ? actor.calls.erase(source)
                                      : std::next(source);
    }
  }
}

bool local_scheduler_machine::send_calls(const object_id& actor_id,
                                         actor_entry& actor,
                                         std::deque<object_id>& calls) {
  constexpr std::size_t calls_per_turn = 16;
  std::size_t sent = 0;
  while (!calls.empty() && sent < calls_per_turn) {
    const auto task = tasks_.find(calls.front());
    if (task != tasks_.end()
        && (task->second.missing > 0
            || !send_call(actor_id, actor, calls.front())))
      break;
    calls.pop_front();
    ++sent;
  }
  return sent == calls_per_turn;
}

bool local_scheduler_machine::send_call(const object_id& actor_id,
                                        actor_entry& actor,
                                        const object_id& call) {
  auto& task = tasks_.at(call);
  if (auto failure = argument_failure(call, task)) {
    complete(call, failed_value(std::move(*failure)), options_.self, {});
    return true;
  }
  if (actor.process == 0) {
    if (actor.sent_away >= options_.remote_actor_window)
      return false;
    ++actor.sent_away;
    task.placed = placed_by::local;
    assign(call, task, actor.node);
    return true;
  }
  const auto at = workers_.find(actor.process);
  if (at == workers_.end() || at->second.actor != actor_id
      || at->second.given.size() >= options_.actor_window
      || !arguments_here(call, task))
    return false;
  run_on(at->first, at->second, call);
  return true;
}

void local_scheduler_machine::call_done(const task_entry& task) {
  const auto at = actors_.find(task.spec.actor);
  if (at == actors_.end() || task.node == 0 || task.node == options_.self
      || at->second.sent_away == 0)
    return;
  --at->second.sent_away;
  to_advance_.push_back(task.spec.actor);
}

void local_scheduler_machine::fail_calls(const object_id& id) {
  auto& actor = actors_.at(id);
  const auto failure = actor.failure;
  for (auto& [source, calls] : std::exchange(actor.calls, {}))
    for (const auto& call : calls)
      complete(call, failed_value(failure), options_.self, {});
}

// -- life ---------------------------------------------------------------------

void local_scheduler_machine::host_actor(const object_id& id,
                                         process_id process,
                                         worker_entry& worker,
                                         const task_spec& creation) {
  auto& actor = actors_[id];
  worker.actor = id;
  worker.hosted = std::exchange(worker.lease, std::nullopt);
  if (!creation.keeps_cpu) {
    resource_set cpus;
    cpus.set_units("CPU", worker.holds.units("CPU"));
    worker.holds -= cpus;
    if (!worker.blocked)
      pool_of(worker) += cpus;
  }
  if (actor.now == actor_entry::state::dead) {
    worker.ending = true;
    out_.end_worker(process, "its actor was ended");
    return;
  }
  actor.now = actor_entry::state::alive;
  actor.process = process;
  actor.node = options_.self;
  to_advance_.push_back(id);
}

void local_scheduler_machine::creation_done(const object_id& id, task_entry&,
                                            const object_value& value,
                                            node_index node) {
  auto& actor = actors_[id];
  if (value.what == object_value::kind::failed) {
    const auto failure = decode_failure(value.bytes);
    if (actor.now != actor_entry::state::dead)
      actor_died(id, failure.code == ray::errc::name_taken
                         || failure.code == ray::errc::unschedulable
                       ? value.bytes
                       : death(id, actor.creation.interface,
                               "its constructor failed: " + failure.message));
    return;
  }
  if (actor.now == actor_entry::state::dead) {
    if (node != options_.self)
      out_.to_node(node, end_actor{id, "it was ended before it lived"});
    return;
  }
  actor.now = actor_entry::state::alive;
  actor.node = node;
  out_.actor_changed(actor.creation, "alive", node, "");
  for (const auto subscriber : actor.subscribers)
    out_.to_node(subscriber, actor_located{id, node, ""});
  to_advance_.push_back(id);
}

void local_scheduler_machine::actor_process_left(process_id,
                                                 worker_entry& worker,
                                                 const std::string& how) {
  const auto id = worker.actor;
  const auto at = actors_.find(id);
  const bool known = at != actors_.end();
  const bool was_dead = known && at->second.now == actor_entry::state::dead;
  const auto failure
    = was_dead ? at->second.failure
               : death(id, known ? at->second.creation.interface : "",
                       fmt::format("its process {} {}", worker.pid, how));
  for (const auto& call : std::exchange(worker.given, {}))
    complete(call, failed_value(failure), options_.self, {});
  if (!known || was_dead)
    return;
  if (id.home() != options_.self)
    out_.to_node(id.home(), actor_ended{id, failure});
  actor_died(id, failure);
}

// A behaviour's process knows better than its exit code why it ends.
void local_scheduler_machine::end_told(process_id from,
                                       const actor_ended& told) {
  const auto worker = workers_.find(from);
  const auto at = actors_.find(told.actor);
  if (worker == workers_.end() || worker->second.actor != told.actor
      || at == actors_.end() || at->second.now == actor_entry::state::dead)
    return;
  worker->second.ending = true;
  const auto failure = death(told.actor, at->second.creation.interface,
                             decode_failure(told.failure).message);
  if (told.actor.home() != options_.self)
    out_.to_node(told.actor.home(), actor_ended{told.actor, failure});
  actor_died(told.actor, failure);
}

void local_scheduler_machine::actor_died(const object_id& id,
                                         const std::string& failure) {
  auto& actor = actors_.at(id);
  if (actor.now == actor_entry::state::dead)
    return;
  actor.now = actor_entry::state::dead;
  actor.failure = failure;
  actor.process = 0;
  if (id.home() == options_.self)
    out_.actor_changed(actor.creation, "dead", actor.node,
                       decode_failure(failure).message);
  for (const auto node : std::exchange(actor.subscribers, {}))
    out_.to_node(node, actor_located{id, 0, failure});
  to_advance_.push_back(id);
}

void local_scheduler_machine::end_actor_here(const object_id& id,
                                             const std::string& why) {
  const auto& actor = actors_.at(id);
  const auto at = workers_.find(actor.process);
  if (at == workers_.end() || at->second.ending)
    return;
  at->second.ending = true;
  out_.end_worker(at->first, why);
}

void local_scheduler_machine::end_by_request(const object_id& id,
                                             const std::string& why) {
  const auto at = actors_.find(id);
  if (at == actors_.end() || at->second.now == actor_entry::state::dead)
    return;
  auto& actor = at->second;
  const bool home = id.home() == options_.self;
  if (actor.process != 0)
    end_actor_here(id, why);
  else if (home && actor.node != 0)
    out_.to_node(actor.node, end_actor{id, why});
  const bool pending = actor.now == actor_entry::state::pending;
  const auto failure = death(id, actor.creation.interface, why);
  actor_died(id, failure);
  fail_calls(id);
  const auto creation = tasks_.find(id);
  if (pending && creation != tasks_.end() && creation->second.queued)
    complete(id, failed_value(failure), options_.self, {});
}

// -- other nodes --------------------------------------------------------------

void local_scheduler_machine::on(node_index from, const locate_actor& x) {
  const auto at = actors_.find(x.actor);
  if (at == actors_.end()) {
    const auto gone = death(x.actor, "", "its last handle went");
    out_.to_node(from, actor_located{x.actor, 0, gone});
    return;
  }
  auto& actor = at->second;
  if (actor.now == actor_entry::state::dead) {
    out_.to_node(from, actor_located{x.actor, 0, actor.failure});
    return;
  }
  actor.subscribers.push_back(from);
  if (actor.now == actor_entry::state::alive)
    out_.to_node(from, actor_located{x.actor, actor.node, ""});
}

void local_scheduler_machine::on(node_index, const actor_located& x) {
  const auto at = actors_.find(x.actor);
  if (at == actors_.end() || x.actor.home() == options_.self
      || at->second.now == actor_entry::state::dead)
    return;
  auto& actor = at->second;
  if (x.node == 0) {
    end_actor_here(x.actor, "its home says that it is dead");
    actor_died(x.actor, x.failure);
  } else if (actor.process == 0) {
    actor.now = actor_entry::state::alive;
    actor.node = x.node;
    to_advance_.push_back(x.actor);
  }
}

void local_scheduler_machine::on(node_index, const end_actor& x) {
  end_by_request(x.actor, x.reason);
}

void local_scheduler_machine::on(node_index from, const actor_ended& x) {
  const auto at = actors_.find(x.actor);
  if (at != actors_.end() && x.actor.home() == options_.self
      && at->second.node == from)
    actor_died(x.actor, x.failure);
}

} // namespace rayd
