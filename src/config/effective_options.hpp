#pragma once

#include "config/option_table.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace rayd {

/// An option's value in force and who said so.
struct effective_value {
  const option_row* row = nullptr;
  /// As the command line writes it, paths absolute; "" when there is none.
  /// Never a secret: "***" stands for one.
  std::string text;
  /// "command line", "environment", "file" or "default" (which may depend on
  /// the machine).
  std::string_view source;
  /// "--num-cpus", "RAY_NUM_CPUS", "head.conf:3"; "" of a default.
  std::string where;
};

struct effective_options {
  /// What resolve() would give; the role is node while none is given.
  node_options options;
  /// False while neither --head nor --address is given.
  bool has_role = false;
  /// In the order of the option table, without rows that do not work yet.
  std::vector<effective_value> values;
};

/// The options that `rayd start` would have of *sources*, each with its
/// source. Unlike resolve() it needs no role, and it never reads standard
/// input: the secret is then left out of *options*.
/// @error wrong_type  As resolve().
result<effective_options> explain(const option_sources& sources);

} // namespace rayd
