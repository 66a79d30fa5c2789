#pragma once

#include <string>
#include <vector>

namespace rayd {

/// Columns two spaces apart, no trailing spaces; columns whose cells (but the
/// first row's) are all numbers stand right. Width counts code points.
std::string format_table(const std::vector<std::vector<std::string>>& rows);

/// The first line in bold; only for terminals.
std::string with_bold_head(const std::string& table);

/// True when *fd* is a terminal and NO_COLOR is unset or empty.
bool wants_colour(int fd);

} // namespace rayd
