#pragma once

#include "base/result.hpp"
#include "config/config_file.hpp"
#include "config/option_table.hpp"

#include <string>

namespace rayd {

/// The value that a config file gives to *row*, in the spelling of the command
/// line.
/// @error wrong_type  Half a sentence: the kind of the value is wrong. Whether
///   the text itself is right is for row.apply to say.
result<std::string> option_text(const option_row& row,
                                const config_entry& entry);

} // namespace rayd
