#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rayd {

/// A flag of a command.
struct flag {
  /// Without "--".
  std::string name;
  /// What its value is called in help: "FILE"; "" when it needs none (then
  /// --name and --name=true are the same).
  std::string value;
  std::string help;
};

/// What a command was given.
struct parsed_flags {
  /// By name without "--"; of a flag given twice the last value.
  std::map<std::string, std::string> values;
  /// Arguments that are no flags, in order.
  std::vector<std::string> words;
  bool help = false;
  /// One sentence when the arguments are wrong; never holds a value.
  std::string problem;

  bool has(const std::string& name) const { return values.count(name) != 0; }
  /// The value, or "" when the flag was not given.
  std::string value(const std::string& name) const;
};

/// Reads `--k v`, `--k=v` and words with CLI11. Unknown flags are a problem
/// that names the nearest known one; so are more than *words_max* words.
parsed_flags parse_flags(std::string_view command,
                         const std::vector<flag>& flags,
                         const std::vector<std::string>& args,
                         std::size_t words_max = 0);

/// Usage and one line per flag.
std::string describe_flags(std::string_view usage,
                           const std::vector<flag>& flags);

/// What describe_flags was given.
struct flags_text {
  std::string usage;
  std::vector<flag> flags;
};

/// The inverse of describe_flags; lines of other kinds are left out. So what a
/// command prints as its help is also what shells and man pages are made of.
flags_text read_flags_text(const std::string& text);

} // namespace rayd
