#include "config/config_file.hpp"

#include <fmt/format.h>

#include <caf/atom.hpp>
#include <caf/detail/parser/read_ini.hpp>
#include <caf/parser_state.hpp>
#include <caf/timespan.hpp>
#include <caf/uri.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace rayd {

namespace {

constexpr std::size_t file_bytes_max = 1 << 20;
constexpr int depth_max = 16;

using kind = config_entry::kind;
using parser_state = caf::parser_state<std::string::const_iterator>;

failure wrong(const std::string& file, int line, std::string_view sentence) {
  return failure{ray::errc::wrong_type,
                 fmt::format("{}:{}: {}", file, line, sentence)};
}

/// The open list or dictionary and the key that its next value belongs to.
struct level {
  config_entry entry;
  std::string key;
  int key_line = 0;
};

/// What CAF's parser calls; copies share one stack. CAF calls value(),
/// end_list() and end_map() from destructors, so these never throw for input.
struct tree_builder {
  parser_state* input;
  std::vector<level>* stack;

  void key(std::string name) {
    stack->back().key = std::move(name);
    // The parser stands behind the key; it counts a line when it steps on
    // that line's end.
    stack->back().key_line = input->line - (input->current() == '\n' ? 1 : 0);
  }

  tree_builder begin_map() { return open(kind::dictionary); }
  tree_builder begin_list() { return open(kind::list); }
  void end_map() { close(); }
  void end_list() { close(); }

  void value(std::string text) { add(scalar(kind::text, std::move(text))); }
  void value(bool is) { add(scalar(kind::boolean, is ? "true" : "false")); }
  void value(std::int64_t number) {
    add(scalar(kind::integer, fmt::format("{}", number)));
  }
  void value(double number) {
    add(scalar(kind::real, fmt::format("{}", number)));
  }
  void value(caf::timespan span) {
    add(scalar(kind::duration, fmt::format("{}ns", span.count())));
  }
  void value(caf::atom_value name) {
    add(scalar(kind::text, caf::to_string(name)));
  }
  void value(const caf::uri& address) {
    add(scalar(kind::text, caf::to_string(address)));
  }

private:
  static config_entry scalar(kind type, std::string text) {
    config_entry entry;
    entry.type = type;
    entry.text = std::move(text);
    return entry;
  }

  tree_builder open(kind type) {
    level next;
    next.entry.type = type;
    // A list inside a list has no key of its own.
    next.key_line = stack->back().key_line;
    stack->push_back(std::move(next));
    return *this;
  }

  void close() {
    auto entry = std::move(stack->back().entry);
    stack->pop_back();
    add(std::move(entry));
  }

  void add(config_entry entry) {
    auto& top = stack->back();
    entry.line = top.key_line;
    if (top.entry.type == kind::list)
      top.entry.items.push_back(std::move(entry));
    else
      top.entry.fields.emplace_back(top.key, std::move(entry));
  }
};

/// What CAF's parser would choke on or recurse into without bound.
status check_text(const std::string& text, const std::string& file) {
  int line = 1;
  int depth = 0;
  bool in_string = false;
  bool in_comment = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '\0')
      return wrong(file, line, "holds a NUL byte: this is not a text file");
    if (c == '\n') {
      ++line;
      in_comment = in_string = false;
    } else if (in_comment) {
      continue;
    } else if (in_string) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == ';') {
      in_comment = true;
    } else if (c == '[' || c == '{') {
      if (++depth > depth_max)
        return wrong(file, line, "nests lists and dictionaries deeper than 16");
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return ok();
}

/// The line's text, numbered from 1.
std::string_view line_of(std::string_view text, int number) {
  for (; number > 1 && !text.empty(); --number)
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  return text.substr(0, text.find('\n'));
}

/// The last line that is not empty.
int last_line(std::string_view text) {
  auto end = text.find_last_not_of(" \t\n") + 1;
  text = text.substr(0, end);
  return 1 + static_cast<int>(std::count(text.begin(), text.end(), '\n'));
}

