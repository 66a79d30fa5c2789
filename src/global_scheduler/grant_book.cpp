#include "global_scheduler/grant_book.hpp"

#include <algorithm>

namespace rayd {

grant_book::grant_book(const head_options& options) : options_(options) {}

std::uint64_t grant_book::add(grant granted, time_us now) {
  granted.expires = now + options_.grant_timeout_us;
  grants_.emplace(++last_, std::move(granted));
  return last_;
}

void grant_book::seen(node_index target,
                      const std::vector<std::uint64_t>& grants) {
  for (const auto number : grants) {
    const auto at = grants_.find(number);
    if (at == grants_.end() || at->second.target != target)
      continue;
    at->second.seen = true;
    if (at->second.done)
      grants_.erase(at);
  }
}

void grant_book::done(node_index source,
                      const std::vector<std::uint64_t>& grants, time_us now) {
  for (const auto number : grants) {
    const auto at = grants_.find(number);
    if (at == grants_.end() || at->second.source != source)
      continue;
    auto& known = at->second;
    known.done = true;
    // Its tasks may be on their way; if it was void, nobody will see it.
    known.expires
      = std::min(known.expires, now + options_.grant_settle_us);
    if (known.seen)
      grants_.erase(at);
  }
}

void grant_book::node_gone(node_index node) {
  std::erase_if(grants_, [&](const auto& entry) {
    return entry.second.source == node || entry.second.target == node;
  });
}

void grant_book::expire(time_us now) {
  std::erase_if(grants_,
                [&](const auto& entry) { return entry.second.expires <= now; });
}

resource_set grant_book::assigned_to(node_index target) const {
  resource_set sum;
  for (const auto& [number, known] : grants_)
    if (known.target == target && !known.seen)
      for (const auto& [name, wanted] : known.demand)
        sum.set_units(name, sum.units(name) + wanted * known.slots);
  return sum;
}

std::uint32_t grant_book::assigned_from(node_index source,
                                        const shape_load& shape) const {
  std::uint32_t sum = 0;
  for (const auto& [number, known] : grants_)
    if (known.source == source && !known.done && known.near == shape.near
        && known.demand == shape.demand && known.wish == shape.wish)
      sum += known.count;
  return sum;
}

std::uint32_t grant_book::coming_to(node_index target,
                                    const resource_set& demand,
                                    const node_wish& wish) const {
  std::uint32_t sum = 0;
  for (const auto& [number, known] : grants_)
    if (known.target == target && !known.seen && known.demand == demand
        && known.wish == wish)
      sum += known.count;
  return sum;
}

} // namespace rayd
