#include "cli/shell_text.hpp"

namespace rayd {

std::string shell_word(std::string_view word) {
  constexpr std::string_view plain
    = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
      "_@%+=:,./-";
  if (!word.empty() && word.find_first_not_of(plain) == std::string_view::npos)
    return std::string{word};
  std::string quoted = "'";
  for (char c : word)
    if (c == '\'')
      quoted += "'\\''";
    else
      quoted += c;
  return quoted + "'";
}

std::string shell_line(const std::vector<std::string>& words) {
  std::string line;
  for (auto& word : words)
    line += (line.empty() ? "" : " ") + shell_word(word);
  return line;
}

} // namespace rayd
