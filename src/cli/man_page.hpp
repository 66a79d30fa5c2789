#pragma once

#include "cli/command_help.hpp"

#include <string>
#include <vector>

namespace rayd {

/// rayd.1: the commands, exit codes and files.
std::string man_page_of_rayd(const std::vector<command_help>& commands);

/// rayd-NAME.1 of one command. A flag that is an option of a node also gets
/// its default and its environment variable.
std::string man_page_of(const command_help& command);

} // namespace rayd
