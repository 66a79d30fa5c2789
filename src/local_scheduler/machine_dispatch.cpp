// Who runs what on this node: resources, idle workers and queues.

#include "local_scheduler/machine.hpp"

#include <algorithm>
#include <utility>

namespace rayd {

namespace {

// A worker leaves a queue that others wait for after this.
constexpr time_us lease_us = 2000;

} // namespace

resource_set cpus_of(const worker_entry& worker) {
  resource_set cpus;
  cpus.set_units("CPU", worker.holds.units("CPU"));
  return cpus;
}

ready_queues::key machine_steps::key_of(const task_entry& task) const {
  return {task.origin != options_.self,
          task.spec.kind == task_kind::actor_creation,
          task.spec.kind == task_kind::actor_creation
            && task.spec.wished().shared,
          task.spec.job,
          task.spec.demand,
          task.spec.wished().priority,
          task.wish,
          task.near,
          task.origin == options_.self && task.placed == placed_by::global,
          task.spec.wished().env};
}

void machine_steps::enqueue(const object_id& id, task_entry& task,
                            bool first) {
  task.worker = 0;
  task.node = 0;
  if (misses_bundle(task)) {
    send_back(id, task);
    return;
  }
  task.queued = true;
  if (!task.spec.dependencies.empty() && task.origin == options_.self)
    task.near = nearest(task);
  changed(id, task, task_state::waiting_for_resources);
  auto& queue = ready_.at(key_of(task));
  if (first)
    queue.push_front(task.spec.depth, id);
  else
    queue.push_back(task.spec.depth, id);
}

void machine_steps::dequeue(const object_id& id, task_entry& task) {
  if (!task.queued)
    return;
  task.queued = false;
  ready_.at(key_of(task)).remove(task.spec.depth, id);
}

void machine_steps::slot_free(process_id id, worker_entry& worker) {
  if (worker.actor) {
    to_advance_.push_back(worker.actor);
    return;
  }
  if (!worker.given.empty())
    return;
  if (worker.host != 0) {
    end_worker(id, worker, "its constructor failed");
    return;
  }
  release(worker);
  make_idle(id, worker);
}

void machine_steps::release(worker_entry& worker) {
  if (worker.blocked)
    worker.holds -= cpus_of(worker);
  pool_of(worker) += worker.holds;
  worker.holds = {};
  gpus_.give(worker.setting.gpus, std::exchange(worker.gpu_units, 0));
  worker.bundle.reset();
  worker.blocked = false;
  worker.waiting.clear();
  worker.waits.clear();
  worker.recalled = false;
  worker.lease.reset();
}

bool machine_steps::start_what_fits() {
  bool any = false;
  auto& queues = ready_.all();
  // They are sorted by priority: those of one after the other.
  for (auto first = queues.begin(); first != queues.end();) {
    auto last = first;
    while (last != queues.end()
           && last->first.priority == first->first.priority)
      ++last;
    while (start_round(first, last))
      any = true;
    first = last;
  }
  refill();
  ready_.drop_empty();
  return any;
}

/// Round robin: begins behind the queue that was served last.
bool machine_steps::start_round(ready_queues::table::iterator first,
                                ready_queues::table::iterator last) {
  auto begin = last_served_ && last_served_->priority == first->first.priority
                 ? ready_.all().upper_bound(*last_served_)
                 : first;
  if (begin == ready_.all().end()
      || begin->first.priority != first->first.priority)
    begin = first;
  bool more = false;
  auto at = begin;
  do {
    if (start_some(at->first, at->second)) {
      last_served_ = at->first;
      more = true;
    }
    if (++at == last)
      at = first;
  } while (at != begin);
  return more;
}

bool machine_steps::start_some(const ready_queues::key& key,
                               ready_queues::queue& queue) {
  if (queue.size() == 0 || !room_for(key).fits(key.demand)
      || !starts_here(key))
    return false;
  const auto id = key.shared ? take_place(key) : take_idle(key);
  if (id == 0) {
    start_for(key, static_cast<std::size_t>(room_for(key).times(
                     key.demand, static_cast<std::int64_t>(queue.size()))));
    return false;
  }
  auto& worker = workers_.at(id);
  worker.lease = key;
  worker.lease_since = now_;
  worker.holds = key.demand;
  worker.gpu_units = key.demand.units("GPU");
  gpus_.take(worker.setting.gpus, worker.gpu_units);
  if (const auto* bundle = bundle_of(key))
    worker.bundle = *bundle;
  pool_of(worker) -= key.demand;
  give(id, worker, queue, key.creation ? 1 : options_.pipeline_max);
  if (worker.given.empty() && worker.host != 0) {
    drop_place(id);
    return false;
  }
  if (worker.given.empty()) {
    release(worker);
    make_idle(id, worker);
    return false;
  }
  return true;
}

std::size_t machine_steps::ahead(const task_entry& task) const {
  const auto expected = run_times_.expected(task.spec.function.module,
                                            task.spec.function.offset);
  if (!expected || task.spec.kind != task_kind::task)
    return 1;
  const auto fit
    = options_.pipeline_span_us / std::max<std::int64_t>(*expected, 1);
  return static_cast<std::size_t>(
    std::clamp<std::int64_t>(fit, 1, options_.pipeline_max));
}

void machine_steps::give(process_id id, worker_entry& worker,
                         ready_queues::queue& queue,
                         std::size_t most) {
  const auto sharing = static_cast<std::size_t>(std::count_if(
    workers_.begin(), workers_.end(), [&](const auto& entry) {
      return entry.second.lease == worker.lease;
    }));
  const auto share = std::max<std::size_t>(
    1, queue.size() / (2 * std::max<std::size_t>(sharing, 1)));
  most = std::min(most, share);
  while (most > 0 && queue.size() > 0) {
    const auto task_id = queue.front();
    auto& task = tasks_.at(task_id);
    if (!worker.given.empty() && worker.given.size() >= ahead(task))
      return;
    queue.pop_front();
    task.queued = false;
    if (!arguments_here(task_id, task))
      continue;
    run_on(id, worker, task_id);
    --most;
  }
}

void machine_steps::refill() {
  // Tasks that went on after a wait took more than there is: nobody begins
  // anything new until that is paid back.
  for (const auto& [name, units] : available_)
    if (units < 0)
      return;
  for (auto& [id, worker] : workers_) {
    if (!worker.lease || worker.lease->creation || worker.blocked
        || worker.recalled || worker.ending || worker.given.empty())
      continue;
    auto& queues = ready_.all();
    const auto at = queues.find(*worker.lease);
    if (at == queues.end() || at->second.size() == 0)
      continue;
    const auto depth = ahead(tasks_.at(at->second.front()));
    if (worker.given.size() > depth / 2)
      continue;
    bool others_wait = false;
    bool better_wait = false;
    for (const auto& [key, queue] : queues)
      if (queue.size() > 0 && !(key == at->first)) {
        others_wait = others_wait || key.priority == at->first.priority;
        better_wait = better_wait || key.priority > at->first.priority;
      }
    if (better_wait
        || (others_wait && now_ - worker.lease_since > lease_us))
      continue;
    give(id, worker, at->second, depth - worker.given.size());
  }
}

bool machine_steps::arguments_here(const object_id& id,
                                   task_entry& task) {
  // A copy may have gone since the task was queued.
  if (!await_arguments(id, task, true))
    return false;
  if (!argument_failure(id, task))
    return true;
  woken_.push_back(id);
  return false;
}

void machine_steps::add_in_use(std::unordered_set<object_id>& ids) const {
  for (const auto& [id, worker] : workers_) {
    ids.insert(worker.kept.begin(), worker.kept.end());
    for (const auto& given : worker.given)
      if (const auto at = tasks_.find(given); at != tasks_.end())
        ids.insert(at->second.spec.dependencies.begin(),
                   at->second.spec.dependencies.end());
  }
}

void machine_steps::run_on(process_id id, worker_entry& worker,
                           const object_id& task_id) {
  auto& task = tasks_.at(task_id);
  task.worker = id;
  task.worker_pid = worker.pid;
  task.node = options_.self;
  if (task.placed == placed_by::nobody)
    task.placed = placed_by::local;
  run_task run{task.spec, task.attempt, {}};
  for (const auto& dependency : task.spec.dependencies)
    run.values.push_back(objects_.find(dependency)->value);
  if (worker.given.empty())
    worker.front_since = now_;
  worker.given.push_back(task_id);
  if (task.spec.kind == task_kind::actor_creation) {
    worker.guest = task_id;
    worker.life = task.attempt;
  }
  note_blocked(worker);
  changed(task_id, task, task_state::running);
  out_.to_process(process_of(id, worker), std::move(run));
}

} // namespace rayd
