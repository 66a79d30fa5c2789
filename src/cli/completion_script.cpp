#include "cli/completion_script.hpp"

#include "cli/shell_text.hpp"

#include <fmt/format.h>

#include <map>

namespace rayd {

namespace {

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (auto& word : words)
    text += (text.empty() ? "" : " ") + word;
  return text;
}

/// What the script's `kind` is for a value or a word.
std::string_view bash_kind(value_kind kind) {
  switch (kind) {
    case value_kind::none: return "";
    case value_kind::free: return "free";
    case value_kind::choice: return "choice";
    case value_kind::file: return "file";
    case value_kind::folder: return "folder";
    case value_kind::program: return "program";
  }
  return "";
}

constexpr std::string_view bash_head = R"(_rayd_values() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("$line")
  done < <(compgen "$@" -- "$word")
}

_rayd() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
  local flag= flags= kind= choices= word_kind= word_choices= prefix= i
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    _rayd_values -W ')";

constexpr std::string_view bash_flag = R"('
    return
  fi
  # bash takes "=" for a word of its own, unless COMP_WORDBREAKS was changed.
  if [ "$word" = = ]; then
    flag=$before word=
  elif [ "$before" = = ]; then
    flag=${COMP_WORDS[COMP_CWORD-2]}
  else
    case $word in
      --*=*) flag=${word%%=*} prefix=${word%%=*}= word=${word#*=} ;;
      *) flag=$before ;;
    esac
  fi
  case ${COMP_WORDS[1]} in
)";

constexpr std::string_view bash_tail = R"(  esac
  if [ "$word_kind" = program ]; then
    word_kind=
    for ((i = 2; i < COMP_CWORD; ++i)); do
      if [ "${COMP_WORDS[i]}" = -- ]; then
        kind=file
        [ "$before" != -- ] || kind=command
        break
      fi
    done
  fi
  if [ -z "$kind" ]; then
    case $word in
      -*) ;;
      *) kind=$word_kind choices=$word_choices ;;
    esac
  fi
  case $kind in
    choice) _rayd_values -P "$prefix" -W "$choices" ;;
    file) compopt -o filenames 2>/dev/null; _rayd_values -P "$prefix" -f ;;
    folder) compopt -o filenames 2>/dev/null; _rayd_values -P "$prefix" -d ;;
    command) _rayd_values -c ;;
    free) ;;
    *)
      _rayd_values -W "$flags"
      case ${COMPREPLY[0]} in *=) compopt -o nospace 2>/dev/null ;; esac
      ;;
  esac
}
complete -F _rayd rayd
)";

std::string bash_command(const command_help& command) {
  std::vector<std::string> flags;
  std::map<std::string, std::string> patterns;
  std::string choices;
  for (auto& one : command.flags) {
    auto hint = hint_of(one.value);
    flags.push_back("--" + one.name + (one.value.empty() ? "" : "="));
    if (hint.kind == value_kind::none)
      continue;
    if (hint.kind == value_kind::choice) {
      choices += fmt::format("        --{}) kind=choice choices={} ;;\n",
                             one.name, shell_word(join(hint.choices)));
      continue;
    }
    auto& pattern = patterns[std::string{bash_kind(hint.kind)}];
    pattern += (pattern.empty() ? "--" : "|--") + one.name;
  }
  auto text = fmt::format("    {})\n      flags={}\n", command.name,
                          shell_word(join(flags)));
  text += fmt::format("      word_kind={} word_choices={}\n"
                      "      case $flag in\n",
                      bash_kind(command.word.kind),
                      shell_word(join(command.word.choices)));
  text += choices;
  for (auto& [kind, pattern] : patterns)
    text += fmt::format("        {}) kind={} ;;\n", pattern, kind);
  return text + "      esac\n      ;;\n";
}

} // namespace

std::string bash_completion(const std::vector<command_help>& commands) {
  std::vector<std::string> names;
  std::string cases;
  for (auto& command : commands) {
    names.push_back(command.name);
    cases += bash_command(command);
  }
  return "# Completions of rayd " RAYD_VERSION
         " for bash, made by: rayd completion bash\n"
         + std::string{bash_head} + join(names) + std::string{bash_flag}
         + cases + std::string{bash_tail};
}

} // namespace rayd
