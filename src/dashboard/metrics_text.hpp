#pragma once

#include <string>
#include <string_view>

namespace rayd {

/// Answers of the head, as JSON.
struct metrics_answers {
  std::string_view status;  ///< To {"what": "status"}.
  std::string_view tasks;   ///< To a summary of tasks.
  std::string_view metrics; ///< To {"what": "metrics"}.
};

/// The state of the cluster, and what programs count, in Prometheus' text
/// format 0.0.4, names as in Ray. What answers lack is left out; without a
/// status it is empty.
std::string metrics_text(const metrics_answers& from);

} // namespace rayd
