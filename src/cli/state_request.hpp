#pragma once

#include "base/result.hpp"
#include "cli/flags.hpp"

#include <cstddef>
#include <string>
#include <string_view>

// What commands about the state ask for, from what the user wrote.

namespace rayd {

/// The kind that *word* means: "tasks", for get "task" too -> "tasks".
/// @error wrong_type  There is no such kind; names the nearest one.
result<std::string> plural_kind(std::string_view command,
                                const std::string& word);

/// The filters of --filter as JSON: conditions like name=square, state!=failed
/// or name=~squ (contains), between commas.
/// @error wrong_type  One of them is no condition.
result<std::string> read_filters(const std::string& text);

/// --limit: a number, or "all" (the largest one). Empty: *otherwise*.
/// @error wrong_type  It is neither.
result<std::size_t> read_limit(const std::string& text, std::size_t otherwise);

} // namespace rayd
