#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rayd {

/// Insertions, deletions, replacements and swaps of neighbours that turn *a*
/// into *b* (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The name nearest to *text* when it is near enough to be meant: at most a
/// third of its length, and never more than three edits. Otherwise "".
std::string nearest_name(std::string_view text,
                         const std::vector<std::string_view>& names);

/// ", did you mean start?" or "" when nothing is near; *prefix* stands before
/// the name ("--").
std::string did_you_mean(std::string_view text,
                         const std::vector<std::string_view>& names,
                         std::string_view prefix = {});

} // namespace rayd
