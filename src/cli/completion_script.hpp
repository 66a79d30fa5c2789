#pragma once

#include "cli/command_help.hpp"

#include <string>
#include <vector>

namespace rayd {

// Scripts that make a shell complete rayd's commands, flags and their values.
// They stand alone: no rayd runs while a person types.

/// For bash 4 or later; source it. Needs no package bash-completion.
std::string bash_completion(const std::vector<command_help>& commands);

/// For zsh; a file _rayd in a folder of $fpath, or sourced after compinit.
std::string zsh_completion(const std::vector<command_help>& commands);

/// For fish; source it, or a file rayd.fish in a completions folder.
std::string fish_completion(const std::vector<command_help>& commands);

} // namespace rayd
