#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

// What programs measure (ray::metrics) on its way from the process to its node
// and on to the head; see lane_records.hpp. A process tells what it added since
// its last report, a node tells sums, so that a report of a node that is lost,
// late or comes twice does no harm.

namespace rayd {

enum class metric_kind : std::uint8_t { counter, gauge, histogram };

/// One name with one set of tags.
struct metric_series {
  metric_kind kind = metric_kind::counter;
  std::string name; ///< As the program gave it; metric_rules.hpp.
  std::string help;
  std::map<std::string, std::string> tags;
  double value = 0; ///< Of a histogram: the sum of all that was observed.
  std::vector<double> boundaries;     ///< Of a histogram: upper ends, rising.
  std::vector<std::uint64_t> buckets; ///< One more: beyond the last boundary.
  bool gone = false; ///< A gauge that nobody sets any more.
};

/// From a process to its node: its gauges, and what was added to counters and
/// histograms since its last report. From a node to the head's node: the same
/// of all its processes together since it joined.
struct metric_report {
  std::vector<metric_series> series; ///< Only what changed; at most
                                     ///< report_series_max.
  std::uint64_t dropped = 0; ///< How often a series found no room.
};

inline constexpr std::size_t report_series_max = 256;

} // namespace rayd
