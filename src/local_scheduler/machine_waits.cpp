// What tasks wait for, for the head that looks for deadlocks.

#include "local_scheduler/machine.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rayd {

namespace {

// In one answer, of all states together.
constexpr std::size_t ids_max = 20'000;

std::size_t slots(const actor_entry& actor) {
  return static_cast<std::size_t>(
    std::max(actor.creation.wished().max_concurrency, 1));
}

std::vector<object_id> first_of(const std::deque<object_id>& all,
                                std::size_t count) {
  const auto end = all.begin()
                   + static_cast<std::ptrdiff_t>(std::min(count, all.size()));
  return {all.begin(), end};
}

} // namespace

std::string title(const task_spec& spec) {
  const auto* kind = spec.kind == task_kind::actor_call       ? "call"
                     : spec.kind == task_kind::actor_creation ? "actor"
                                                              : "task";
  return fmt::format("{} {}", kind,
                     spec.name.empty() ? spec.function_name : spec.name);
}

/// A worker gives its CPUs back while all that it runs is blocked.
void machine_steps::note_blocked(worker_entry& worker) {
  if (worker.waiting.empty() && !worker.blocked)
    return;
  const auto actor = actors_.find(worker.actor);
  const auto most = actor == actors_.end() ? 1 : slots(actor->second);
  const bool blocked
    = !worker.waiting.empty()
      && worker.waiting.size() >= std::min(most, worker.given.size());
  if (blocked == worker.blocked)
    return;
  worker.blocked = blocked;
  // Who goes on takes its resources back at once, also beyond what is there:
  // to wait for them could be a deadlock, and nothing new starts meanwhile.
  if (blocked)
    pool_of(worker) += cpus_of(worker);
  else
    pool_of(worker) -= cpus_of(worker);
}

bool machine_steps::blocked_long(const worker_entry& worker) const {
  return std::any_of(
    worker.waiting.begin(), worker.waiting.end(), [&](const auto& run) {
      return now_ - run.second >= options_.blocked_long_us;
    });
}

void machine_steps::on(process_id from, waits_told&& x) {
  const auto at = workers_.find(from);
  if (at != workers_.end() && !at->second.waiting.empty())
    at->second.waits = std::move(x.waits);
}

/// A running task as its thread told of it.
void machine_steps::tell_run(wait_state& state,
                             const worker_entry& worker) const {
  const auto told = std::find_if(
    worker.waits.begin(), worker.waits.end(),
    [&](const thread_wait& wait) { return wait.task == state.id; });
  const auto task = tasks_.find(state.id);
  // What has a limit in time ends by itself.
  if (!worker.waiting.contains(state.id) || told == worker.waits.end()
      || told->need == 0 || task == tasks_.end()
      || task->second.spec.wished().timeout_ms > 0)
    return;
  state.what = wait_state::objects;
  state.number = told->number;
  state.need = told->need;
  state.on = told->ids;
  // Once for all that one process runs.
  if (told == worker.waits.begin()) {
    state.amount = worker.holds;
    state.amount -= cpus_of(worker);
  }
  state.node = options_.self;
  if (worker.bundle) {
    state.wish.where = node_wish::placing::in_bundle;
    state.wish.place = to_string(worker.bundle->group);
    state.wish.bundle = worker.bundle->index;
  }
}

/// A task that was given to a worker of this node.
void machine_steps::tell_given(wait_state& state,
                               const worker_entry& worker) const {
  const auto& given = worker.given;
  const auto place = static_cast<std::size_t>(
    std::find(given.begin(), given.end(), state.id) - given.begin());
  const auto actor = actors_.find(worker.actor);
  const auto running = actor == actors_.end() ? 1 : slots(actor->second);
  if (place < running) {
    tell_run(state, worker);
  } else if (actor != actors_.end() && place < given.size()) {
    state.what = wait_state::calls;
    state.need = 1;
    state.on = first_of(given, running);
  }
}

/// A call that was not sent to its actor yet.
void machine_steps::tell_call(wait_state& state,
                              const task_entry& task) const {
  const auto at = actors_.find(task.spec.actor);
  if (at == actors_.end())
    return;
  const auto& actor = at->second;
  for (const auto& [source, calls] : actor.calls) {
    if (std::find(calls.begin(), calls.end(), state.id) == calls.end())
      continue;
    if (calls.front() != state.id) {
      state.what = wait_state::turn;
      state.on = {calls.front()};
    } else if (actor.now == actor_entry::state::pending) {
      state.what = wait_state::actor;
      state.on = {task.spec.actor};
    } else if (const auto host = workers_.find(actor.process);
               host != workers_.end()
               && host->second.given.size() >= options_.actor_window) {
      state.what = wait_state::calls;
      state.on = first_of(host->second.given, slots(actor));
    }
    state.need = 1;
    return;
  }
}

wait_state machine_steps::wait_of(const object_id& id) const {
  wait_state state;
  state.id = id;
  const auto at = tasks_.find(id);
  if (at == tasks_.end() || at->second.state == task_state::finished
      || at->second.state == task_state::failed)
    return state;
  const auto& task = at->second;
  state.attempt = task.attempt;
  state.job = task.spec.job;
  state.title = title(task.spec);
  if (task.missing > 0) {
    state.what = wait_state::arguments;
    for (const auto& dependency : task.spec.dependencies) {
      const auto* e = objects_.find(dependency);
      if ((!e || e->now != object_directory::state::ready)
          && state.on.size() < waits_told_max)
        state.on.push_back(dependency);
    }
    state.need = static_cast<std::uint32_t>(state.on.size());
  } else if (task.queued) {
    const auto key = key_of(task);
    state.what = wait_state::resources;
    state.amount = task.spec.demand;
    if (key.wish)
      state.wish = *key.wish;
  } else if (task.node != 0 && task.node != options_.self) {
    state.what = wait_state::elsewhere;
    state.node = task.node;
  } else if (const auto worker = workers_.find(task.worker);
             worker != workers_.end()) {
    tell_given(state, worker->second);
  } else if (task.spec.kind == task_kind::actor_call) {
    tell_call(state, task);
  }
  return state;
}

void local_scheduler_machine::asked(const wait_question& question) {
  wait_answer answer{options_.self, question.round, {}};
  std::size_t ids = 0;
  const auto add = [&](wait_state state) {
    ids += state.on.size();
    if (ids > ids_max) // As far as one is told it may go on.
      state.what = wait_state::nothing;
    if (state.what == wait_state::nothing)
      state.on.clear();
    answer.states.push_back(std::move(state));
  };
  for (const auto& id : question.ids)
    add(wait_of(id));
  for (const auto& [id, worker] : workers_) {
    if (!question.blocked || !blocked_long(worker))
      continue;
    out_.to_process(id, tell_waits{});
    for (const auto& wait : worker.waits)
      add(wait_of(wait.task));
  }
  out_.to_head(answer);
}

} // namespace rayd
