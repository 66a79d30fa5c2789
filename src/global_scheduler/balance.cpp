// Where waiting tasks go.

#include "global_scheduler/machine.hpp"

#include <algorithm>

namespace rayd {

void head_machine::turn(time_us now, std::uint64_t random) {
  now_ = now;
  watch_silence();
  grants_.expire(now);
  deadlocks_.turn(now, nodes_);
  if (!wants_turn())
    return;
  judge_waiting();
  dice numbers{random};
  if (groups_.wants_turn()) {
    auto all = candidates();
    groups_.turn(now, all, nodes_, numbers);
  }
  balance(numbers);
}

bool head_machine::wants_turn() const {
  return groups_.wants_turn()
         || std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& entry) {
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
    if (groups_.size() > 0)
      each.room -= groups_.promised(index);
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

/// Those that may get tasks of *shape* which wait on *source*, in groups: the
/// first one that has room is preferred.
std::vector<std::vector<candidate>>
head_machine::choices(const node_record& source, const shape_load& shape,
                      const std::vector<candidate>& candidates) const {
  using placing = node_wish::placing;
  const auto where = shape.wish.where;
  // What a node may start by itself is not sent to that node.
  const bool also_source = where == placing::spread
                           || where == placing::near_node;
  const auto wanted = where == placing::on_node || where == placing::near_node
                        ? parse_node(shape.wish.place)
                        : shape.near;
  std::vector<candidate> first, others;
  for (const auto& each : candidates) {
    if ((each.node == source.entry.index && !also_source)
        || !has_labels(nodes_.at(each.node), shape.wish.labels))
      continue;
    auto& group = each.node == wanted ? first : others;
    group.push_back(each);
    if (where == placing::spread)
      group.back().same = same_on(each.node, shape);
  }
  if (where == placing::on_node)
    return {std::move(first)};
  return {std::move(first), std::move(others)};
}

/// Tasks of *shape* that are on *node* or on their way to it.
std::uint32_t head_machine::same_on(node_index node,
                                    const shape_load& shape) const {
  auto sum = grants_.coming_to(node, shape.demand, shape.wish);
  for (const auto& known : nodes_.at(node).load.spread)
    if (known.demand == shape.demand && known.wish == shape.wish)
      sum += known.waiting;
  return sum;
}

void head_machine::balance_shape(const node_record& source,
                                 const shape_load& shape,
                                 std::vector<candidate>& candidates,
                                 dice& random) {
  const auto assigned = grants_.assigned_from(source.entry.index, shape);
  if (shape.waiting <= assigned)
    return;
  if (shape.wish.where == node_wish::placing::in_bundle) {
    // What never fits stays at its home, which is told so.
    if (judge_shape(shape.demand, shape.wish).what
        == feasibility::kind::possible)
      balance_bundle(source, shape, shape.waiting - assigned, candidates);
    return;
  }
  // Short tasks go in such numbers that a slot is busy until the next turn.
  auto left = shape.waiting - assigned;
  const auto per_slot = std::clamp<std::uint32_t>(shape.per_slot, 1, left);
  for (auto& group : choices(source, shape, candidates)) {
    if (left == 0 || group.empty())
      continue;
    const bool spread = shape.wish.where == node_wish::placing::spread;
    const auto slots = spread ? left : 1 + (left - 1) / per_slot;
    const auto given
      = spread ? spread_out(shape.demand, slots, group, random)
               : distribute(shape.demand, slots, group, random);
    for (const auto& [target, taken] : given) {
      const auto count = static_cast<std::uint32_t>(std::min<std::uint64_t>(
        left, std::uint64_t{taken} * (spread ? 1 : per_slot)));
      left -= count;
      give(source, shape, target, count, taken);
    }
    for (auto& each : candidates)
      for (const auto& other : group)
        if (other.node == each.node)
          each.room = other.room;
  }
}

/// All to the one node that has the bundle, where they wait for its room.
void head_machine::balance_bundle(const node_record& source,
                                  const shape_load& shape, std::uint32_t count,
                                  const std::vector<candidate>& candidates) {
  const auto target = groups_.node_of(shape.wish.place, shape.wish.bundle);
  for (const auto& each : candidates)
    if (each.node == target)
      give(source, shape, target, count, 0);
}

void head_machine::give(const node_record& source, const shape_load& shape,
                        node_index target, std::uint32_t count,
                        std::uint32_t slots) {
  const auto grant
    = grants_.add({source.entry.index, target, shape.demand, count, slots,
                   false, false, 0, shape.wish, shape.near},
                  now_);
  out_.to_link(source.link,
               place_tasks{options_.epoch, grant, shape.demand, count, target,
                           shape.wish, shape.near});
}

// -- what can run nowhere -----------------------------------------------------

feasibility head_machine::judge_shape(const resource_set& demand,
                                      const node_wish& wish) const {
  if (wish.where == node_wish::placing::in_bundle)
    return groups_.judge(wish.place, wish.bundle, demand);
  return judge(demand, wish, nodes_);
}

/// Tells the homes of tasks that no node can hold, after a moment in which
/// nodes may join, and again while it is so.
void head_machine::judge_waiting() {
  decltype(judged_) still;
  for (const auto& [index, source] : nodes_) {
    if (source.state == node_state::dead)
      continue;
    for (const auto& shape : source.load.waiting) {
      const auto found = judge_shape(shape.demand, shape.wish);
      if (found.what == feasibility::kind::possible)
        continue;
      const std::tuple name{index, shape.demand, shape.wish};
      const auto known = judged_.find(name);
      // A group that nobody knows may have been asked for a moment ago.
      const bool never = found.what == feasibility::kind::never;
      const bool at_once
        = never && shape.wish.where != node_wish::placing::in_bundle;
      auto due = known != judged_.end() ? known->second
                 : at_once              ? now_
                                        : now_ + options_.hopeless_after_us;
      if (due <= now_) {
        out_.to_link(source.link,
                     shape_verdict{options_.epoch, shape.demand, shape.wish,
                                   never, found.text});
        due = now_ + options_.hopeless_again_us;
      }
      still[name] = due;
    }
  }
  judged_ = std::move(still);
}

} // namespace rayd
