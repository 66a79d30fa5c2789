#pragma once

#include "config/node_options.hpp"
#include "config/ready_report.hpp"
#include "config/session.hpp"

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rayd {

// The command line: `rayd COMMAND FLAGS`.
//
// command_table() names every command of rayd. A command gets its arguments and
// a command_context, and gives the process's exit code. Data goes to
// context.out (standard output), words to context.talk (standard error), so
// `rayd status --json | jq` always works. Every error is one sentence on talk.
//
// This room decides nothing about a cluster: it starts and ends processes by
// their session folders (config/session.hpp) and asks a node by one query
// (wire/query.hpp). What it needs of rooms above config it gets through the
// context, which run_rayd.cpp fills; tests fill it with stand-ins.
//
// To add a command: a function of its own file, its declaration below, its
// name in the row of command_table.cpp.

using arguments = std::vector<std::string>;

/// Where a query goes.
struct query_target {
  /// A node's Unix socket; "" to use *address*.
  std::string socket;
  endpoint address;
  secret password;
};

/// The answer's JSON when *code* is ok, else one sentence.
struct query_answer {
  exit_code code = exit_code::failed;
  std::string text;
  /// Somebody answers, but with another secret.
  bool wrong_secret = false;
};

struct benchmark_request;
struct machine_facts;
struct machine_question;
enum class benchmark_part : std::uint8_t;

/// What commands work with.
struct command_context {
  std::ostream& out;
  std::ostream& talk;
  /// True when *out* may hold colours.
  bool colour = false;
  /// Standard output is a terminal: --watch and top draw again and again.
  bool terminal = false;
  /// The program that a detached node process runs.
  std::string executable = {};
  /// See node/run_node.hpp.
  std::function<int(const node_options&, session&, ready_report&, int)>
    run_node = {};
  /// See control_store/dump.hpp.
  std::function<int(const std::string&, std::ostream&, std::ostream&)>
    dump_session = {};
  /// See worker_pool/log_reader.hpp.
  std::function<void(const std::string&, std::optional<std::uint64_t>,
                     const std::function<void(const std::string&)>&)>
    read_log = {};
  /// See dashboard/report_page.hpp.
  std::function<std::string(std::string_view)> report_page = {};
  /// Sends a request of wire/query.hpp; waits at most 5 s.
  std::function<query_answer(const query_target&, const std::string&)> query
    = {};
  /// See microbenchmark_run.hpp.
  std::function<int(command_context&, benchmark_part, const benchmark_request&)>
    run_benchmark = {};
  /// See doctor_facts.hpp.
  std::function<machine_facts(const machine_question&)> inspect = {};
  std::function<std::optional<std::string>(const std::string&)> environment
    = process_environment;
};

struct command_row {
  std::string_view name;
  /// Behind the name in the list that `rayd help` prints.
  std::string_view summary;
  int (*run)(command_context&, const arguments&);
  /// Not listed: for rayd's own use.
  bool hidden = false;
};

std::span<const command_row> command_table();

/// Runs one command; *args* are the program's arguments without its name.
/// Throws nothing. @returns The exit code.
int run_command_line(command_context& context, const arguments& args);

/// The transport behind command_context::query. Blocks for at most 5 s.
query_answer query_node(const query_target& target, const std::string& request);

// -- commands -----------------------------------------------------------------

int run_start(command_context& context, const arguments& args);
int run_stop(command_context& context, const arguments& args);
int run_status(command_context& context, const arguments& args);
int run_list(command_context& context, const arguments& args);
int run_get(command_context& context, const arguments& args);
int run_summary(command_context& context, const arguments& args);
int run_memory(command_context& context, const arguments& args);
int run_timeline(command_context& context, const arguments& args);
/// The dashboard's pages as one file.
int run_report(command_context& context, const arguments& args);
int run_top(command_context& context, const arguments& args);
int run_why(command_context& context, const arguments& args);
int run_logs(command_context& context, const arguments& args);
int run_dump(command_context& context, const arguments& args);
int run_version(command_context& context, const arguments& args);
int run_help(command_context& context, const arguments& args);
int run_up(command_context& context, const arguments& args);
int run_down(command_context& context, const arguments& args);
/// Becomes the program; returns only when that fails.
int run_submit(command_context& context, const arguments& args);
int run_new(command_context& context, const arguments& args);
/// The options that `start` would have, and their sources.
int run_config(command_context& context, const arguments& args);
int run_completion(command_context& context, const arguments& args);
/// Exit code 1 when something stands in a node's way.
int run_doctor(command_context& context, const arguments& args);
/// Hidden, for the build: what goes to PREFIX/share.
int run_write_share(command_context& context, const arguments& args);
/// Hidden: a detached node; see config/launch.hpp for its descriptors.
int run_node_process(command_context& context, const arguments& args);
/// The benchmark; see microbenchmark_row.hpp. Starts this program again.
int run_microbenchmark(command_context& context, const arguments& args);

// -- what commands share ------------------------------------------------------

/// Writes *sentence* as an error and gives *code* as a number.
int complain(command_context& context, exit_code code,
             std::string_view sentence);

/// Runs a node in this process: session, log, secret, run_node, end. Blocks
/// SIGTERM, SIGINT, SIGHUP and SIGPIPE; call before any thread exists.
/// @param detached  Standard output and error go to the log.
int run_node_here(command_context& context, node_options options,
                  ready_report& report, int lifeline_fd, bool detached);

/// The folder of sessions: the flag's value, else the environment's
/// (RAYD_SESSION_DIR), else the default.
std::string session_base(const command_context& context,
                         const std::string& flag);

} // namespace rayd
