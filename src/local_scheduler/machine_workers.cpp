// Processes of this node: drivers and workers that come and go, and what
// workers say of the tasks that they were given.

#include "local_scheduler/machine.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rayd {

namespace {

// Nothing is late by more jobs than that; they are numbered upwards.
constexpr std::size_t ended_jobs_kept = 10'000;

/// People see when a task began that waited behind one that ran so long.
constexpr time_us long_run_us = 5000;

/// As lines of output name it; of actors their class.
const std::string& shown_name(const task_spec& spec) {
  return spec.name.empty() || spec.kind != task_kind::task
           ? spec.function_name
           : spec.name;
}

} // namespace

std::string local_scheduler_machine::work_of(process_id worker,
                                             time_us read) const {
  const auto at = workers_.find(worker);
  if (at == workers_.end())
    return "";
  const auto& entry = at->second;
  // What was read before the first task came first is of the one before.
  const bool earlier = entry.front_since > read && !entry.last_ran.empty();
  if (entry.actor || entry.given.empty() || earlier)
    return entry.last_ran;
  const auto task = tasks_.find(entry.given.front());
  return task == tasks_.end() ? entry.last_ran : shown_name(task->second.spec);
}

time_us local_scheduler_machine::works_since(process_id worker) const {
  const auto at = workers_.find(worker);
  return at == workers_.end() || at->second.given.empty()
           ? 0
           : at->second.front_since;
}

void local_scheduler_machine::job_begun(job_number job, process_id driver,
                                        std::string description,
                                        std::size_t workers_max) {
  auto& entry = jobs_[job];
  entry.driver = driver;
  entry.home = options_.self;
  entry.description = std::move(description);
  drivers_[driver] = job;
  const auto cpus
    = static_cast<std::size_t>(std::max(options_.total.amount("CPU"), 0.0));
  const auto first = std::min(cpus, workers_max);
  start_workers(job, {}, first, first);
}

/// The job of detached actors begins with the first of them.
void machine_steps::begin_detached(job_number job) {
  if (!is_detached(job) || jobs_.contains(job))
    return;
  const auto of_driver = jobs_.find(driver_job(job));
  if (of_driver != jobs_.end())
    jobs_[job].description = of_driver->second.description;
}

void local_scheduler_machine::worker_joined(process_id worker, job_number job,
                                            std::int64_t pid,
                                            worker_setting setting) {
  const auto at = jobs_.find(job);
  auto& entry = workers_[worker];
  entry.job = job;
  entry.setting = std::move(setting);
  entry.pid = pid;
  if (at == jobs_.end()) {
    end_worker(worker, entry, "its job is over");
    return;
  }
  if (entry.setting.shared)
    entry.last_ran = "actors"; // Nobody can tell whose lines it prints.
  one_started(at->second, entry.setting);
  make_idle(worker, entry);
}

void local_scheduler_machine::process_left(process_id process,
                                           const std::string& how) {
  if (const auto driver = drivers_.find(process); driver != drivers_.end()) {
    const auto job = driver->second;
    drivers_.erase(driver);
    for (const auto node : nodes_)
      out_.to_node(node, end_job{job});
    end_job_here(job);
  } else if (workers_.contains(process)) {
    worker_left(process, how);
  }
  // Its last results may wait for its references to be counted.
  if (objects_.unsettled(process)) {
    estates_.try_emplace(process);
    return;
  }
  objects_.process_gone(process);
}

void machine_steps::retains_settled(process_id process) {
  if (const auto at = workers_.find(process); at != workers_.end()) {
    complete_held(std::exchange(at->second.held, {}));
    // They may wait to exit.
    if (at->second.actor)
      to_advance_.push_back(at->second.actor);
    for (const auto place : places_in(process))
      to_advance_.push_back(workers_.at(place).guest);
  }
  if (auto estate = estates_.extract(process)) {
    complete_held(std::move(estate.mapped()));
    objects_.process_gone(process);
  }
}

