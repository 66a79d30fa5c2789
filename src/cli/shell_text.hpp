#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rayd {

/// *word* as one word of a POSIX shell: as it is when no character of it means
/// anything there, else in single quotes.
std::string shell_word(std::string_view word);

/// *words* as a command line.
std::string shell_line(const std::vector<std::string>& words);

} // namespace rayd
