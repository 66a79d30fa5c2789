#pragma once

#include "base/result.hpp"

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace rayd {

/// One value of a config file with its line. A duration is text such as
/// "500ms". Dictionaries keep the file's order.
struct config_entry {
  enum class kind { text, integer, real, boolean, duration, list, dictionary };

  kind type = kind::text;
  /// Scalars in the spelling that the command line takes.
  std::string text;
  std::vector<config_entry> items;
  std::vector<std::pair<std::string, config_entry>> fields;
  int line = 0;
};

/// "text", "an integer", ...: what messages call a kind.
std::string_view to_string(config_entry::kind type) noexcept;

/// A key of a section, in the file's order.
struct config_line {
  std::string section;
  std::string key;
  config_entry value;
  /// Where the key stands; messages name it with the file.
  int line = 0;
};

/// What a config file says, before anyone knows what its keys mean.
struct config_text {
  /// As given; messages begin with it.
  std::string file;
  std::vector<config_line> lines;
};

/// Reads CAF 0.17's INI syntax with CAF's own parser. Reads only the named
/// file: a caf-application.ini never has an effect. A key that stands twice is
/// an error; so are files over 1 MiB and nesting deeper than 16.
/// @error wrong_type  "FILE:LINE: ..." for syntax; "cannot read ..." else.
result<config_text> read_config(const std::string& file);

/// The same from memory; *file* is used in messages only.
result<config_text> parse_config(std::string text, const std::string& file);

} // namespace rayd
