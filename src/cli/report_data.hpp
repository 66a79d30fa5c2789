#pragma once

#include "cli/commands.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

// What a report shows: the answers to the queries of the dashboard's pages, as
// tables that report_feed.js answers from. Bounded; what is left out is said.

namespace rayd {

struct report_limits {
  std::size_t tasks = 10'000;  ///< Newest; runs of the timeline, too.
  std::size_t others = 2'000;  ///< Rows of each other table.
  std::size_t nodes = 20;      ///< With history and logs.
  std::size_t logs = 30;       ///< Of workers, newest files of each node.
  std::size_t log_bytes = 32 * 1024; ///< Of the end of each.
};

/// Asks a cluster; as command_context::query.
using ask_function = std::function<query_answer(const nlohmann::json&)>;

/// The data of report_page(), or why there is none: when not even the status
/// can be asked. Other answers that fail are left out, and said to be.
/// @param at_us  When it is, since 1970.
query_answer collect_report(const ask_function& ask,
                            const report_limits& limits, std::int64_t at_us);

} // namespace rayd
