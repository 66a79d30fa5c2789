#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <string_view>

// Answers to queries about the state (wire/query.hpp) as text for people.

namespace rayd {

/// A table of a list's rows; *kind* as in the query ("tasks", "memory", ...).
/// Times are shown as how long ago they were, seen from *now_us* (since 1970).
std::string rows_table(std::string_view kind, const nlohmann::json& rows,
                       std::int64_t now_us);

/// One line for each thing that is known.
std::string row_text(const nlohmann::json& row);

/// Bytes in the store of each node.
std::string stores_table(const nlohmann::json& stores);

/// The answer to "timeline" in Chrome's trace format, which Perfetto and
/// chrome://tracing open: a process for each node, a row for each worker.
/// @param now_us  End of what still runs.
std::string chrome_trace(const nlohmann::json& answer, std::int64_t now_us);

} // namespace rayd
