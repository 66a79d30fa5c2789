#pragma once

#include "base/ids.hpp"

#include <cstdint>
#include <string>

// Records about what workers print, on its way to the driver of their job; see
// lane_records.hpp.

namespace rayd {

/// To the node of a job's driver, and on to the driver: lines that one worker
/// printed. May get lost; then `left_out` of later ones counts them.
struct worker_lines {
  job_number job = 0;
  std::string name;     ///< What it ran: "square", "Counter".
  std::int64_t pid = 0; ///< Of the worker.
  std::string host;     ///< Of its node; "": the driver's own node.
  bool errors = false;  ///< From standard error.
  std::uint64_t left_out = 0; ///< Lines before these that found no room.
  std::string file;           ///< Path of the log that has all of them.
  std::string text; ///< Complete lines; harmless (worker_pool/line_cutter).
};

/// Asks a node for all lines of a job that were printed so far; `done` is its
/// answer, which follows them.
struct flush_lines {
  job_number job = 0;
  std::uint64_t serial = 0;
  bool done = false;
};

} // namespace rayd
