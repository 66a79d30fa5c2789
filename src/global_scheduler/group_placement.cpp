#include "global_scheduler/group_placement.hpp"

#include <algorithm>
#include <functional>
#include <map>

namespace rayd {

namespace {

using places = std::optional<std::vector<node_index>>;

/// What stays the same while one group is placed.
struct puzzle {
  const std::vector<resource_set>& bundles;
  const std::vector<node_index>& placed;
  std::vector<candidate>& candidates;
  dice& random;
};

/// All that is left on one node: the only way of strict_pack, the best of
/// pack.
places on_one(const puzzle& all) {
  resource_set sum;
  node_index known = 0;
  for (std::size_t i = 0; i < all.bundles.size(); ++i)
    if (all.placed[i] == 0)
      sum += all.bundles[i];
    else
      known = all.placed[i];
  std::vector<node_index> fit;
  for (const auto& each : all.candidates)
    if (each.room.fits(sum) && (known == 0 || known == each.node))
      fit.push_back(each.node);
  if (fit.empty())
    return std::nullopt;
  const auto chosen = fit[all.random.below(fit.size())];
  auto found = all.placed;
  for (auto& node : found)
    if (node == 0)
      node = chosen;
  return found;
}

/// Each on a node of its own: a matching, so that one is found when there is
/// one.
places all_apart(const puzzle& all) {
  std::map<node_index, std::size_t> holds; ///< Which bundle a node got.
  const auto taken = [&](node_index node) {
    return std::find(all.placed.begin(), all.placed.end(), node)
           != all.placed.end();
  };
  std::vector<node_index> seen;
  const std::function<bool(std::size_t)> find = [&](std::size_t bundle) {
    for (const auto& each : all.candidates) {
      if (taken(each.node) || !each.room.fits(all.bundles[bundle])
          || std::find(seen.begin(), seen.end(), each.node) != seen.end())
        continue;
      seen.push_back(each.node);
      const auto at = holds.find(each.node);
      if (at == holds.end() || find(at->second)) {
        holds[each.node] = bundle;
        return true;
      }
    }
    return false;
  };
  for (std::size_t i = 0; i < all.bundles.size(); ++i) {
    seen.clear();
    if (all.placed[i] == 0 && !find(i))
      return std::nullopt;
  }
  auto found = all.placed;
  for (const auto& [node, bundle] : holds)
    found[bundle] = node;
  return found;
}

/// One after the other, the large ones first: on the node with the most
/// (*together*) or the fewest bundles of the group.
places one_by_one(const puzzle& all, bool together) {
  auto found = all.placed;
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < found.size(); ++i)
    if (found[i] == 0)
      order.push_back(i);
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) {
    return all.bundles[b] < all.bundles[a];
  });
  std::map<node_index, std::int64_t> counts;
  for (const auto node : found)
    ++counts[node];
  for (const auto i : order) {
    candidate* best = nullptr;
    std::int64_t best_count = 0;
    for (auto& each : all.candidates) {
      if (!each.room.fits(all.bundles[i]))
        continue;
      const auto count = together ? -counts[each.node] : counts[each.node];
      if (best && (count > best_count
                   || (count == best_count && all.random.below(2) == 0)))
        continue;
      best = &each;
      best_count = count;
    }
    if (!best)
      return std::nullopt;
    best->room -= all.bundles[i];
    found[i] = best->node;
    ++counts[best->node];
  }
  return found;
}

} // namespace

places place_bundles(const std::vector<resource_set>& bundles,
                     const std::vector<node_index>& placed,
                     ray::strategy strategy,
                     std::vector<candidate> candidates, dice& random) {
  const auto before = candidates;
  const puzzle all{bundles, placed, candidates, random};
  switch (strategy) {
    case ray::strategy::strict_pack: return on_one(all);
    case ray::strategy::strict_spread: return all_apart(all);
    case ray::strategy::spread:
    case ray::strategy::pack: break;
  }
  const bool pack = strategy == ray::strategy::pack;
  if (pack)
    if (auto one = on_one(all))
      return one;
  if (auto found = one_by_one(all, pack))
    return found;
  // Neither way finds all that there is.
  candidates = before;
  return one_by_one(all, !pack);
}

} // namespace rayd