void machine_steps::complete_held(std::vector<held_result> results) {
  for (auto& result : results) {
    const auto nested = result.value.nested;
    const bool stored = result.value.what == object_value::kind::stored;
    const auto at = tasks_.find(result.task);
    if (at != tasks_.end() && at->second.attempt == result.attempt)
      end_attempt(result.task, std::move(result.value), options_.self,
                  result.times);
    else if (stored)
      out_.free_local({result.task});
    for (const auto& id : nested)
      objects_.unpin(id);
  }
}

void machine_steps::worker_left(process_id id,
                                const std::string& how) {
  for (const auto place : places_in(id)) {
    auto& guest = workers_.at(place);
    last_results(place, guest);
    lose_work(place, guest, how);
    drop_place(place);
  }
  auto& worker = workers_.at(id);
  last_results(id, worker);
  if (objects_.unsettled(id))
    estates_[id] = std::exchange(worker.held, {});
  lose_work(id, worker, how);
  release(worker);
  if (const auto job = jobs_.find(worker.job); job != jobs_.end())
    std::erase(job->second.idle, id);
  workers_.erase(id);
}

/// What the process, or the actor in its place, was given does not run any
/// more.
void machine_steps::lose_work(process_id id, worker_entry& worker,
                              const std::string& how) {
  const auto why
    = fmt::format("its worker process {} {}", worker.pid, how);
  const auto given = std::exchange(worker.given, {});
  if (worker.actor) {
    worker.given = given;
    actor_process_left(id, worker, how);
  } else if (!given.empty()) {
    // Only the first one ran; the others did not begin.
    for (std::size_t i = given.size() - 1; i > 0; --i)
      if (const auto at = tasks_.find(given[i]);
          at != tasks_.end() && at->second.worker == id) {
        if (at->second.cancelled && at->second.origin == options_.self)
          forget(given[i]);
        else
          enqueue(given[i], at->second, true);
      }
    const auto at = tasks_.find(given.front());
    // A function that kills its process is not sent ahead of need for a
    // while: a result that was still in the process would be lost with it.
    if (at != tasks_.end())
      run_times_.add(at->second.spec.function.module,
                     at->second.spec.function.offset, 10'000'000);
    if (at != tasks_.end() && at->second.worker == id) {
      if (worker.overdue == given.front())
        end_attempt(given.front(), timed_out(given.front(), at->second),
                    options_.self, {});
      else
        attempt_failed(given.front(), why, options_.self, worker.pid);
    }
  }
}

void machine_steps::end_job_here(job_number job) {
  if (job_over(job))
    return;
  ended_jobs_.insert(job);
  if (ended_jobs_.size() > ended_jobs_kept)
    ended_jobs_.erase(ended_jobs_.begin());
  for (auto& [id, worker] : workers_)
    if (worker.job == job && worker.host == 0)
      end_worker(id, worker, "its job is over");
    else if (worker.job == job)
      worker.ending = true; // With its process.
  const auto over = tasks_where([&](const object_id&, const auto& task) {
    return task.spec.job == job;
  });
  for (const auto& id : over) {
    auto& task = tasks_.at(id);
    if (task.origin == options_.self && task.state != task_state::finished) {
      task.state = task_state::cancelled;
      record(id, task);
    }
    forget(id);
  }
  ready_.drop_job(job);
  free_bundles([&](const auto&, const auto& b) { return b.job == job; });
  const auto actors = actors_where(
    [&](const object_id& id, const auto&) { return id.job() == job; });
  for (const auto& id : actors) {
    end_by_request(id, "its job is over");
    actors_.erase(id);
  }
  objects_.job_gone(job);
  jobs_.erase(job);
  std::erase_if(told_, [&](const std::string& line) {
    return line.starts_with(fmt::format("{} ", job));
  });
}

// -- what workers say ---------------------------------------------------------

void machine_steps::on(process_id from, const seal_object_room& x) {
  if (x.object.home() != options_.self || job_over(x.object.job())) {
    out_.free_local({x.object});
    return;
  }
  objects_.hold(from, {x.object});
  objects_.ready(x.object,
                 {object_value::kind::stored, {}, x.where, x.nested},
                 options_.self);
}

