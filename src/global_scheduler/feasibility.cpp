#include "global_scheduler/feasibility.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rayd {

namespace {

using kind = feasibility::kind;
using node_map = std::map<node_index, node_record>;

/// How much of *demand* an empty *node* could hold: the sum of the parts.
double share(const node_record& node, const resource_set& demand) {
  double sum = 0;
  for (const auto& [name, wanted] : demand)
    sum += std::min(1.0, static_cast<double>(node.entry.total.units(name))
                           / static_cast<double>(std::max<std::int64_t>(
                             wanted, 1)));
  return sum;
}

std::string described(const node_record& node, const resource_set& demand) {
  resource_set shown;
  for (const auto& [name, wanted] : demand)
    shown.set_units(name, node.entry.total.units(name));
  return fmt::format("{} with {}", node_name(node.entry.index),
                     to_string(shown));
}

feasibility judge_node(const std::string& id, const node_map& nodes) {
  const auto index = parse_node(id);
  const auto at = nodes.find(index);
  if (index == 0 || at == nodes.end())
    return {kind::never,
            fmt::format("it is to run on node \"{}\", which this cluster does "
                        "not have",
                        id)};
  if (at->second.state == node_state::dead)
    return {kind::never, fmt::format("it is to run on node {}, which is gone: "
                                     "{}",
                                     id, at->second.reason)};
  return {};
}

} // namespace

bool has_labels(const node_record& node,
                const std::map<std::string, std::string>& labels) {
  return std::all_of(labels.begin(), labels.end(), [&](const auto& wanted) {
    const auto& has = node.entry.labels;
    return std::find(has.begin(), has.end(),
                     std::pair<std::string, std::string>{wanted})
           != has.end();
  });
}

bool counts(const node_record& node) {
  return node.announced && node.state != node_state::dead;
}

feasibility judge(const resource_set& demand, const node_wish& wish,
                  const node_map& nodes) {
  using placing = node_wish::placing;
  const bool one_node = wish.where == placing::on_node;
  if (one_node)
    if (auto gone = judge_node(wish.place, nodes);
        gone.what != kind::possible)
      return gone;
  const node_record* largest = nullptr;
  for (const auto& [index, node] : nodes) {
    if (!counts(node) || !has_labels(node, wish.labels)
        || (one_node && index != parse_node(wish.place)))
      continue;
    if (node.entry.total.fits(demand))
      return {};
    if (!largest || share(node, demand) > share(*largest, demand))
      largest = &node;
  }
  const auto labels = to_string(wish.labels);
  if (!largest)
    return {kind::hopeless,
            fmt::format("it asks for the labels {}, and {} has them", labels,
                        one_node ? "its node " + wish.place + " never"
                                 : "no node")};
  return {kind::hopeless,
          fmt::format("it asks for {}, and no node{} has that: the largest "
                      "there is, is {}",
                      to_string(demand),
                      labels.empty() ? "" : " with the labels " + labels,
                      described(*largest, demand))};
}

} // namespace rayd
