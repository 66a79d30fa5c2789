#include "global_scheduler/placement.hpp"

#include <algorithm>

namespace rayd {

namespace {

/// The most used of the resources that *demand* asks for, or of CPUs, in
/// ten-thousandths of the node's, once *more* tasks of it are there.
std::int64_t used_after(const candidate& on, const resource_set& demand,
                        std::int64_t more) {
  std::int64_t most = 0;
  const auto consider = [&](const std::string& name, std::int64_t wanted) {
    const auto total = on.total.units(name);
    if (total > 0)
      most = std::max(most, (total - on.room.units(name) + more * wanted)
                              * resource_set::unit / total);
  };
  for (const auto& [name, wanted] : demand)
    consider(name, wanted);
  if (demand.empty())
    consider("CPU", 0);
  return most;
}

constexpr std::int64_t half = resource_set::unit / 2;

/// How many tasks bring *on* to half of its resources; at least 1.
std::uint32_t until_half(const candidate& on, const resource_set& demand,
                         std::uint32_t limit) {
  std::uint32_t low = 1;
  std::uint32_t high = limit;
  while (low < high) {
    const auto middle = low + (high - low + 1) / 2;
    if (used_after(on, demand, middle) <= half)
      low = middle;
    else
      high = middle - 1;
  }
  return low;
}

struct choice {
  candidate* on = nullptr;
  std::int64_t used = 0;
};

/// The best of those that have room: a few, best first, none if nobody has.
choice pick(const resource_set& demand, std::vector<candidate>& candidates,
            dice& random) {
  std::vector<choice> open;
  for (auto& each : candidates)
    if (each.room.fits(demand))
      open.push_back({&each, used_after(each, demand, 1)});
  if (open.empty())
    return {};
  std::stable_sort(open.begin(), open.end(),
                   [](const choice& a, const choice& b) {
                     const bool pack_a = a.used <= half;
                     const bool pack_b = b.used <= half;
                     if (pack_a != pack_b)
                       return pack_a;
                     return pack_a ? a.used > b.used : a.used < b.used;
                   });
  std::size_t few = 1 + candidates.size() / 5;
  few = std::min(few, open.size());
  while (few < open.size() && open[few].used == open.front().used)
    ++few;
  return open[random.below(few)];
}

} // namespace

bool fits_somewhere(const resource_set& demand,
                    const std::vector<candidate>& candidates) {
  return std::any_of(candidates.begin(), candidates.end(),
                     [&](const candidate& c) { return c.total.fits(demand); });
}

std::map<node_index, std::uint32_t>
distribute(const resource_set& demand, std::uint32_t count,
           std::vector<candidate>& candidates, dice& random) {
  std::map<node_index, std::uint32_t> given;
  while (count > 0) {
    const auto best = pick(demand, candidates, random);
    if (best.on == nullptr)
      break;
    const auto room
      = static_cast<std::uint32_t>(best.on->room.times(demand, count));
    // Spreading takes small steps, so that no node fills while others idle.
    const auto step = static_cast<std::uint32_t>(
      1 + count / (2 * candidates.size()));
    const auto some = best.used <= half ? until_half(*best.on, demand, room)
                                        : std::min(room, step);
    for (const auto& [name, wanted] : demand)
      best.on->room.set_units(name, best.on->room.units(name) - wanted * some);
    given[best.on->node] += some;
    count -= some;
  }
  return given;
}

std::map<node_index, std::uint32_t>
spread_out(const resource_set& demand, std::uint32_t count,
           std::vector<candidate>& candidates, dice& random) {
  std::map<node_index, std::uint32_t> given;
  for (; count > 0; --count) {
    std::vector<candidate*> best;
    for (auto& each : candidates) {
      if (!each.room.fits(demand))
        continue;
      if (!best.empty() && each.same < best.front()->same)
        best.clear();
      if (best.empty() || each.same == best.front()->same)
        best.push_back(&each);
    }
    if (best.empty())
      break;
    auto& chosen = *best[random.below(best.size())];
    chosen.room -= demand;
    ++chosen.same;
    ++given[chosen.node];
  }
  return given;
}

} // namespace rayd
