#pragma once

#include "base/result.hpp"
#include "global_scheduler/machine.hpp"

#include <string>
#include <string_view>

namespace rayd {

/// What the answer holds that the machine does not know.
struct query_context {
  time_us now = 0;
  time_us started = 0;    ///< Of this head.
  std::string address;    ///< Where others join; empty: private.
  link_id head_link = 0;  ///< Of the node in the head's own process.
};

/// The JSON answer to a query, as described in wire/query.hpp ("status",
/// "nodes"), and to the questions of programs: "cluster_resources" and
/// "available_resources" give one object of names and amounts.
/// @error connection_failed  The request is no such query.
result<std::string> answer_query(const head_machine& machine,
                                 const query_context& context,
                                 std::string_view request);

} // namespace rayd
