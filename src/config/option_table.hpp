#pragma once

#include "config/node_options.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rayd {

/// What an option's value is; says what a config file may hold for it.
enum class option_type : std::uint8_t {
  text,     ///< "text"
  path,     ///< "text"; made absolute, ~ is the home folder
  boolean,  ///< true or false; as a flag also without a value
  port,     ///< integer
  amount,   ///< integer or real
  size,     ///< integer in bytes, or "2GiB"
  duration, ///< 500ms, or "500ms"
  address,  ///< "HOST:PORT"
  amounts,  ///< "name=amount,...", or {name=amount}
  labels,   ///< "key=value,...", or {key="value"}
  secret,   ///< "text"; never shown
  choice,   ///< "text", one of those in the row's example
};

/// Which role an option is for.
enum class option_role : std::uint8_t { both, head, node };

/// One option of a node.
struct option_row {
  /// Key in files; the flag is "--" before it.
  std::string_view key;
  option_type type;
  option_role role;
  /// Default as a config file writes it; "" when it depends on the machine or
  /// there is none, then *example* stands in config/rayd.conf, commented out.
  std::string_view default_text;
  /// Of a choice: its values, "auto|basp".
  std::string_view example;
  /// "" when no variable sets it.
  std::string_view environment;
  /// One sentence.
  std::string_view doc;
  /// False: known by name and refused.
  bool works;
  /// Puts a value into options or gives half a sentence about what is wrong.
  status (*apply)(node_options&, const std::string& text);
  /// The value in force as the command line writes it; "" when there is none,
  /// "***" for a secret. Every row that works has it.
  std::string (*show)(const node_options&) = nullptr;
};

/// All options, in the order of config/rayd.conf.
std::span<const option_row> option_table();

/// The row of *key*, or nullptr.
const option_row* find_option(std::string_view key);

/// All keys, for "did you mean".
std::vector<std::string_view> option_keys();

/// What an option's value is called in help: "PORT", "auto|basp"; "" of a
/// boolean.
std::string_view value_name(const option_row& row) noexcept;

/// The text of config/rayd.conf, made from the table.
std::string render_reference();

} // namespace rayd
