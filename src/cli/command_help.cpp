#include "cli/command_help.hpp"

#include <algorithm>
#include <sstream>

namespace rayd {

namespace {

constexpr std::string_view between_usages = ", or ";

std::vector<std::string> split(const std::string& text,
                               std::string_view separator) {
  std::vector<std::string> parts;
  for (std::size_t at = 0;;) {
    auto end = text.find(separator, at);
    parts.push_back(text.substr(at, end - at));
    if (end == std::string::npos)
      return parts;
    at = end + separator.size();
  }
}

/// The hint for the first word of *usage*, "rayd NAME WORD ...".
value_hint word_of(const std::string& usage,
                   const std::vector<std::string>& commands) {
  auto tokens = split(usage, " ");
  for (std::size_t i = 2; i < tokens.size(); ++i) {
    auto& token = tokens[i];
    if (token == "--")
      return {value_kind::program, {}};
    if (token.front() == '[' && token.back() == ']')
      token = token.substr(1, token.size() - 2);
    if (token.empty() || token.front() == '-' || token == "FLAGS")
      continue;
    return token == "COMMAND" ? value_hint{value_kind::choice, commands}
                              : hint_of(token);
  }
  return {};
}

std::string help_text(const command_context& context, const command_row& row) {
  std::ostringstream out;
  std::ostringstream talk;
  command_context listener{out, talk};
  listener.environment = context.environment;
  row.run(listener, {"--help"});
  return out.str();
}

} // namespace

value_hint hint_of(const std::string& value_name) {
  if (value_name.empty())
    return {value_kind::none, {}};
  if (value_name == "FILE" || value_name == "PATH")
    return {value_kind::file, {}};
  if (value_name == "DIR")
    return {value_kind::folder, {}};
  auto is_word = std::all_of(value_name.begin(), value_name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || c == '-' || c == '|';
  });
  if (is_word)
    return {value_kind::choice, split(value_name, "|")};
  return {value_kind::free, {}};
}

std::vector<command_help> describe_commands(const command_context& context) {
  std::vector<std::string> names;
  for (auto& row : command_table())
    if (!row.hidden)
      names.emplace_back(row.name);
  std::vector<command_help> commands;
  for (auto& row : command_table()) {
    if (row.hidden)
      continue;
    auto text = read_flags_text(help_text(context, row));
    command_help help;
    help.name = row.name;
    help.summary = row.summary;
    help.flags = std::move(text.flags);
    help.flags.push_back({"help", "", "Print the command's flags."});
    if (text.usage.empty())
      text.usage = "rayd " + help.name;
    help.usages = split(text.usage, between_usages);
    for (auto& usage : help.usages) {
      auto hint = word_of(usage, names);
      // Of "nodes" in one usage and "tasks" in another, both.
      auto& word = help.word;
      if (word.kind == value_kind::choice && hint.kind == value_kind::choice)
        word.choices.insert(word.choices.end(), hint.choices.begin(),
                            hint.choices.end());
      else if (word.kind == value_kind::none)
        word = std::move(hint);
    }
    commands.push_back(std::move(help));
  }
  return commands;
}

} // namespace rayd
