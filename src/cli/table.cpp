#include "cli/table.hpp"

#include <algorithm>
#include <cstdlib>
#include <unistd.h>

namespace rayd {

namespace {

std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
    std::count_if(text.begin(), text.end(), [](char c) {
      return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    }));
}

bool is_number(const std::string& text) {
  return !text.empty()
         && text.find_first_not_of("0123456789.-") == std::string::npos;
}

struct column {
  std::size_t width = 0;
  bool right = true;
};

std::vector<column>
measure(const std::vector<std::vector<std::string>>& rows) {
  std::vector<column> columns;
  for (std::size_t r = 0; r < rows.size(); ++r)
    for (std::size_t c = 0; c < rows[r].size(); ++c) {
      if (columns.size() <= c)
        columns.resize(c + 1);
      columns[c].width = std::max(columns[c].width, width_of(rows[r][c]));
      if (r > 0 && !is_number(rows[r][c]))
        columns[c].right = false;
    }
  if (rows.size() < 2)
    for (auto& one : columns)
      one.right = false;
  return columns;
}

} // namespace

std::string format_table(const std::vector<std::vector<std::string>>& rows) {
  auto columns = measure(rows);
  std::string text;
  for (auto& row : rows) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c) {
      std::string space(columns[c].width - width_of(row[c]), ' ');
      line += c == 0 ? "" : "  ";
      line += columns[c].right ? space + row[c] : row[c] + space;
    }
    line.resize(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string with_bold_head(const std::string& table) {
  auto end = std::min(table.find('\n'), table.size());
  return "\033[1m" + table.substr(0, end) + "\033[0m" + table.substr(end);
}

bool wants_colour(int fd) {
  const char* off = std::getenv("NO_COLOR");
  return ::isatty(fd) == 1 && (off == nullptr || *off == '\0');
}

} // namespace rayd
