// Actors: where they live, their callers' order, and how they end.

#include "local_scheduler/failures.hpp"
#include "local_scheduler/machine.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rayd {

// -- calls --------------------------------------------------------------------

void machine_steps::call_entered(const object_id& id,
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
  if (auto refusal = call_refusal(actor)) {
    complete(id, failed_value(std::move(*refusal)), options_.self, {});
    return;
  }
  task.order = ++last_call_;
  actor.calls[source_of(task)].push_back(id);
  gather(id, task);
  to_advance_.push_back(actor_id);
}

actor_entry::source
machine_steps::source_of(const task_entry& task) const {
  actor_entry::source source;
  if (task.origin == options_.self) {
    const auto caller = workers_.find(task.caller);
    source.process = task.caller;
    if (caller == workers_.end() || !caller->second.actor)
      source.parent = task.spec.parent;
  } else {
    source.node = task.origin;
  }
  return source;
}

/// Why the actor takes no further call, if so.
std::optional<std::string>
machine_steps::call_refusal(const actor_entry& actor) const {
  if (!actor.exiting.empty())
    return actor.exiting;
  const auto limit = actor.creation.wished().max_pending_calls;
  if (limit < 0)
    return std::nullopt;
  std::size_t open = 0;
  for (const auto& [source, calls] : actor.calls)
    open += calls.size();
  if (const auto host = workers_.find(actor.process); host != workers_.end())
    open += host->second.given.size();
  // Those that run, or will in this turn, do not wait.
  const auto at_once = static_cast<std::size_t>(
    std::max(actor.creation.wished().max_concurrency, 1));
  if (open < static_cast<std::size_t>(limit) + at_once)
    return std::nullopt;
  return encode_failure(
    ray::errc::pending_calls,
    fmt::format("{} calls wait for the actor of {} already, its "
                "max_pending_calls is {}",
                limit, actor.creation.interface, limit));
}

void machine_steps::advance(const object_id& id) {
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
  // What was sent to an earlier life comes back first, to keep its order.
  if (actor.sent_away > 0 && actor.sent_life != actor.life)
    return;
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
  if (!actor.exiting.empty())
    exit_when_idle(id, actor);
}

bool machine_steps::send_calls(const object_id& actor_id,
                               actor_entry& actor,
                               std::deque<object_id>& calls) {
  constexpr std::size_t calls_per_turn = 16;
  std::size_t sent = 0;
  while (!calls.empty() && sent < calls_per_turn) {
    const auto task = tasks_.find(calls.front());
    // One that was cancelled on the way has its answer.
    if (task != tasks_.end()
        && task->second.state != task_state::finished
        && (task->second.missing > 0
            || !send_call(actor_id, actor, calls.front())))
      break;
    calls.pop_front();
    ++sent;
  }
  return sent == calls_per_turn;
}

bool machine_steps::send_call(const object_id& actor_id,
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
    actor.sent_life = actor.life;
    task.placed = placed_by::local;
    task.grant = call_ticket(actor.life, ++actor.last_sent);
    assign(call, task, actor.node);
    return true;
  }
  const auto at = workers_.find(actor.process);
  if (at == workers_.end() || at->second.actor != actor_id
      || at->second.ending
      || at->second.given.size() + actor.unseen.size()
           >= options_.actor_window
      || !arguments_here(call, task))
    return false;
  if (may_come_again(task.spec))
    switch (actor.replies.begin(call)) {
      case reply_book::what::fresh: break;
      case reply_book::what::running: return false;
      case reply_book::what::replied:
        complete(call, actor.replies.reply(call), options_.self, {});
        return true;
      case reply_book::what::gone:
        complete(call,
                 failed_value(encode_failure(
                   ray::errc::object_lost,
                   fmt::format("the call {} ran before in this life of its "
                               "actor, and its reply is not kept",
                               task.spec.function_name))),
                 options_.self, {});
        return true;
    }
  run_on(at->first, at->second, call);
  return true;
}

void machine_steps::call_done(const task_entry& task) {
  const auto at = actors_.find(task.spec.actor);
  if (at == actors_.end() || task.node == 0 || task.node == options_.self
      || at->second.sent_away == 0)
    return;
  --at->second.sent_away;
  to_advance_.push_back(task.spec.actor);
}

void machine_steps::fail_calls(const object_id& id) {
  auto& actor = actors_.at(id);
  const auto failure = actor.failure;
  for (auto& [source, calls] : std::exchange(actor.calls, {}))
    for (const auto& call : calls)
      complete(call, failed_value(failure), options_.self, {});
}

// -- life ---------------------------------------------------------------------

