#include "local_scheduler/machine.hpp"

#include "base/overloaded.hpp"

#include <algorithm>

namespace rayd {

namespace {

// Tasks that end sooner than this appear in the mirror once, finished.
constexpr time_us young_us = 100'000;

} // namespace

machine_steps::machine_steps(machine_options options, effects& out)
  : options_(std::move(options)),
    out_(out),
    objects_(options_.self, out, *this) {
  available_ = options_.total;
  gpus_ = gpu_book{options_.gpus};
  if (options_.faults.ignore_views)
    objects_.ignore_views();
  if (options_.elders)
    objects_.know_elders(*options_.elders);
}

local_scheduler_machine::local_scheduler_machine(machine_options options,
                                                 effects& out)
  : machine_steps(std::move(options), out) {}

void local_scheduler_machine::on_record(process_id from,
                                        lane_record&& record) {
  std::visit(
    overloaded{
      [&](submit_task& x) { submit(from, std::move(x.spec)); },
      [&](task_result& x) { on(from, std::move(x)); },
      [&](retain_objects& x) { objects_.hold(from, x.ids); },
      [&](release_objects& x) { objects_.drop(from, x.ids); },
      [&](want_objects& x) {
        for (const auto& id : x.ids)
          objects_.want(from, id);
      },
      [&](task_blocked& x) { on(from, x); },
      [&](tasks_returned& x) { on(from, x); },
      [&](waits_told& x) { on(from, std::move(x)); },
      [&](actor_snapshot& x) { on(from, std::move(x)); },
      [&](seal_object_room& x) { on(from, x); },
      [&](places_given_back& x) { objects_.on_record(from, x); },
      [&](places_kept& x) { objects_.on_record(from, x); },
      [&](kill_actor& x) {
        if (x.actor.home() == options_.self)
          end_by_request(x.actor, "it was killed");
        else if (!objects_.is_dead(x.actor.home()))
          out_.to_node(x.actor.home(), end_actor{x.actor, "it was killed"});
      },
      [&](actor_ended& x) { end_told(from, x); },
      [&](cancel_object& x) { cancel(x); },
      [&](make_group& x) { on(from, x); },
      [&](remove_group& x) { on(x); },
      // What only nodes send has no meaning from a process.
      [](auto&) {},
    },
    record);
}

void local_scheduler_machine::on_peer_record(node_index from,
                                             lane_record&& record) {
  // Others tried its tasks again and counted it out: too late.
  if (objects_.is_dead(from) && !options_.faults.accept_stale_result)
    return;
  std::visit(
    overloaded{
      [&](assign_task& x) { on(from, std::move(x)); },
      [&](task_done& x) { on(from, std::move(x)); },
      [&](ack_done& x) { on(from, x); },
      [&](task_given_back& x) { on(from, x); },
      [&](locate_actor& x) { on(from, x); },
      [&](actor_located& x) { on(from, x); },
      [&](end_actor& x) { on(from, x); },
      [&](actor_ended& x) { on(from, x); },
      [&](node_retains& x) { objects_.on_record(from, x); },
      [&](ack_retain& x) { objects_.on_record(from, x); },
      [&](node_releases& x) { objects_.on_record(from, x); },
      [&](locate_object& x) { objects_.on_record(from, x); },
      [&](object_located& x) { objects_.on_record(from, x); },
      [&](copy_added& x) { objects_.on_record(from, x); },
      [&](free_copies& x) { objects_.on_record(from, x); },
      [&](copy_leaves& x) { objects_.on_record(from, x); },
      [&](actor_snapshot& x) { on_peer(from, std::move(x)); },
      [&](snapshot_kept& x) { on(from, x); },
      [&](copy_judged& x) { objects_.on_record(from, x); },
      [&](cancel_object& x) { cancel(x); },
      [&](cancel_assigned& x) { on(from, x); },
      [&](end_job& x) { end_job_here(x.job); },
      [&](describe_job& x) { on(std::move(x)); },
      [&](tell_driver& x) { tell(x.job, x.text); },
      [&](remove_group& x) { on(x); },
      // What only processes send has no meaning from a node.
      [](auto&) {},
    },
    record);
}

void local_scheduler_machine::fetched(const object_id& id, extent where) {
  objects_.fetched(id, where);
}

void local_scheduler_machine::fetch_failed(
  const object_id& id, const std::vector<node_index>& nodes) {
  objects_.fetch_failed(id, nodes);
}

void local_scheduler_machine::fetch_refused(const object_id& id,
                                            const std::string& failure) {
  objects_.fetch_refused(id, failure);
}

void local_scheduler_machine::send_ready(process_id process,
                                         std::size_t bytes) {
  objects_.send_ready(process, bytes);
}

void local_scheduler_machine::turn() {
  for (;;) {
    while (!woken_.empty() || !to_gather_.empty() || !to_advance_.empty()) {
      for (const auto& id : std::exchange(to_gather_, {}))
        if (const auto at = tasks_.find(id); at != tasks_.end())
          gather(id, at->second);
      for (const auto& id : std::exchange(woken_, {})) {
        const auto at = tasks_.find(id);
        if (at != tasks_.end() && at->second.missing == 0)
          arguments_there(id, at->second);
      }
      for (const auto& id : std::exchange(to_advance_, {}))
        advance(id);
    }
    leave_places();
    start_what_fits();
    objects_.make_space(now_);
    objects_.sweep();
    if (woken_.empty() && to_gather_.empty() && to_advance_.empty()
        && to_leave_.empty())
      return;
  }
}

void local_scheduler_machine::tick() {
  while (!young_.empty() && now_ - young_.front().first > young_us) {
    const auto id = young_.front().second;
    young_.pop_front();
    const auto at = tasks_.find(id);
    if (at != tasks_.end() && at->second.state != task_state::finished) {
      at->second.recorded = true;
      record(id, at->second);
    }
  }
  for (auto& [id, worker] : workers_) {
    watch_time(id, worker);
    if (!worker.lease || worker.given.size() < 2 || worker.recalled
        || now_ - worker.front_since < options_.recall_after_us)
      continue;
    worker.recalled = true;
    if (const auto at = tasks_.find(worker.given.front()); at != tasks_.end())
      run_times_.add(at->second.spec.function.module,
                     at->second.spec.function.offset,
                     now_ - worker.front_since);
    out_.to_process(id, recall_tasks{});
  }
  end_idle_workers();
}

const std::string& local_scheduler_machine::description(job_number job) const {
  static const std::string none;
  const auto at = jobs_.find(job);
  return at == jobs_.end() ? none : at->second.description;
}

node_index local_scheduler_machine::home_of(job_number job) const {
  const auto at = jobs_.find(job);
  return at == jobs_.end() || at->second.home == options_.self
           ? 0
           : at->second.home;
}

bool machine_steps::job_over(job_number job) const {
  return ended_jobs_.contains(job);
}

// -- directory_listener -------------------------------------------------------

void machine_steps::dependency_ready(const object_id& task) {
  const auto at = tasks_.find(task);
  if (at != tasks_.end() && at->second.missing > 0
      && --at->second.missing == 0)
    woken_.push_back(task);
}

void machine_steps::dependency_refused(const object_id& task,
                                       const std::string& failure) {
  const auto at = tasks_.find(task);
  if (at == tasks_.end())
    return;
  refused_[task] = failure;
  at->second.missing = 0;
  woken_.push_back(task);
}

bool machine_steps::rebuild(const object_id& id) {
  const auto at = tasks_.find(id);
  if (at == tasks_.end() || at->second.state != task_state::finished)
    return false;
  try_again(id, at->second);
  return true;
}

void machine_steps::unreferenced(const object_id& id) {
  const auto task = tasks_.find(id);
  if (task != tasks_.end() && task->second.state == task_state::finished)
    forget(id);
  const auto actor = actors_.find(id);
  if (actor == actors_.end())
    return;
  end_by_request(id, "its last handle went");
  // One that restarts just now ends when its constructor has.
  if (!tasks_.contains(id))
    actors_.erase(id);
}

} // namespace rayd
