#pragma once

#include "cli/commands.hpp"
#include "cli/flags.hpp"

#include <vector>

namespace rayd {

/// The flags of a node's options, made from config/option_table.hpp, and
/// --config: what `rayd start` takes, and `config` and `doctor` with it.
std::vector<flag> option_flags();

/// Where these options come from: the flags that were given, the context's
/// environment and the file of --config. Flags that are no options are left
/// out.
option_sources option_sources_of(const command_context& context,
                                 const parsed_flags& given);

} // namespace rayd
