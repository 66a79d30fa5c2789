// Durable actors: the state after each call goes to the actor's home, and the
// call's result is seen once it is there.
//
// One state is under way at a time, and of those behind it only the newest
// goes. On the way from host to home records keep their order, so when a
// process dies its home has its last state before it hears of the death, and
// all its results may be seen. When the host's node dies, what was not seen is
// lost with it, and the next life begins before it.

#include "local_scheduler/machine.hpp"

#include <algorithm>
#include <utility>

namespace rayd {

// -- at the host --------------------------------------------------------------

void machine_steps::on(process_id from, actor_snapshot&& x) {
  const auto at = actors_.find(x.actor);
  if (at == actors_.end() || at->second.life != x.life)
    return;
  auto& actor = at->second;
  const auto worker = workers_.find(actor.process);
  if (worker == workers_.end() || worker->second.actor != x.actor
      || process_of(worker->first, worker->second) != from)
    return;
  actor.snapshot_told = x.number;
  actor.snapshot = std::move(x.bytes);
  if (x.actor.home() == options_.self)
    actor.snapshot_kept = x.number;
  else if (actor.snapshot_sent <= actor.snapshot_kept)
    send_snapshot(x.actor, actor);
}

void machine_steps::send_snapshot(const object_id& id, actor_entry& actor) {
  if (id.home() == options_.self || actor.snapshot_sent == actor.snapshot_told)
    return;
  actor.snapshot_sent = actor.snapshot_told;
  auto bytes = std::exchange(actor.snapshot, {});
  if (!objects_.is_dead(id.home()))
    out_.to_node(id.home(), actor_snapshot{id, actor.life, actor.snapshot_sent,
                                           std::move(bytes)});
}

/// Keeps *result* back until the state after it is at the actor's home.
/// @returns false when it is there.
bool machine_steps::waits_for_snapshot(process_id from,
                                       const worker_entry& worker,
                                       held_result& result) {
  const auto at = actors_.find(worker.actor);
  if (!worker.actor || at == actors_.end()
      || at->second.snapshot_told <= at->second.snapshot_kept)
    return false;
  for (const auto& nested : result.value.nested)
    objects_.pin(nested);
  at->second.unseen.push_back(
    {at->second.snapshot_told, from, std::move(result)});
  return true;
}

/// Those whose state is kept; with *all* the others, too, of a life that is
/// over, whose last state goes first.
void machine_steps::show_results(const object_id& id, bool all) {
  const auto at = actors_.find(id);
  if (at == actors_.end())
    return;
  auto& actor = at->second;
  if (all)
    send_snapshot(id, actor);
  std::vector<held_result> shown;
  while (!actor.unseen.empty()
         && (all || actor.unseen.front().number <= actor.snapshot_kept)) {
    auto next = std::move(actor.unseen.front());
    actor.unseen.pop_front();
    actor.replies.end(next.result.task, next.result.value);
    const auto host = workers_.find(next.process);
    if (host != workers_.end() && objects_.unsettled(next.process))
      host->second.held.push_back(std::move(next.result));
    else
      shown.push_back(std::move(next.result));
  }
  complete_held(std::move(shown));
}

/// The life of the actor in *process* is over.
void machine_steps::last_results(process_id process,
                                 const worker_entry& worker) {
  const auto at = actors_.find(worker.actor);
  if (at != actors_.end() && at->second.process == process)
    show_results(object_id{worker.actor}, true);
}

void machine_steps::on(node_index from, const snapshot_kept& x) {
  const auto at = actors_.find(x.actor);
  if (at == actors_.end() || x.actor.home() != from
      || at->second.life != x.life)
    return;
  auto& actor = at->second;
  actor.snapshot_kept = std::max(actor.snapshot_kept, x.number);
  if (actor.snapshot_sent <= actor.snapshot_kept)
    send_snapshot(x.actor, actor);
  show_results(x.actor, false);
  to_advance_.push_back(x.actor);
}

// -- at the actor's home ------------------------------------------------------

void machine_steps::on_peer(node_index from, actor_snapshot&& x) {
  const auto at = actors_.find(x.actor);
  if (at == actors_.end() || x.actor.home() != options_.self
      || at->second.now == actor_entry::state::dead
      || at->second.life != x.life)
    return;
  auto& actor = at->second;
  if (x.number > actor.snapshot_kept) {
    actor.snapshot = std::move(x.bytes);
    actor.snapshot_kept = x.number;
  }
  out_.to_node(from, snapshot_kept{x.actor, x.life, actor.snapshot_kept});
}

} // namespace rayd
