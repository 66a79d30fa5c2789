#include "global_scheduler/metric_table.hpp"

#include "wire/metric_rules.hpp"

#include <nlohmann/json.hpp>

#include <cmath>
#include <iterator>
#include <utility>

namespace rayd {

using json = nlohmann::ordered_json;

void metric_table::add(amounts& to, const amounts& more) {
  to.value += more.value;
  to.buckets.resize(more.buckets.size());
  for (std::size_t i = 0; i < more.buckets.size(); ++i)
    to.buckets[i] += more.buckets[i];
}

/// One name is one metric, whoever made it first.
bool metric_table::agrees(const metric_series& series) const {
  const auto at = series_.lower_bound(series.name);
  return at == series_.end() || at->second.what.name != series.name
         || (at->second.what.kind == series.kind
             && at->second.what.boundaries == series.boundaries);
}

bool metric_table::take(node_index node, const metric_series& series) {
  const bool counts = series.kind == metric_kind::histogram;
  if (!metric_fault(series).empty() || !std::isfinite(series.value)
      || series.buckets.size() != (counts ? series.boundaries.size() + 1 : 0)
      || !agrees(series))
    return false;
  const auto key = series_key(series);
  auto at = series_.find(key);
  if (series.gone) {
    if (at != series_.end() && at->second.nodes.erase(node) > 0
        && at->second.nodes.empty())
      forget(at);
    return true;
  }
  if (at == series_.end()) {
    const auto weight = series_weight(series);
    if (series_.size() >= series_max || weight_ + weight > weight_max)
      return false;
    weight_ += weight;
    at = series_.emplace(key, entry{}).first;
    at->second.what = series;
  }
  at->second.nodes[node] = {series.value, series.buckets};
  return true;
}

void metric_table::take(node_index node, const metric_report& report) {
  dropped_of_[node] = report.dropped;
  for (const auto& series : report.series)
    if (!take(node, series))
      ++dropped_;
}

void metric_table::node_gone(node_index node) {
  const auto told = dropped_of_.extract(node);
  if (!told)
    return;
  dropped_ += told.mapped();
  for (auto at = series_.begin(); at != series_.end();) {
    auto& [what, of_dead, nodes] = at->second;
    if (const auto mine = nodes.extract(node);
        mine && what.kind != metric_kind::gauge)
      add(of_dead, mine.mapped());
    at = what.kind == metric_kind::gauge && nodes.empty() ? forget(at)
                                                          : std::next(at);
  }
}

metric_table::table::iterator metric_table::forget(table::iterator at) {
  weight_ -= series_weight(at->second.what);
  return series_.erase(at);
}

std::string metric_table::answer() const {
  auto rows = json::array();
  auto dropped = dropped_;
  for (const auto& [node, count] : dropped_of_)
    dropped += count;
  for (const auto& [key, one] : series_) {
    const auto& what = one.what;
    auto all = one.of_dead;
    for (const auto& [node, mine] : one.nodes)
      add(all, mine);
    json row{{"name", what.name},
             {"exposed", exposed_name(what.kind, what.name)},
             {"kind", to_string(what.kind)},
             {"help", what.help},
             {"tags", what.tags},
             {"value", all.value}};
    if (what.kind == metric_kind::histogram) {
      std::uint64_t count = 0;
      for (const auto in_bucket : all.buckets)
        count += in_bucket;
      row["count"] = count;
      row["boundaries"] = what.boundaries;
      row["buckets"] = all.buckets;
    }
    rows.push_back(std::move(row));
  }
  return json{{"rows", std::move(rows)}, {"dropped", dropped}}.dump(
    -1, ' ', false, json::error_handler_t::replace);
}

} // namespace rayd
