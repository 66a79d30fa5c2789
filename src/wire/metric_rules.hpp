#pragma once

#include "wire/metric_records.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace rayd {

// Which metrics of programs there may be, so that whatever is accepted is right
// for Prometheus and means one thing: checked where a program makes one, and
// again where a report arrives.

inline constexpr std::size_t metric_name_max = 100;
inline constexpr std::size_t metric_help_max = 500; ///< Bytes, as are these:
inline constexpr std::size_t metric_tag_max = 256;
inline constexpr std::size_t metric_tags_max = 1024; ///< All of a series.
inline constexpr std::size_t metric_boundaries_max = 100;

/// The end of a sentence that begins with the metric's name, or "".
std::string metric_fault(const metric_series& series);

/// As it stands in /metrics: "ray_hits_total" of the counter "hits".
std::string exposed_name(metric_kind kind, std::string_view name);

/// Tells series apart: name and tags.
std::string series_key(const metric_series& series);

/// About how many bytes the series takes in an answer or in /metrics.
std::size_t series_weight(const metric_series& series);

const char* to_string(metric_kind kind) noexcept;

/// Whether rayd itself has a metric of this exposed name.
bool is_own_metric(std::string_view exposed);

} // namespace rayd
