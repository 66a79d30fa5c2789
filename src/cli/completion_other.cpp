#include "cli/completion_script.hpp"

#include <fmt/format.h>

namespace rayd {

namespace {

/// *text* with a backslash before each of *special*.
std::string escape(std::string_view text, std::string_view special) {
  std::string escaped;
  for (char c : text) {
    if (special.find(c) != std::string_view::npos)
      escaped += '\\';
    escaped += c;
  }
  return escaped;
}

/// One word in single quotes for zsh, where only the quote itself is special.
std::string zsh_quote(std::string_view text) {
  std::string quoted = "'";
  for (char c : text)
    quoted += c == '\'' ? std::string{"'\\''"} : std::string{c};
  return quoted + "'";
}

/// One word in single quotes for fish, where a backslash escapes.
std::string fish_quote(std::string_view text) {
  return "'" + escape(text, "\\'") + "'";
}

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (auto& word : words)
    text += (text.empty() ? "" : " ") + word;
  return text;
}

/// The action of _arguments for a value.
std::string zsh_action(const value_hint& hint) {
  switch (hint.kind) {
    case value_kind::none:
    case value_kind::free: return "";
    case value_kind::choice: return "(" + join(hint.choices) + ")";
    case value_kind::file: return "_files";
    case value_kind::folder: return "_files -/";
    case value_kind::program: return "_rayd_program";
  }
  return "";
}

std::string zsh_command(const command_help& command) {
  auto text = fmt::format("    {})\n      _arguments", command.name);
  for (auto& one : command.flags) {
    auto spec = fmt::format("--{}{}[{}]", one.name,
                            one.value.empty() ? "" : "=",
                            escape(one.help, "\\[]"));
    if (!one.value.empty())
      spec += ":" + escape(one.value, "\\:") + ":"
              + zsh_action(hint_of(one.value));
    text += " \\\n        " + zsh_quote(spec);
  }
  if (command.word.kind == value_kind::program)
    text += " \\\n        '*::program:_rayd_program'";
  else if (command.word.kind != value_kind::none)
    text += " \\\n        "
            + zsh_quote("1:word:" + zsh_action(command.word));
  return text + "\n      ;;\n";
}

std::string fish_value(const value_hint& hint) {
  switch (hint.kind) {
    case value_kind::none:
    case value_kind::program: return "";
    case value_kind::free: return " -x";
    case value_kind::choice: return " -x -a " + fish_quote(join(hint.choices));
    case value_kind::file: return " -r -F";
    case value_kind::folder:
      return " -x -a '(__fish_complete_directories)'";
  }
  return "";
}

/// The first word, and what follows it.
std::string fish_word(const command_help& command) {
  const auto start = fmt::format("complete -c rayd -n '__rayd_is {}'",
                                 command.name);
  switch (command.word.kind) {
    case value_kind::none:
    case value_kind::free: return "";
    case value_kind::choice:
      return start + " -a " + fish_quote(join(command.word.choices)) + "\n";
    case value_kind::folder:
      return start + " -a '(__fish_complete_directories)'\n";
    case value_kind::file: return start + " -F\n";
    case value_kind::program:
      return start + " -F -a '(__fish_complete_command)'\n";
  }
  return "";
}

} // namespace

std::string zsh_completion(const std::vector<command_help>& commands) {
  std::string text = "#compdef rayd\n# Completions of rayd " RAYD_VERSION
                     " for zsh, made by: rayd completion zsh\n"
                     "_rayd_program() {\n"
                     "  [ \"$words[1]\" = -- ] || return\n"
                     "  shift words\n"
                     "  (( CURRENT-- ))\n"
                     "  _normal\n"
                     "}\n"
                     "_rayd() {\n  local -a commands\n  commands=(\n";
  for (auto& command : commands)
    text += "    "
            + zsh_quote(command.name + ":" + escape(command.summary, "\\:"))
            + "\n";
  text += "  )\n"
          "  if (( CURRENT == 2 )); then\n"
          "    _describe -t commands command commands\n"
          "    return\n"
          "  fi\n"
          "  local command=$words[2]\n"
          "  shift words\n"
          "  (( CURRENT-- ))\n"
          "  case $command in\n";
  for (auto& command : commands)
    text += zsh_command(command);
  return text
         + "  esac\n}\n"
           "# In a folder of $fpath the first call comes here; sourced, none.\n"
           "if [ \"$funcstack[1]\" = _rayd ]; then\n"
           "  _rayd \"$@\"\n"
           "else\n"
           "  compdef _rayd rayd\n"
           "fi\n";
}

std::string fish_completion(const std::vector<command_help>& commands) {
  std::string text
    = "# Completions of rayd " RAYD_VERSION
      " for fish, made by: rayd completion fish\n"
      "function __rayd_is\n"
      "  set -l words (commandline -opc)\n"
      "  test (count $words) -ge 2; and test $words[2] = $argv[1]\n"
      "end\n"
      "function __rayd_alone\n"
      "  test (count (commandline -opc)) -eq 1\n"
      "end\n"
      "complete -c rayd -f\n";
  for (auto& command : commands) {
    text += fmt::format("complete -c rayd -n __rayd_alone -a {} -d {}\n",
                        command.name, fish_quote(command.summary));
    for (auto& one : command.flags)
      text += fmt::format("complete -c rayd -n '__rayd_is {}' -l {}{} -d {}\n",
                          command.name, one.name,
                          fish_value(hint_of(one.value)),
                          fish_quote(one.help));
    text += fish_word(command);
  }
  return text;
}

} // namespace rayd
