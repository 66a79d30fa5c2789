#pragma once

#include "cli/commands.hpp"
#include "cli/flags.hpp"

#include <string>
#include <vector>

namespace rayd {

// What shells and man pages say about the commands. It is read from what each
// command prints for --help, so a new command needs nothing for it but a row
// in the command table and describe_flags().

/// What a word or a flag's value can be completed with.
enum class value_kind : std::uint8_t {
  none,    ///< A flag that takes no value; no word.
  free,    ///< Nothing can be suggested.
  choice,  ///< One of some words.
  file,
  folder,
  program, ///< Behind "--": a program and its arguments.
};

struct value_hint {
  value_kind kind = value_kind::none;
  /// Of a choice.
  std::vector<std::string> choices;
};

struct command_help {
  std::string name;
  std::string summary;
  /// "rayd up FILE [FLAGS]"; never empty.
  std::vector<std::string> usages;
  /// The first argument that is no flag.
  value_hint word;
  /// With --help as the last.
  std::vector<flag> flags;
};

/// "FILE", "PATH", "DIR", "bash|zsh", "" and others, as help writes them.
value_hint hint_of(const std::string& value_name);

/// All commands that work and are listed, in the order of `rayd help`.
std::vector<command_help> describe_commands(const command_context& context);

} // namespace rayd