void machine_steps::host_actor(const object_id& id,
                               process_id process,
                               worker_entry& worker,
                               const task_entry& made) {
  show_results(id, true);
  auto& actor = actors_[id];
  const auto& creation = made.spec;
  worker.actor = id;
  worker.hosted = std::exchange(worker.lease, std::nullopt);
  if (!creation.keeps_cpu) {
    const auto cpus = cpus_of(worker);
    worker.holds -= cpus;
    if (!worker.blocked)
      pool_of(worker) += cpus;
  }
  if (actor.now == actor_entry::state::dead) {
    end_worker(process, worker, "its actor was ended");
    return;
  }
  actor.now = actor_entry::state::alive;
  actor.process = process;
  actor.replies = {};
  actor.snapshot_kept = actor.snapshot_sent = actor.snapshot_told = 0;
  actor.node = options_.self;
  if (id.home() != options_.self) {
    actor.creation = creation;
    actor.creation.arguments.clear();
    actor.creation.snapshot.clear();
    actor.snapshot.clear();
  }
  begin_life(actor, made);
  to_advance_.push_back(id);
}

void machine_steps::creation_done(const object_id& id,
                                  task_entry& task,
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
  task.spec.snapshot.clear();
  begin_life(actor, task);
  out_.actor_changed(actor.creation, "alive", node, "", actor.life);
  for (const auto subscriber : actor.subscribers)
    out_.to_node(subscriber, location_of(id, actor));
  to_advance_.push_back(id);
}

void machine_steps::actor_died(const object_id& id,
                               const std::string& failure) {
  show_results(id, true);
  const auto found = actors_.find(id);
  if (found == actors_.end()
      || found->second.now == actor_entry::state::dead)
    return;
  auto& actor = found->second;
  actor.now = actor_entry::state::dead;
  actor.failure = failure;
  actor.process = 0;
  if (id.home() == options_.self)
    out_.actor_changed(actor.creation, "dead", actor.node,
                       decode_failure(failure).message, actor.life);
  for (const auto node : std::exchange(actor.subscribers, {}))
    out_.to_node(node, location_of(id, actor));
  to_advance_.push_back(id);
  if (actor.creation.wished().detached && id.home() == options_.self)
    objects_.unpin(id);
  // It was kept to make the actor again.
  if (const auto at = tasks_.find(id);
      at != tasks_.end() && at->second.state == task_state::finished
      && at->second.origin == options_.self)
    forget(id);
}

void machine_steps::end_actor_here(const object_id& id,
                                   const std::string& why) {
  const auto& actor = actors_.at(id);
  if (const auto at = workers_.find(actor.process); at != workers_.end())
    end_worker(at->first, at->second, why);
}

void machine_steps::end_by_request(const object_id& id,
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
  if (pending)
    drop_creation(id, failure);
}

// -- other nodes --------------------------------------------------------------

void machine_steps::on(node_index from, const locate_actor& x) {
  const auto at = actors_.find(x.actor);
  if (at == actors_.end()) {
    const auto gone = death(x.actor, "", "its last handle went");
    out_.to_node(from, actor_located{x.actor, 0, gone});
    return;
  }
  auto& actor = at->second;
  if (actor.now != actor_entry::state::dead)
    actor.subscribers.push_back(from);
  if (actor.now != actor_entry::state::pending)
    out_.to_node(from, location_of(x.actor, actor));
}

void machine_steps::on(node_index, const actor_located& x) {
  const auto at = actors_.find(x.actor);
  if (at == actors_.end() || x.actor.home() == options_.self
      || at->second.now == actor_entry::state::dead)
    return;
  auto& actor = at->second;
  if (x.node == 0 && !x.failure.empty()) {
    end_actor_here(x.actor, "its home says that it is dead");
    actor_died(x.actor, x.failure);
  } else if (x.node != 0 && objects_.is_dead(x.node) && !x.restarts) {
    // Its home may still reach it; a call from here would be lost.
    actor_died(x.actor,
               death(x.actor, "",
                     fmt::format("its node {} is gone", node_name(x.node))));
  } else if (actor.process == 0 && x.life >= actor.life) {
    const bool lives = x.node != 0 && !objects_.is_dead(x.node);
    actor.now = lives ? actor_entry::state::alive
                      : actor_entry::state::pending;
    actor.node = x.node;
    actor.life = x.life;
    actor.restarts = x.restarts;
    actor.task_retries = x.task_retries;
    to_advance_.push_back(x.actor);
  }
}

void machine_steps::on(node_index from, const end_actor& x) {
  end_by_request(x.actor, x.reason);
  // It may not live here yet.
  const auto at = tasks_.find(x.actor);
  if (at != tasks_.end() && at->second.origin == from)
    drop_creation(x.actor, death(x.actor, at->second.spec.interface,
                                 x.reason));
}

void machine_steps::on(node_index from, const actor_ended& x) {
  const auto at = actors_.find(x.actor);
  if (at == actors_.end() || x.actor.home() != options_.self
      || at->second.node != from || at->second.life != x.life)
    return;
  if (x.how == actor_ended::way::died)
    restart_or_die(x.actor, x.failure);
  else
    actor_died(x.actor, x.failure);
}

} // namespace rayd
