// Durable actors: the state after each call goes to the actor's home, and the
// call's result is seen once it is there.
//
// On the way from host to home records keep their order, so when a process
// dies its home has its last state before it hears of the death, and all its
// results may be seen. When the host's node dies, what was not seen is lost
// with it, and the next life begins before it.

#include "local_scheduler/machine.hpp"

#include <algorithm>

namespace rayd {

// -- at the host --------------------------------------------------------------

void machine_steps::on(process_id from, actor_snapshot&& x) {
  const auto at = actors_.find(x.actor);
  if (at == actors_.end() || at->second.life != x.life)
    return;
  const auto worker = workers_.find(at->second.process);
  if (worker == workers_.end() || worker->second.actor != x.actor
      || process_of(worker->first, worker->second) != from)
    return;
  auto& actor = at->second;
  actor.snapshot_told = x.number;
  if (x.actor.home() == options_.self) {
    actor.snapshot = std::move(x.bytes);
    actor.snapshot_kept = x.number;
  } else if (!objects_.is_dead(x.actor.home())) {
    out_.to_node(x.actor.home(), std::move(x));
  }
}

/// Keeps *result* back until the state after it is at the actor's home.
bool machine_steps::waits_for_snapshot(const worker_entry& worker,
                                       held_result& result) {
  const auto at = actors_.find(worker.actor);
  if (!worker.actor || at == actors_.end()
      || at->second.snapshot_told <= at->second.snapshot_kept)
    return false;
  at->second.unseen.emplace_back(at->second.snapshot_told, std::move(result));
  return true;
}

void machine_steps::show_results(process_id process, worker_entry& worker,
                                 std::uint64_t number) {
  const auto host = process_of(process, worker);
  const auto at = actors_.find(worker.actor);
  while (at != actors_.end() && !at->second.unseen.empty()
         && at->second.unseen.front().first <= number) {
    auto result = std::move(at->second.unseen.front().second);
    at->second.unseen.pop_front();
    take_result(host, workers_.at(host), std::move(result));
  }
}

void machine_steps::on(node_index from, const snapshot_kept& x) {
  const auto at = actors_.find(x.actor);
  if (at == actors_.end() || x.actor.home() != from
      || at->second.life != x.life)
    return;
  auto& actor = at->second;
  actor.snapshot_kept = std::max(actor.snapshot_kept, x.number);
  if (const auto worker = workers_.find(actor.process);
      worker != workers_.end() && worker->second.actor == x.actor)
    show_results(actor.process, worker->second, actor.snapshot_kept);
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
