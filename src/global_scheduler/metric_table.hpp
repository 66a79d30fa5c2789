#pragma once

#include "base/ids.hpp"
#include "wire/metric_records.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace rayd {

/// What all programs of the cluster have counted (ray::metrics). Nodes tell
/// sums, so a report that comes twice changes nothing. What a node told stays
/// when it is gone, but its gauges. Bounded in number and in bytes; what finds
/// no room is counted. Knows no clock and no actor.
class metric_table {
public:
  static constexpr std::size_t series_max = 10'000;
  static constexpr std::size_t weight_max = std::size_t{4} << 20;

  /// @param report  Of a living node, with anything in it.
  void take(node_index node, const metric_report& report);

  void node_gone(node_index node);

  /// The answer to {"what": "metrics"}, wire/query.hpp.
  std::string answer() const;

private:
  struct amounts {
    double value = 0;
    std::vector<std::uint64_t> buckets;
  };

  struct entry {
    metric_series what; ///< Without values.
    amounts of_dead;    ///< All nodes that are gone, together.
    std::map<node_index, amounts> nodes;
  };

  using table = std::map<std::string, entry>;

  bool take(node_index node, const metric_series& series);
  bool agrees(const metric_series& series) const;
  table::iterator forget(table::iterator at);
  static void add(amounts& to, const amounts& more);

  table series_; ///< By series_key, so that those of a name are together.
  std::map<node_index, std::uint64_t> dropped_of_; ///< As nodes tell it.
  std::uint64_t dropped_ = 0; ///< Here, and of nodes that are gone.
  std::size_t weight_ = 0;
};

} // namespace rayd
