#pragma once

#include "base/ids.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

namespace rayd {

/// What is kept of a node over time, in this order.
inline constexpr std::array<std::string_view, 10> series_names{
  "cpu",         "memory",    "store",      "network_in", "network_out",
  "disk_read",   "disk_write", "running",   "waiting",    "finished"};

/// One value each: percent of all CPUs, bytes, bytes a second, tasks, and
/// tasks that ended in the second.
using series_sample = std::array<float, series_names.size()>;

/// Means over steps of equal length, the newest *length* of them.
class series_ring {
public:
  series_ring(std::int64_t step_s, std::size_t length)
    : step_s_(step_s), length_(length) {}

  /// Adds to the step that *second* is in; older ones are dropped.
  void add(std::int64_t second, const series_sample& sample);

  std::int64_t step_s() const noexcept { return step_s_; }
  std::int64_t span_s() const noexcept {
    return step_s_ * static_cast<std::int64_t>(length_);
  }

  struct point {
    series_sample mean{};
    std::uint32_t samples = 0; ///< 0: nothing is known of this step.
  };

  /// The points of *count* steps, the last one that of *second*; nullptr where
  /// there is none.
  std::vector<const point*> newest(std::int64_t second,
                                   std::size_t count) const;

private:
  std::int64_t step_s_;
  std::size_t length_;
  std::vector<point> points_; ///< Grows up to *length*, then a ring.
  std::int64_t first_ = 0;    ///< Number of the step at place 0, then of
  std::int64_t last_ = -1;    ///< the newest one.
};

// The history of nodes: 1 s for 10 minutes, 10 s for 2 hours, 1 min for 24
// hours; 121 kB for each node at most, of at most 200 nodes: beyond that the
// one that was silent longest is forgotten. Knows no clock: seconds are given
// in, of a clock that never jumps.
class series_book {
public:
  static constexpr std::size_t most_nodes = 200;

  void add(node_index node, std::int64_t second, const series_sample& sample);

  struct answer {
    std::int64_t step_s = 1;
    std::int64_t from_s = 0; ///< Of the first step, on the clock of add().
    std::vector<const series_ring::point*> points;
  };

  /// The last *span_s* seconds in the finest steps that reach back so far.
  /// @returns nothing of an unknown node. Points live until the next add().
  std::optional<answer> read(node_index node, std::int64_t second,
                             std::int64_t span_s) const;

private:
  struct history {
    std::array<series_ring, 3> rings{series_ring{1, 600}, series_ring{10, 720},
                                     series_ring{60, 1440}};
    std::int64_t heard = 0;
  };

  std::map<node_index, history> nodes_;
};

} // namespace rayd
