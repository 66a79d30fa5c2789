#include "local_scheduler/metric_book.hpp"

#include "wire/metric_rules.hpp"

#include <cmath>

namespace rayd {

namespace {

bool fits(const metric_series& sums, const metric_series& more) {
  return sums.kind == more.kind && sums.boundaries == more.boundaries;
}

bool has_good_values(const metric_series& series) {
  const bool counts = series.kind == metric_kind::histogram;
  return std::isfinite(series.value)
         && series.buckets.size()
              == (counts ? series.boundaries.size() + 1 : 0);
}

} // namespace

bool metric_book::add(process_id process, const metric_series& series) {
  if (!has_good_values(series))
    return false;
  const auto key = series_key(series);
  auto at = series_.find(key);
  if (at == series_.end()) {
    if (series_.size() >= series_max || !metric_fault(series).empty())
      return false;
    at = series_.emplace(key, entry{}).first;
    at->second.sums = series;
    at->second.sums.value = 0;
    at->second.sums.gone = false;
    at->second.sums.buckets.assign(series.buckets.size(), 0);
    at->second.told_buckets = at->second.sums.buckets;
  }
  auto& [of, sums] = *at;
  if (!fits(sums.sums, series))
    return false;
  if (series.kind == metric_kind::gauge) {
    auto& mine = sums.gauges[process];
    sums.sums.value += series.value - mine;
    mine = series.value;
    sums.sums.gone = false;
  } else {
    sums.sums.value += series.value;
    for (std::size_t i = 0; i < series.buckets.size(); ++i)
      sums.sums.buckets[i] += series.buckets[i];
  }
  changed_.insert(key);
  return true;
}

void metric_book::add(process_id process, const metric_report& report) {
  dropped_ += report.dropped;
  for (const auto& series : report.series)
    if (!add(process, series))
      ++dropped_;
}

void metric_book::process_gone(process_id process) {
  for (auto& [key, one] : series_) {
    if (one.gauges.erase(process) == 0)
      continue;
    // Anew, so that errors of rounding do not add up.
    one.sums.value = 0;
    for (const auto& [other, value] : one.gauges)
      one.sums.value += value;
    one.sums.gone = one.gauges.empty();
    changed_.insert(key);
  }
}

void metric_book::joined() {
  dropped_ -= dropped_told_;
  dropped_told_ = 0;
  for (auto& [key, one] : series_) {
    if (one.sums.kind != metric_kind::gauge) {
      one.sums.value -= one.told;
      one.told = 0;
      for (std::size_t i = 0; i < one.told_buckets.size(); ++i) {
        one.sums.buckets[i] -= one.told_buckets[i];
        one.told_buckets[i] = 0;
      }
    }
    changed_.insert(key);
  }
}

std::optional<metric_report> metric_book::take() {
  if (!changed())
    return std::nullopt;
  metric_report report;
  report.dropped = dropped_;
  dropped_told_ = dropped_;
  while (!changed_.empty() && report.series.size() < report_series_max) {
    const auto key = changed_.extract(changed_.begin()).value();
    auto& one = series_.at(key);
    report.series.push_back(one.sums);
    one.told = one.sums.value;
    one.told_buckets = one.sums.buckets;
    if (one.sums.gone)
      series_.erase(key);
  }
  return report;
}

} // namespace rayd
