// Placement groups that do not get a turn: what becomes free goes to one.

#include "global_scheduler/group_table.hpp"

#include <utility>

namespace rayd {

/// What would be free if nothing ran but placement groups.
std::vector<candidate>
group_table::without_tasks(std::vector<candidate> nodes) const {
  for (auto& each : nodes) {
    each.room = each.total;
    each.room -= promised(each.node);
    for (const auto& [id, g] : groups_)
      for (std::size_t i = 0; i < g.nodes.size(); ++i)
        if (g.nodes[i] == each.node)
          each.room -= g.wish.bundles[i];
  }
  return nodes;
}

/// The group that waits longest, once that is long, and when no other does.
void group_table::claim(std::vector<candidate>& candidates, time_us now,
                        dice& random) {
  group* oldest = nullptr;
  for (auto& [id, g] : groups_) {
    if (g.claims_until != 0)
      return;
    if (!g.placed() && !g.trying() && g.since != 0
        && now - g.since >= options_.claim_after_us << g.vain_claims
        && (!oldest || g.since < oldest->since))
      oldest = &g;
  }
  if (!oldest)
    return;
  auto found = place_bundles(oldest->wish.bundles, oldest->nodes,
                             strategy_of(oldest->wish),
                             without_tasks(candidates), random);
  if (!found) {
    oldest->since = now; // Other groups have it.
    return;
  }
  oldest->claims_until = now + options_.claim_for_us;
  begin_try(*oldest, std::move(*found), candidates, bundle_order::claim);
}

void group_table::end_claims(time_us now) {
  for (auto& [id, g] : groups_)
    if (g.claims_until != 0 && now >= g.claims_until) {
      g.refused = true;
      g.unanswered.clear(); // Late answers are of an old try.
      end_try(g, now);
    }
}

} // namespace rayd
