// Which processes run which tasks: a process is started for a job and a
// setting (worker_setting.hpp), waits for tasks that need it, and ends when
// there are none.

#include "local_scheduler/machine.hpp"

#include <algorithm>

namespace rayd {

namespace {

// Worker processes that start at one time.
constexpr std::size_t starting_max = 16;

// Idle ones of a job that are not plain, beyond one per CPU: a program that
// gives each task an environment of its own must not pile up processes.
constexpr std::size_t idle_apart_max = 4;

/// Whether a process with *setting* can run tasks that need *wanted* and so
/// many GPUs, if those are free.
bool serves(const worker_setting& setting, const worker_setting& wanted,
            std::int64_t gpu_units) {
  return setting.env == wanted.env && setting.threads == wanted.threads
         && setting.shared == wanted.shared
         && setting.gpus.size() == gpu_book::count(gpu_units);
}

} // namespace

/// All but the GPUs, which are chosen when there is a process to run it.
worker_setting
machine_steps::setting_for(const ready_queues::key& key) const {
  worker_setting setting;
  setting.env = key.env;
  setting.shared = key.shared;
  // Many actors with demands of their own share one.
  if (!key.shared && options_.sets_threads
      && !key.env.contains("OMP_NUM_THREADS"))
    setting.threads = static_cast<std::uint32_t>(
      std::max<std::int64_t>(key.demand.units("CPU") / resource_set::unit, 1));
  return setting;
}

/// A process that can run tasks of *key* now; 0: none is idle.
process_id machine_steps::take_idle(const ready_queues::key& key) {
  const auto at = jobs_.find(key.job);
  if (at == jobs_.end() || at->second.idle.empty())
    return 0;
  const auto wanted = setting_for(key);
  const auto gpu_units = key.demand.units("GPU");
  // Shares go where they leave whole GPUs whole.
  const bool shares = gpu_units > 0 && gpu_units < resource_set::unit;
  const auto place = shares ? gpus_.pick(gpu_units) : std::nullopt;
  // The one that ran last: its caches are warm, and the others may end.
  auto& idle = at->second.idle;
  const auto found = std::find_if(idle.rbegin(), idle.rend(), [&](auto id) {
    const auto& has = workers_.at(id).setting;
    return serves(has, wanted, gpu_units) && gpus_.fits(has.gpus, gpu_units)
           && (!shares || has.gpus == place);
  });
  if (found == idle.rend())
    return 0;
  const auto id = *found;
  idle.erase(std::next(found).base());
  return id;
}

/// Starts processes for *room* tasks of *key*, which could run now.
void machine_steps::start_for(const ready_queues::key& key, std::size_t room) {
  auto setting = setting_for(key);
  const auto gpu_units = key.demand.units("GPU");
  if (key.shared)
    room = 1;
  if (gpu_units == 0) {
    start_workers(key.job, setting, room, room);
    return;
  }
  auto book = gpus_;
  std::map<worker_setting, std::size_t> wanted;
  for (std::size_t i = 0; i < room; ++i) {
    const auto where = book.pick(gpu_units);
    if (!where)
      break; // What is free of the GPUs is in pieces that are too small.
    book.take(*where, gpu_units);
    setting.gpus = *where;
    ++wanted[setting];
  }
  for (const auto& [each, count] : wanted)
    start_workers(key.job, each, count, room);
}

/// Starts processes until *wanted* of this setting are on their way. Those
/// that are not plain start only for what could run now, *room* in all: each
/// queue of the job may want one of its own.
void machine_steps::start_workers(job_number job,
                                  const worker_setting& setting,
                                  std::size_t wanted,
                                  std::size_t room) {
  const auto at = jobs_.find(job);
  if (at == jobs_.end() || wanted == 0)
    return;
  std::size_t apart = 0;
  for (const auto& [other, count] : at->second.starting)
    apart += other.plain() ? 0 : count;
  auto& starting = at->second.starting[setting];
  wanted = std::min(wanted, starting_max);
  while (starting < wanted
         && (setting.plain() || apart < std::min(room, starting_max))) {
    ++starting;
    ++apart;
    out_.start_worker(job, setting);
  }
  if (starting == 0)
    at->second.starting.erase(setting);
}

void machine_steps::one_started(job_entry& job,
                                const worker_setting& setting) {
  const auto at = job.starting.find(setting);
  if (at != job.starting.end() && --at->second == 0)
    job.starting.erase(at);
}

void local_scheduler_machine::worker_start_failed(
  job_number job, const worker_setting& setting, const std::string& reason) {
  const auto at = jobs_.find(job);
  if (at == jobs_.end())
    return;
  one_started(at->second, setting);
  const bool others
    = at->second.starting.contains(setting)
      || std::any_of(workers_.begin(), workers_.end(), [&](const auto& entry) {
           return entry.second.job == job && entry.second.setting == setting;
         });
  if (others)
    return;
  // Nobody can run these tasks here: each has lost an attempt.
  const auto waiting = tasks_where([&](const object_id&, const auto& task) {
    return task.queued && task.spec.job == job
           && serves(setting, setting_for(key_of(task)),
                     task.spec.demand.units("GPU"));
  });
  for (const auto& id : waiting) {
    dequeue(id, tasks_.at(id));
    attempt_failed(id, reason, options_.self, 0);
  }
}

// -- idle processes -----------------------------------------------------------

void machine_steps::make_idle(process_id id, worker_entry& worker) {
  const auto job = jobs_.find(worker.job);
  if (worker.ending || job == jobs_.end())
    return;
  worker.idle_since = now_;
  auto& idle = job->second.idle;
  idle.push_back(id);
  const auto apart = [&](process_id one) {
    return !workers_.at(one).setting.plain();
  };
  const auto most = idle_spare() + idle_apart_max;
  while (std::count_if(idle.begin(), idle.end(), apart)
         > static_cast<std::ptrdiff_t>(most))
    end_idle(job->second, std::find_if(idle.begin(), idle.end(), apart));
}

std::size_t machine_steps::idle_spare() const {
  return std::max<std::size_t>(
    1, static_cast<std::size_t>(options_.total.amount("CPU")));
}

std::vector<process_id>::iterator
machine_steps::end_idle(job_entry& job,
                        std::vector<process_id>::iterator which) {
  end_worker(*which, workers_.at(*which), "it was idle");
  return job.idle.erase(which);
}

/// The oldest first, beyond one per CPU.
void machine_steps::end_idle_workers() {
  for (auto& [number, job] : jobs_) {
    // Nobody tells when a detached actor was a job's last one.
    const auto spare = is_detached(number) ? 0 : idle_spare();
    while (job.idle.size() > spare
           && now_ - workers_.at(job.idle.front()).idle_since
                >= options_.idle_worker_us)
      end_idle(job, job.idle.begin());
  }
}

} // namespace rayd
