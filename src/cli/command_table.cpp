#include "cli/commands.hpp"

#include "cli/flags.hpp"
#include "cli/table.hpp"
#include "config/nearest.hpp"

#include <fmt/format.h>

#include <array>
#include <exception>
#include <ostream>

namespace rayd {

namespace {

const std::array<command_row, 26> rows{{
  {"start", "start a node: --head founds a cluster, --address=HOST joins one",
   run_start},
  {"stop", "end the nodes that you started on this machine", run_stop},
  {"status", "show the cluster: nodes, resources, tasks", run_status},
  {"list", "list tasks, actors, objects, nodes, workers, jobs, errors or "
           "metrics",
   run_list},
  {"get", "show one task, actor, object, node, worker or job", run_get},
  {"summary", "sums over tasks, actors or objects, by name", run_summary},
  {"memory", "show what holds the object stores' memory", run_memory},
  {"timeline", "write a trace of tasks, for Perfetto", run_timeline},
  {"top", "watch the cluster", run_top},
  {"why", "say what a waiting task or actor waits for", run_why},
  {"logs", "show what a node or worker printed, or list the logs", run_logs},
  {"dump", "print the whole control state as JSON lines, also of a dead "
           "cluster",
   run_dump},
  {"microbenchmark", "measure tasks, actors and objects",
   run_microbenchmark},
  {"up", "start the cluster of a file, on this machine and over ssh", run_up},
  {"down", "end the cluster of a file", run_down},
  {"submit", "run a program as a job of a cluster that runs", run_submit},
  {"new", "make a project that builds and runs as it stands", run_new},
  {"version", "print the version", run_version},
  {"help", "print this", run_help},
  {"report", "write the dashboard's pages into one file", run_report},
  {"doctor", "check this machine and say what to do", run_doctor},
  {"config", "show the options in force and where they come from", run_config},
  {"completion", "print completions for bash, zsh or fish", run_completion},
  {"node-process", "a detached node", run_node_process, true},
  {"write-share", "write man pages and completions", run_write_share, true},
  {"--version", "as version", run_version, true},
}};

std::vector<std::string_view> visible_names() {
  std::vector<std::string_view> names;
  for (auto& row : rows)
    if (!row.hidden)
      names.push_back(row.name);
  return names;
}

int dispatch(command_context& context, const arguments& args) {
  if (args.empty()) {
    context.talk << "usage: rayd COMMAND [FLAGS]; rayd help lists the "
                    "commands\n";
    return static_cast<int>(exit_code::usage);
  }
  if (args[0] == "--help" || args[0] == "-h")
    return run_help(context, {});
  for (auto& row : rows) {
    if (row.name != args[0])
      continue;
    return row.run(context, {args.begin() + 1, args.end()});
  }
  auto hint = did_you_mean(args[0], visible_names());
  // An argument that stands in the wrong place may hold the secret.
  auto shown = args[0].substr(0, args[0].find('='));
  return complain(context, exit_code::usage,
                  fmt::format("unknown command {}{}", shown,
                              hint.empty() ? ": rayd help lists them" : hint));
}

} // namespace

std::span<const command_row> command_table() {
  return rows;
}

int run_command_line(command_context& context, const arguments& args) {
  try {
    return dispatch(context, args);
  } catch (const std::exception& error) {
    return complain(context, exit_code::failed,
                    fmt::format("the command failed: {}", error.what()));
  }
}

int complain(command_context& context, exit_code code,
             std::string_view sentence) {
  auto named = sentence.substr(0, 5) == "rayd ";
  context.talk << (named ? "" : "rayd: ") << sentence << std::endl;
  return static_cast<int>(code);
}

int run_version(command_context& context, const arguments& args) {
  if (args == arguments{"--help"}) {
    context.out << describe_flags("rayd version", {});
    return 0;
  }
  if (!args.empty())
    return complain(context, exit_code::usage,
                    "rayd version takes no flags and nothing else");
  context.out << "rayd " RAYD_VERSION "\n";
  return 0;
}

int run_help(command_context& context, const arguments& args) {
  if (!args.empty() && args[0].substr(0, 1) != "-" && args[0] != "help")
    return dispatch(context, {args[0], "--help"});
  if (args == arguments{"--help"}) {
    context.out << describe_flags("rayd help [COMMAND]", {});
    return 0;
  }
  std::vector<std::vector<std::string>> table;
  for (auto& row : rows)
    if (!row.hidden)
      table.push_back({"  " + std::string{row.name}, std::string{row.summary}});
  context.out << "usage: rayd COMMAND [FLAGS]\n\n"
              << format_table(table)
              << "\nrayd COMMAND --help lists a command's flags.\n";
  return 0;
}

std::string session_base(const command_context& context,
                         const std::string& flag) {
  if (auto home = context.environment("HOME");
      home && flag.rfind("~/", 0) == 0)
    return (std::filesystem::path{*home} / flag.substr(2)).lexically_normal();
  if (!flag.empty())
    return std::filesystem::absolute(flag).lexically_normal();
  if (auto named = context.environment("RAYD_SESSION_DIR"))
    if (!named->empty())
      return std::filesystem::absolute(*named).lexically_normal();
  return default_session_base();
}

} // namespace rayd
