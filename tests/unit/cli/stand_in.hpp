#pragma once

#include "cli/commands.hpp"

#include <cstdlib>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>

/// A command line whose rooms above config are stand-ins, in a session folder
/// of its own.
class command_line {
public:
  command_line() {
    char name[] = "/tmp/rayd-unit-XXXXXX";
    base = ::mkdtemp(name);
    context.executable = "/none/rayd";
    context.environment =
      [this](const std::string& key) -> std::optional<std::string> {
      auto found = environment.find(key);
      if (found == environment.end())
        return std::nullopt;
      return found->second;
    };
    environment["RAYD_SESSION_DIR"] = base;
    context.query = [this](const rayd::query_target& target,
                           const std::string& request) {
      asked = target;
      asked_for = request;
      return answer;
    };
    context.dump_session = [this](const std::string& folder, std::ostream&,
                                  std::ostream&) {
      dumped = folder;
      return 0;
    };
  }

  /// What read_log shows, by file; it says how many lines were wanted.
  void let_read_logs() {
    context.read_log = [](const std::string& path,
                          std::optional<std::uint64_t> tail, const auto& show) {
      show(std::filesystem::path{path}.filename().string()
           + (tail ? " " + std::to_string(*tail) : "") + "\n");
    };
  }

  ~command_line() {
    std::error_code error;
    std::filesystem::remove_all(base, error);
  }

  /// Runs one command and gives its exit code; out and talk are fresh.
  int run(const rayd::arguments& args) {
    out.str("");
    talk.str("");
    return rayd::run_command_line(context, args);
  }

  /// A session whose process is *process*.
  rayd::session add_session(const std::string& name,
                            rayd::process_identity process,
                            rayd::node_role role, std::int64_t started_ms) {
    rayd::session made;
    made.folder = base / name;
    std::filesystem::create_directories(made.folder);
    made.record.process = process;
    made.record.role = role;
    made.record.node_id = "n" + std::to_string(started_ms);
    made.record.port = 6379;
    made.record.host = "127.0.0.1";
    made.record.socket = made.socket_path();
    made.record.state = "running";
    made.record.started_ms = started_ms;
    static_cast<void>(static_cast<bool>(rayd::write_record(made)));
    return made;
  }

  std::filesystem::path base;
  std::map<std::string, std::string> environment;
  std::ostringstream out, talk;
  rayd::command_context context{out, talk};
  rayd::query_target asked;
  std::string asked_for;
  rayd::query_answer answer{rayd::exit_code::ok, "{}"};
  std::string dumped;
};
