#pragma once

#include "cli/commands.hpp"
#include "cli/flags.hpp"

#include <cstdint>
#include <optional>

namespace rayd {

/// What `rayd logs` does when no node of this user runs: reads the folders
/// that the newest cluster left on this machine. Workers have the number of
/// their log instead of their process's: "n1:j1-3". Tasks and actors are known
/// to a running cluster only.
int run_ended_logs(command_context& context, const parsed_flags& given,
                   std::optional<std::uint64_t> tail);

} // namespace rayd
