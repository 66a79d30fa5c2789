#include "config/option_table.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rayd {

namespace {

/// Comment lines of at most 80 columns.
std::string comment(std::string_view doc) {
  std::string out;
  std::string line = ";";
  while (!doc.empty()) {
    auto space = std::min(doc.find(' '), doc.size());
    if (line.size() + 1 + space > 80) {
      out += line + "\n";
      line = ";";
    }
    line += " " + std::string{doc.substr(0, space)};
    doc.remove_prefix(std::min(space + 1, doc.size()));
  }
  return out + line + "\n";
}

} // namespace

std::string_view value_name(const option_row& row) noexcept {
  switch (row.type) {
    case option_type::boolean: return "";
    case option_type::port: return "PORT";
    case option_type::amount: return "N";
    case option_type::size: return "BYTES";
    case option_type::duration: return "DURATION";
    case option_type::address: return "HOST[:PORT]";
    case option_type::amounts: return "NAME=AMOUNT,...";
    case option_type::labels: return "KEY=VALUE,...";
    case option_type::path: return "PATH";
    case option_type::choice: return row.example;
    case option_type::text:
    case option_type::secret: return "TEXT";
  }
  return "TEXT";
}

std::string render_reference() {
  std::string out = comment("Every key of a rayd config file with its default. "
                            "A key that is commented out has none, or one "
                            "that depends on the machine.");
  out += comment("Use: rayd start --config=FILE. A flag (--num-cpus=4) wins "
                 "over the environment, that over the file.");
  out += comment("Sizes stand in quotes (\"2GiB\"), durations do not (500ms).");
  out += "[rayd]\n";
  for (auto& row : option_table()) {
    std::string doc{row.doc};
    if (!row.works)
      doc = "Does not work yet: " + doc;
    if (row.role == option_role::head)
      doc += " Head only.";
    if (row.role == option_role::node)
      doc += " Not in the head.";
    if (!row.environment.empty())
      doc += fmt::format(" Environment: {}.", row.environment);
    out += "\n" + comment(doc);
    out += row.default_text.empty()
             ? fmt::format("; {}={}\n", row.key, row.example)
             : fmt::format("{}={}\n", row.key, row.default_text);
  }
  return out;
}

} // namespace rayd
