#pragma once

#include "cli/commands.hpp"
#include "cli/flags.hpp"

#include <nlohmann/json_fwd.hpp>

namespace rayd {

/// ask_cluster() for commands that ask several things: in a process of its own,
/// for CAF's system, which a query needs, ends with its process only, and a
/// program may have one connection to a node.
query_answer ask_apart(command_context& context, const parsed_flags& given,
                       const nlohmann::json& question);

} // namespace rayd
