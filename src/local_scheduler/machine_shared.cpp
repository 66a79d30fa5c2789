// Processes that hold many actors (with.shared).
//
// A shared process runs no tasks. Each actor in it has a place: an entry in
// the table of workers, with a number of its own, so that all that is known of
// a process with one actor (what it was given, what it holds) is known of the
// place, and what is said to it goes to its process. Who ends an actor says
// so to the process, which goes on; its calls fail at once, but a method may
// still run: until the process has let go of the actor, its place keeps the
// arguments and the resources. When the process dies, each of its actors dies.

#include "local_scheduler/machine.hpp"

#include <algorithm>
#include <utility>

namespace rayd {

/// To which process goes what is for *worker*.
process_id machine_steps::process_of(process_id id,
                                     const worker_entry& worker) {
  return worker.host != 0 ? worker.host : id;
}

/// Ends a process, or of a shared one the actor in this place; once.
void machine_steps::end_worker(process_id id, worker_entry& worker,
                               const std::string& why) {
  if (std::exchange(worker.ending, true))
    return;
  if (worker.host == 0) {
    out_.end_worker(id, why);
    return;
  }
  out_.to_process(worker.host, end_actor{worker.guest, why});
  to_leave_.push_back(id);
}

/// A new place for an actor of *key*, where there are others already if
/// possible; 0: no shared process has room.
process_id machine_steps::take_place(const ready_queues::key& key) {
  const auto wanted = setting_for(key);
  auto found = std::find_if(
    workers_.begin(), workers_.end(), [&](const auto& entry) {
      const auto& worker = entry.second;
      return worker.places > 0 && worker.places < options_.shared_actors_max
             && worker.job == key.job && worker.setting == wanted
             && !worker.ending;
    });
  if (found == workers_.end())
    found = workers_.find(take_idle(key));
  if (found == workers_.end())
    return 0;
  ++found->second.places;
  const auto id = next_place_++;
  auto& place = workers_[id];
  place.job = key.job;
  place.setting = found->second.setting;
  place.pid = found->second.pid;
  place.host = found->first;
  return id;
}

/// The place is empty, and its process holds nothing of it.
void machine_steps::drop_place(process_id place) {
  const auto at = workers_.find(place);
  release(at->second);
  for (const auto& kept : at->second.kept)
    objects_.unpin(kept);
  const auto host = workers_.find(at->second.host);
  workers_.erase(at);
  if (host != workers_.end() && --host->second.places == 0)
    make_idle(host->first, host->second);
}

void machine_steps::leave_places() {
  for (const auto place : std::exchange(to_leave_, {}))
    leave_place(place);
}

/// Its actor was ended; the process may still run a method of it.
void machine_steps::leave_place(process_id id) {
  const auto at = workers_.find(id);
  if (at == workers_.end())
    return;
  keep_arguments(at->second);
  last_results(id, at->second);
  lose_work(id, at->second, "was told to end it");
  at->second.actor = {};
}

/// A method that still runs in the place may view what it was given.
void machine_steps::keep_arguments(worker_entry& place) {
  if (place.host == 0)
    return;
  for (const auto& given : place.given)
    if (const auto at = tasks_.find(given); at != tasks_.end())
      for (const auto* ids :
           {&at->second.spec.dependencies, &at->second.spec.nested})
        for (const auto& id : *ids) {
          objects_.pin(id);
          place.kept.push_back(id);
        }
}

/// The process has let go of the actor that it was told to end; another life
/// of it may be here already.
void machine_steps::guest_gone(process_id process, const actor_ended& told) {
  for (const auto id : places_in(process)) {
    const auto& place = workers_.at(id);
    if (!place.ending || place.guest != told.actor || place.life != told.life)
      continue;
    leave_place(id);
    drop_place(id);
    return;
  }
}

/// Of a shared process, oldest first.
std::vector<process_id>
machine_steps::places_in(process_id process) const {
  std::vector<process_id> found;
  const auto host = workers_.find(process);
  if (host == workers_.end() || host->second.places == 0)
    return found;
  for (auto at = workers_.lower_bound(first_place); at != workers_.end(); ++at)
    if (at->second.host == process)
      found.push_back(at->first);
  return found;
}

/// The process, or the place in it, that runs *task*.
process_id machine_steps::where_given(process_id process,
                                      const object_id& task) const {
  const auto host = workers_.find(process);
  if (host == workers_.end() || host->second.places == 0)
    return process;
  const auto has = [&](const worker_entry& place) {
    return place.host == process
           && std::find(place.given.begin(), place.given.end(), task)
                != place.given.end();
  };
  if (const auto known = tasks_.find(task); known != tasks_.end()) {
    const auto at = workers_.find(known->second.worker);
    if (at != workers_.end() && has(at->second))
      return at->first;
  }
  // Nobody waits for it any more.
  for (const auto place : places_in(process))
    if (has(workers_.at(place)))
      return place;
  return process;
}

/// Who makes a call: of a shared process the actor that runs there now.
process_id machine_steps::caller_of(process_id process,
                                    const task_spec& call) const {
  const auto parent = tasks_.find(call.parent);
  if (parent == tasks_.end())
    return process;
  const auto at = workers_.find(parent->second.worker);
  return at != workers_.end() && at->second.host == process ? at->first
                                                            : process;
}

} // namespace rayd
