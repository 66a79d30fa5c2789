#include "global_scheduler/series_desk.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

namespace rayd {

namespace {

using json = nlohmann::ordered_json;

constexpr std::int64_t default_span_s = 600;
constexpr std::int64_t most_span_s = 86'400;

series_sample sample_of(const node_record& node, float finished) {
  const auto& load = node.load;
  const auto& machine = load.figures;
  return {static_cast<float>(machine.cpu) / 100,
          static_cast<float>(machine.memory_used),
          static_cast<float>(load.store_used),
          static_cast<float>(machine.network_in),
          static_cast<float>(machine.network_out),
          static_cast<float>(machine.disk_read),
          static_cast<float>(machine.disk_write),
          static_cast<float>(load.running),
          static_cast<float>(load.queued),
          finished};
}

bool is_of_machine(std::size_t series) {
  const auto name = series_names[series];
  return name == "memory" || name.starts_with("network")
         || name.starts_with("disk");
}

bool is_bytes(std::size_t series) {
  return is_of_machine(series) || series_names[series] == "store";
}

std::string error(const std::string& sentence) {
  return json{{"error", sentence}}.dump(-1, ' ', false,
                                        json::error_handler_t::replace);
}

/// Whole numbers are short, and enough for bytes. Means of few tasks over a
/// minute are below one.
json shown(float value, std::size_t series) {
  return is_bytes(series)
           ? json(static_cast<std::int64_t>(value))
           : json(std::round(static_cast<double>(value) * 100) / 100);
}

} // namespace

float series_desk::finished_since(const node_record& node) {
  const auto known = finished_.find(node.entry.index);
  const auto before
    = known == finished_.end() ? node.load.finished : known->second;
  finished_[node.entry.index] = node.load.finished;
  return node.load.finished > before
           ? static_cast<float>(node.load.finished - before)
           : 0;
}

void series_desk::look(const head_machine& machine, time_us now) {
  const auto second = now / 1'000'000;
  if (second == looked_s_)
    return;
  const auto passed = looked_s_ < 0 ? 1 : std::max(second - looked_s_,
                                                   std::int64_t{1});
  looked_s_ = second;
  series_sample all{};
  float cpus = 0;
  std::set<std::string> machines; ///< What nodes of one share counts once.
  for (const auto& [index, node] : machine.nodes()) {
    if (!node.announced || node.state == node_state::dead) {
      finished_.erase(index);
      continue;
    }
    const auto sample = sample_of(node, finished_since(node)
                                          / static_cast<float>(passed));
    book_.add(index, second, sample);
    // CPU is a share: nodes count by their size.
    const auto size = static_cast<float>(
      std::max(node.entry.total.amount("CPU"), 0.001));
    cpus += size;
    all[0] += sample[0] * size;
    const bool first_there = machines.insert(node.entry.host).second;
    for (std::size_t i = 1; i < all.size(); ++i)
      if (first_there || !is_of_machine(i))
        all[i] += sample[i];
  }
  if (cpus > 0)
    all[0] /= cpus;
  book_.add(0, second, all);
}

std::string series_desk::answer(std::string_view request, time_us now,
                                std::int64_t wall_us) const {
  const auto asked = json::parse(request, nullptr, false);
  std::string name;
  auto span = default_span_s;
  if (asked.is_object() && asked.contains("node")
      && asked["node"].is_string())
    name = asked["node"].get<std::string>();
  if (asked.is_object() && asked.contains("span_s")) {
    if (!asked["span_s"].is_number_integer())
      return error("\"span_s\" is a whole number of seconds, at most 86400");
    span = std::clamp(asked["span_s"].get<std::int64_t>(), std::int64_t{1},
                      most_span_s);
  }
  const auto node = name.empty() ? node_index{0} : parse_node(name);
  const auto second = now / 1'000'000;
  if (!name.empty() && node == 0)
    return error(fmt::format("\"{}\" is no node: n1 is the first one", name));
  const auto found = book_.read(node, second, span);
  if (!found)
    return error(name.empty() ? "nothing is known of the nodes yet"
                              : fmt::format("nothing is known of node {}",
                                            name));
  json series = json::object();
  for (std::size_t i = 0; i < series_names.size(); ++i) {
    auto& list = series[std::string{series_names[i]}] = json::array();
    for (const auto* point : found->points)
      list.push_back(point == nullptr ? json(nullptr)
                                      : shown(point->mean[i], i));
  }
  return json{{"node", name},
              {"step_s", found->step_s},
              {"from_us", wall_us - (now - found->from_s * 1'000'000)},
              {"series", std::move(series)}}
    .dump();
}

} // namespace rayd
