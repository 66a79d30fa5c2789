#include "cli/man_page.hpp"

#include "config/option_table.hpp"

#include <fmt/format.h>

namespace rayd {

namespace {

/// Text that roff prints as it is. Lines begin with a letter everywhere here,
/// so no line can become a request.
std::string plain(std::string_view text) {
  std::string safe;
  for (char c : text)
    if (c == '\\')
      safe += "\\e";
    else if (c == '-')
      safe += "\\-";
    else if (c == '\'')
      safe += "\\(aq";
    else if (c == '~')
      safe += "\\(ti";
    else if (c == '^')
      safe += "\\(ha";
    else if (c == '`')
      safe += "\\(ga";
    else
      safe += c;
  // A line that begins with a dot would be a request.
  return safe.empty() || safe.front() != '.' ? safe : "\\&" + safe;
}

std::string bold(std::string_view text) {
  return "\\fB" + plain(text) + "\\fR";
}

std::string title(const std::string& name) {
  std::string upper;
  for (char c : name)
    upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return fmt::format(".TH {} 1 \"\" \"rayd {}\" \"rayd\"\n", plain(upper),
                     RAYD_VERSION);
}

std::string names(const std::string& name, const std::string& summary) {
  return fmt::format(".SH NAME\n{} \\- {}\n", plain(name), plain(summary));
}

/// A term and what it means.
std::string entry(const std::string& term, const std::string& meaning) {
  return fmt::format(".TP\n{}\n{}\n", term, meaning);
}

std::string describe(const flag& one, bool is_option) {
  auto term = "\\fB\\-\\-" + plain(one.name);
  if (!one.value.empty())
    term += "\\fR=\\fI" + plain(one.value);
  auto meaning = plain(one.help);
  const auto* row = is_option ? find_option(one.name) : nullptr;
  if (row != nullptr && !row->default_text.empty())
    meaning += fmt::format(" Default: {}.", plain(row->default_text));
  if (row != nullptr && !row->environment.empty())
    meaning += fmt::format(" Environment: {}.", bold(row->environment));
  return entry(term + "\\fR", meaning);
}

std::string exit_codes() {
  return ".SH EXIT STATUS\n"
         + entry("0", "Done.")
         + entry("1", "Failed; one sentence on standard error says why.")
         + entry("2", "The command line or a config file is wrong.")
         + entry("3", "Nobody answers, or refuses: the secret, the version.")
         + entry("4", "The port is taken.")
         + entry("5", "It took too long.");
}

std::string files() {
  return ".SH FILES\n"
         + entry("\\fI${XDG_STATE_HOME:\\-\\(ti/.local/state}/rayd\\fR",
                 "One folder for each run of a node: its record, logs and "
                 "control state.")
         + entry("\\fIPREFIX/share/rayd/rayd.conf\\fR",
                 "Every key of a config file with its default.");
}

} // namespace

std::string man_page_of_rayd(const std::vector<command_help>& commands) {
  auto text = title("rayd")
              + names("rayd", "run C++ functions and actors on many machines")
              + ".SH SYNOPSIS\n" + bold("rayd")
              + " \\fICOMMAND\\fR [\\fIFLAGS\\fR]\n.SH DESCRIPTION\n"
                "One program is the head of a cluster or one of its nodes, "
                "and the command line for both.\n"
                "Data goes to standard output, words go to standard error.\n"
                ".SH COMMANDS\n";
  for (auto& command : commands)
    text += entry(bold(command.name), plain(command.summary) + ". See "
                                        + bold("rayd-" + command.name)
                                        + "(1).");
  return text + exit_codes() + files();
}

std::string man_page_of(const command_help& command) {
  const auto page = "rayd-" + command.name;
  auto text = title(page) + names(page, command.summary) + ".SH SYNOPSIS\n";
  for (std::size_t i = 0; i < command.usages.size(); ++i)
    text += (i == 0 ? "" : ".br\n") + plain(command.usages[i]) + "\n";
  const auto is_start = command.name == "start";
  text += ".SH OPTIONS\n";
  for (auto& one : command.flags)
    text += describe(one, is_start);
  if (command.name == "submit")
    text += ".SH EXIT STATUS\nThe program\\(aqs own.\n";
  else
    text += exit_codes();
  if (is_start)
    text += files();
  return text + ".SH SEE ALSO\n" + bold("rayd") + "(1)\n";
}

} // namespace rayd