std::string explain(const parser_state& state, std::string_view line) {
  switch (state.code) {
    case caf::pec::unexpected_eof:
      return "the file ends in the middle of a value or section";
    case caf::pec::unexpected_newline:
      if (std::count(line.begin(), line.end(), '"') % 2 == 1)
        return "a text in quotes must end on its line";
      break;
    case caf::pec::fractional_timespan:
      return "a duration needs a whole number: write 1500ms, not 1.5s";
    case caf::pec::integer_overflow:
    case caf::pec::integer_underflow:
    case caf::pec::timespan_overflow:
    case caf::pec::exponent_overflow:
    case caf::pec::exponent_underflow:
      return "the number is too large";
    case caf::pec::illegal_escape_sequence:
      return "only \\n \\r \\t \\\\ and \\\" may follow a backslash";
    case caf::pec::too_many_characters:
      return "a name in single quotes has at most 10 letters: use double "
             "quotes";
    default:
      break;
  }
  char c = state.current();
  if (c == '#')
    return "comments begin with ; not #";
  return "a line is key=value with texts and sizes in double quotes, or "
         "[section]";
}

result<config_text> flatten(const config_entry& root,
                            const std::string& file) {
  config_text text;
  text.file = file;
  std::map<std::string, int> seen;
  for (auto& [section, body] : root.fields)
    for (auto& [key, value] : body.fields) {
      // To CAF's parser, what follows a value on its line has no section.
      if (section == "global" && value.line > root.fields[0].second.line
          && root.fields[0].first != "global")
        return wrong(file, value.line,
                     fmt::format("key \"{}\" stands behind another value: "
                                 "each key has a line of its own",
                                 key));
      auto [first, is_new] = seen.emplace(section + "." + key, value.line);
      if (!is_new)
        return wrong(file, value.line,
                     fmt::format("key \"{}\" stands in line {} already", key,
                                 first->second));
      text.lines.push_back({section, key, value, value.line});
    }
  // Sections without keys matter too: their name may be wrong.
  for (auto& [section, body] : root.fields)
    if (body.fields.empty())
      text.lines.push_back({section, "", body, body.line});
  return text;
}

} // namespace

std::string_view to_string(config_entry::kind type) noexcept {
  switch (type) {
    case kind::text: return "a text";
    case kind::integer: return "an integer";
    case kind::real: return "a real number";
    case kind::boolean: return "a boolean";
    case kind::duration: return "a duration";
    case kind::list: return "a list";
    case kind::dictionary: return "a dictionary";
  }
  return "a value";
}

result<config_text> parse_config(std::string text, const std::string& file) {
  if (text.size() > file_bytes_max)
    return failure{ray::errc::wrong_type,
                   fmt::format("{} has {} bytes: a config file has at most 1 "
                               "MiB",
                               file, text.size())};
  std::string clean;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] != '\r' || i + 1 == text.size() || text[i + 1] != '\n')
      clean += text[i];
  clean += '\n';
  if (auto checked = check_text(clean, file); !checked)
    return checked.error();
  parser_state state{clean.cbegin(), clean.cend()};
  std::vector<level> stack(1);
  stack[0].entry.type = kind::dictionary;
  caf::detail::parser::read_ini(state, tree_builder{&state, &stack});
  if (state.code != caf::pec::success || stack.size() != 1) {
    // The parser counts a line when it steps on its end.
    int line = state.line - (state.current() == '\n' ? 1 : 0);
    if (state.at_end())
      line = last_line(clean);
    return wrong(file, line, explain(state, line_of(clean, line)));
  }
  return flatten(stack[0].entry, file);
}

result<config_text> read_config(const std::string& file) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error))
    return failure{ray::errc::wrong_type,
                   fmt::format("{} is a folder, not a config file", file)};
  std::ifstream in{file, std::ios::binary};
  if (!in)
    return failure{ray::errc::wrong_type,
                   fmt::format("cannot read the config file {}: {}", file,
                               std::strerror(errno))};
  // One byte more than allowed shows that there is too much.
  std::string text(file_bytes_max + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return parse_config(std::move(text), file);
}

} // namespace rayd
