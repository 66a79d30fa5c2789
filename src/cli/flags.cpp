#include "cli/flags.hpp"

#include "cli/table.hpp"
#include "config/nearest.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <sstream>

namespace rayd {

namespace {

/// "--port" of "--port=1": a value could be a secret.
std::string name_only(const std::string& argument) {
  return argument.substr(0, argument.find('='));
}

std::string explain(const CLI::ParseError& error) {
  // "--port: 1 required TEXT missing"; the library's words say nothing more.
  std::string text = error.what();
  auto colon = text.find(':');
  if (text.rfind("--", 0) == 0 && colon != std::string::npos)
    return fmt::format("{} needs a value", text.substr(0, colon));
  return "the arguments cannot be read: flags are --name=value";
}

void sort_rest(std::string_view command, const std::vector<flag>& flags,
               const std::vector<std::string>& rest, std::size_t words_max,
               parsed_flags& parsed) {
  std::vector<std::string_view> names{"help"};
  for (auto& one : flags)
    names.push_back(one.name);
  for (auto& argument : rest) {
    auto is_flag = argument.size() > 1 && argument[0] == '-';
    if (!is_flag) {
      parsed.words.push_back(argument);
      continue;
    }
    auto name = name_only(argument);
    auto bare = name.substr(std::min(name.find_first_not_of('-'),
                                     name.size()));
    auto hint = did_you_mean(bare, names, "--");
    if (hint.empty())
      hint = fmt::format(": rayd {} --help lists them", command);
    parsed.problem = fmt::format("unknown flag {}{}", name, hint);
    return;
  }
  // Not shown: behind a space it may be a flag's value, such as the secret.
  if (parsed.words.size() > words_max)
    parsed.problem = fmt::format("rayd {} takes {} besides its flags, which "
                                 "are --name=value: rayd {} --help lists them",
                                 command,
                                 words_max == 0 ? "nothing" : "one word",
                                 command);
}

} // namespace

std::string parsed_flags::value(const std::string& name) const {
  auto found = values.find(name);
  return found == values.end() ? std::string{} : found->second;
}

parsed_flags parse_flags(std::string_view command,
                         const std::vector<flag>& flags,
                         const std::vector<std::string>& args,
                         std::size_t words_max) {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  parsed_flags parsed;
  app.add_flag("--help,-h", parsed.help);
  std::vector<std::string> values(flags.size());
  for (std::size_t i = 0; i < flags.size(); ++i) {
    auto name = "--" + flags[i].name;
    auto* option = flags[i].value.empty() ? app.add_flag(name, values[i])
                                          : app.add_option(name, values[i]);
    option->take_last();
  }
  // CLI11 takes its arguments last first.
  std::vector<std::string> reversed(args.rbegin(), args.rend());
  try {
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    parsed.problem = explain(error);
    return parsed;
  }
  for (std::size_t i = 0; i < flags.size(); ++i)
    if (app.count("--" + flags[i].name) > 0)
      parsed.values[flags[i].name] = values[i];
  sort_rest(command, flags, app.remaining(), words_max, parsed);
  return parsed;
}

std::string describe_flags(std::string_view usage,
                           const std::vector<flag>& flags) {
  std::string text = fmt::format("usage: {}\n", usage);
  std::vector<std::vector<std::string>> rows;
  for (auto& one : flags) {
    auto name = "  --" + one.name;
    if (!one.value.empty())
      name += "=" + one.value;
    rows.push_back({name, one.help});
  }
  return text + format_table(rows);
}

flags_text read_flags_text(const std::string& text) {
  constexpr std::string_view head = "usage: ";
  flags_text read;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind(head, 0) == 0)
      read.usage = line.substr(head.size());
    if (line.rfind("  --", 0) != 0)
      continue;
    // A value's name has no space, so the name ends at the first one.
    auto end = std::min(line.find(' ', 4), line.size());
    auto equals = std::min(line.find('=', 4), end);
    flag one{line.substr(4, equals - 4), {}, {}};
    if (equals < end)
      one.value = line.substr(equals + 1, end - equals - 1);
    if (auto help = line.find_first_not_of(' ', end);
        help != std::string::npos)
      one.help = line.substr(help);
    read.flags.push_back(std::move(one));
  }
  return read;
}

} // namespace rayd
