#pragma once

#include "config/node_options.hpp"
#include "config/ready_report.hpp"

#include <string>

namespace rayd {

// Starting a node process. The parent runs `rayd node-process ROLE` with
// posix_spawn (nothing of the parent is copied), in a kernel session of its
// own, with cwd /, standard input and output on /dev/null and no descriptor of
// the parent but these:
//
//   2  an anonymous file; the child replaces 1 and 2 by logs/node.log as soon
//      as its session folder exists. What it wrote before (a loader's error,
//      say) is read from there by the parent when the child dies.
//   3  reading end of a pipe: one line, to_pipe_json(options). The writing end
//      stays open in the parent for nodes that follow it, so end-of-file
//      later means that the parent is gone; otherwise it is closed at once.
//   4  writing end of a pipe: the lines of pipe_report.
//
// The secret travels only in the line of descriptor 3: never in argv, never in
// the environment (RAY_REDIS_PASSWORD* are not passed on).

inline constexpr int node_options_fd = 3;
inline constexpr int node_report_fd = 4;

/// A started node, or why it did not start.
struct launch_outcome {
  /// ok when *info* is valid.
  exit_code code = exit_code::failed;
  /// One sentence when *code* is not ok.
  std::string message;
  ready_info info;
  /// Descriptor whose closing tells a following node to end; -1 for nodes that
  /// do not follow their parent. The caller owns it (CLOEXEC).
  int lifeline_fd = -1;
};

/// Starts *executable* in role node process and waits until it reported or
/// died, at most options.start_timeout; then it is killed with all it started.
/// The child is reaped when it dies early; a node that runs on is a child of
/// the caller until the caller ends.
launch_outcome launch_node(const std::string& executable,
                           const node_options& options);

/// Path of the running program.
std::string own_executable();

} // namespace rayd
