// Where waiting tasks go.

#include "global_scheduler/machine.hpp"

#include <algorithm>

namespace rayd {

void head_machine::turn(time_us now, std::uint64_t random) {
  now_ = now;
  watch_silence();
  grants_.expire(now);
  if (!wants_turn())
    return;
  dice numbers{random};
  balance(numbers);
}

bool head_machine::wants_turn() const {
  return std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& entry) {
    return !entry.second.load.waiting.empty()
           && entry.second.state != node_state::dead;
  });
}

std::vector<candidate> head_machine::candidates() const {
  std::vector<candidate> all;
  for (const auto& [index, node] : nodes_) {
    const bool usable = node.state == node_state::alive
                        || (options_.faults.keep_dead_load
                            && node.state == node_state::dead);
    // Its first load says that it is ready for work.
    if (!usable || !node.announced || node.load.sequence == 0)
      continue;
    candidate each{index, node.entry.total, node.load.available};
    if (!options_.faults.forget_assigned)
      each.room -= grants_.assigned_to(index);
    all.push_back(std::move(each));
  }
  return all;
}

void head_machine::balance(dice& random) {
  auto all = candidates();
  // Begin with another node each time, so that none waits for ever behind
  // one that always has more.
  auto at = nodes_.upper_bound(next_served_);
  bool first = true;
  for (std::size_t i = 0; i < nodes_.size(); ++i, ++at) {
    if (at == nodes_.end())
      at = nodes_.begin();
    const auto& source = at->second;
    if (source.load.waiting.empty() || source.state == node_state::dead)
      continue;
    if (first)
      next_served_ = at->first;
    first = false;
    for (const auto& shape : source.load.waiting)
      balance_shape(source, shape, all, random);
  }
}

void head_machine::balance_shape(const node_record& source,
                                 const shape_load& shape,
                                 std::vector<candidate>& candidates,
                                 dice& random) {
  const auto index = source.entry.index;
  const auto assigned = grants_.assigned_from(index, shape.demand);
  if (shape.waiting <= assigned)
    return;
  // A task that waits on its own node is not sent to that node.
  std::vector<candidate> others;
  for (const auto& each : candidates)
    if (each.node != index)
      others.push_back(each);
  // Short tasks go in such numbers that a slot is busy until the next turn.
  auto left = shape.waiting - assigned;
  const auto per_slot = std::clamp<std::uint32_t>(shape.per_slot, 1, left);
  const auto slots = 1 + (left - 1) / per_slot;
  const auto given = distribute(shape.demand, slots, others, random);
  for (const auto& [target, taken] : given) {
    const auto count = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(left, std::uint64_t{taken} * per_slot));
    left -= count;
    const auto grant = grants_.add(
      {index, target, shape.demand, count, taken, false, false, 0}, now_);
    out_.to_link(source.link, place_tasks{options_.epoch, grant, shape.demand,
                                          count, target});
  }
  for (auto& each : candidates)
    for (const auto& other : others)
      if (other.node == each.node)
        each.room = other.room;
}

} // namespace rayd
