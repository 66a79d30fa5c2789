#pragma once

#include "local_scheduler/types.hpp"
#include "wire/metric_records.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace rayd {

/// What the processes of a node have counted (ray::metrics), put together for
/// the head. What a process added stays when it ends; its gauges go with it.
/// The sums begin anew when the node joins as another one, for the head keeps
/// what the former one told. Knows no clock and no actor.
class metric_book {
public:
  static constexpr std::size_t series_max = 10'000;

  /// @param report  Of *process*, with anything in it: what is wrong or finds
  ///   no room counts as dropped.
  void add(process_id process, const metric_report& report);

  void process_gone(process_id process);

  /// The node has an index that the head did not know.
  void joined();

  bool changed() const noexcept {
    return !changed_.empty() || dropped_ != dropped_told_;
  }

  /// Sums that changed, at most report_series_max; nothing: none did.
  std::optional<metric_report> take();

private:
  struct entry {
    metric_series sums; ///< Since the node joined; of gauges, of all now.
    double told = 0;    ///< Of them, to the head, as are these.
    std::vector<std::uint64_t> told_buckets;
    std::map<process_id, double> gauges;
  };

  bool add(process_id process, const metric_series& series);

  std::map<std::string, entry> series_;
  std::set<std::string> changed_;
  std::uint64_t dropped_ = 0;
  std::uint64_t dropped_told_ = 0;
};

} // namespace rayd