void machine_steps::on(process_id process, task_result&& result) {
  const auto from = where_given(process, result.task);
  const auto at = workers_.find(from);
  if (at == workers_.end())
    return;
  auto& worker = at->second;
  const auto given
    = std::find(worker.given.begin(), worker.given.end(), result.task);
  const bool stored = result.value.what == object_value::kind::stored;
  if (given == worker.given.end()) {
    if (stored)
      out_.free_local({result.task});
    return;
  }
  worker.given.erase(given);
  ++worker.ended;
  const bool took_long = now_ - worker.front_since > long_run_us;
  worker.front_since = now_;
  if (took_long)
    record_front(worker);
  worker.waiting.erase(result.task);
  note_blocked(worker);
  const auto task = tasks_.find(result.task);
  const bool current
    = task != tasks_.end() && task->second.worker == from
      && (task->second.attempt == result.attempt
          || options_.faults.accept_stale_result);
  if (!current) {
    note_reply(worker, result.task, result.value);
    if (stored)
      out_.free_local({result.task});
    slot_free(from, worker);
    return;
  }
  const auto& spec = task->second.spec;
  task->second.worker_pid = worker.pid;
  if (std::exchange(worker.overdue, {}) == result.task) {
    if (stored)
      out_.free_local({result.task});
    result.value = timed_out(result.task, task->second);
  }
  if (spec.kind == task_kind::task)
    run_times_.add(spec.function.module, spec.function.offset,
                   result.times.duration_us);
  if (spec.kind != task_kind::actor_call)
    worker.last_ran = shown_name(spec);
  if (spec.kind == task_kind::actor_creation
      && result.value.what != object_value::kind::failed)
    host_actor(result.task, from, worker, task->second);
  finished_ += result.task.job() < own_jobs;
  slot_free(from, worker);
  held_result held{result.task, result.attempt, std::move(result.value),
                   result.times};
  if (waits_for_snapshot(process, worker, held))
    return;
  note_reply(worker, held.task, held.value);
  take_result(process, workers_.at(process), std::move(held));
}

/// A call of the actor there has run.
void machine_steps::note_reply(const worker_entry& worker,
                               const object_id& call,
                               const object_value& value) {
  if (const auto actor = actors_.find(worker.actor);
      worker.actor && actor != actors_.end())
    actor->second.replies.end(call, value);
}

void machine_steps::take_result(process_id from,
                                worker_entry& worker,
                                held_result result) {
  // Whoever gets it must find what it refers to, and what the task was given
  // must stay until what was found in it is counted.
  if (objects_.unsettled(from)) {
    for (const auto& nested : result.value.nested)
      objects_.pin(nested);
    worker.held.push_back(std::move(result));
  } else {
    end_attempt(result.task, std::move(result.value), options_.self,
                result.times);
  }
}

void machine_steps::on(process_id process, const task_blocked& x) {
  const auto from = where_given(process, x.task);
  const auto at = workers_.find(from);
  if (at == workers_.end() || at->second.waiting.contains(x.task) == x.blocked)
    return;
  auto& worker = at->second;
  if (x.blocked)
    worker.waiting[x.task] = now_;
  else
    worker.waiting.erase(x.task);
  std::erase_if(worker.waits,
                [&](const auto& told) { return told.task == x.task; });
  note_blocked(worker);
  if (const auto task = tasks_.find(x.task);
      task != tasks_.end() && task->second.worker == from)
    changed(x.task, task->second,
            x.blocked ? task_state::blocked : task_state::running);
}

void machine_steps::on(process_id from, const tasks_returned& x) {
  const auto at = workers_.find(from);
  if (at == workers_.end() || at->second.actor)
    return;
  auto& worker = at->second;
  worker.recalled = false;
  for (auto id = x.tasks.rbegin(); id != x.tasks.rend(); ++id) {
    if (std::erase(worker.given, *id) == 0)
      continue;
    const auto task = tasks_.find(*id);
    if (task == tasks_.end() || task->second.worker != from)
      continue;
    if (task->second.cancelled && task->second.origin == options_.self)
      forget(*id);
    else
      enqueue(*id, task->second, true);
  }
  if (worker.given.empty() && worker.lease)
    slot_free(from, worker);
}

} // namespace rayd
