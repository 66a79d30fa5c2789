#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>

namespace rayd {

/// Exit codes of the rayd command (product.md) and of a failed start.
enum class exit_code : int {
  ok = 0,
  failed = 1,
  usage = 2,
  refused = 3,    ///< nobody answers, refused secret, other version
  port_taken = 4, ///< names who has it
  timed_out = 5,
};

/// What a node says when it answered its probe task. Holds no secret but the
/// dashboard's token.
struct ready_info {
  /// Of the node process.
  long pid = 0;
  std::string node_id;
  std::string cluster_id;
  /// "HOST:PORT" at which others join (the head's), "" in private clusters.
  std::string address;
  /// True when machines other than this one can reach *address*.
  bool reachable = false;
  std::string session_folder;
  std::string socket;
  /// The file that a joining machine needs a copy of; "" when none is kept.
  std::string secret_file;
  std::string version;
  /// "http://HOST:PORT" of the head's dashboard, "" when there is none.
  std::string dashboard;
  /// What a browser must show there. For people only: it stands in no file and
  /// no log.
  std::string dashboard_token;
  /// Everybody must, not other users than ours only.
  bool dashboard_wants_token = false;
  /// Why the dashboard is elsewhere, or not there: a sentence, or "".
  std::string dashboard_note;
};

/// A node's first words to whoever started it: first maybe the session
/// folder, then exactly one of ready and failed; what comes later is ignored.
/// Implementations: a pipe (below) and, with --block, the terminal.
class ready_report {
public:
  virtual ~ready_report() = default;

  /// The folder exists; from now on a sudden death is explained by its log.
  virtual void session_made(const std::string& folder) = 0;

  /// The node serves: it answered its probe task.
  virtual void ready(const ready_info& info) = 0;

  /// The node cannot start; one sentence that says what to do. The caller
  /// returns *code* from run_node afterwards.
  virtual void failed(exit_code code, const std::string& sentence) = 0;
};

/// Writes the report as lines of JSON to *fd*, which it owns and closes after
/// ready or failed:
///   {"session":"/home/u/.local/state/rayd/20260314-150926-4711-head"}
///   {"ok":true,"pid":4711,"node":"n1","cluster":"...","address":"...",
///    "reachable":false,"session":"...","socket":"...","secret_file":"...",
///    "version":"0.1.0","dashboard":"http://127.0.0.1:8265",...}
///   {"ok":false,"exit":4,"message":"port 6379 is taken by ..."}
class pipe_report : public ready_report {
public:
  explicit pipe_report(int fd) noexcept : fd_(fd) {}
  ~pipe_report() override;
  pipe_report(const pipe_report&) = delete;
  pipe_report& operator=(const pipe_report&) = delete;

  void session_made(const std::string& folder) override;
  void ready(const ready_info& info) override;
  void failed(exit_code code, const std::string& sentence) override;

private:
  void write_line(std::string line, bool last) noexcept;
  int fd_;
};

/// A line of the pipe, read by the starting side.
struct report_line {
  enum class kind { session, ready, failed };
  kind type = kind::failed;
  ready_info info;
  exit_code code = exit_code::failed;
  std::string message;
};

/// @error wrong_type  The line is not one of the three.
result<report_line> parse_report_line(const std::string& line);

} // namespace rayd
