#pragma once

#include "worker_pool/output_reader.hpp"

#include <caf/actor.hpp>
#include <caf/fwd.hpp>

#include <cstdint>
#include <string>

namespace rayd {

/// What the worker pool needs of its node.
struct worker_pool_options {
  std::string session_folder; ///< Log files go to its logs/.
  std::string node_socket;    ///< Where workers attach.
  caf::actor scheduler;       ///< Hears of each process.
  caf::actor transfer;        ///< Brings programs from other nodes.
  std::string load;           ///< Task libraries of workers, with ':' between.
  output_limits output;
  std::uint64_t open_files = 0; ///< Soft limit of workers; 0: as the node's.
};

// The worker processes of a node: starts them, reaps them, ends them. Which
// ones are needed is the local scheduler's business.
//
// A worker is the job's program file executed with `--ray-role=worker`; the
// job's description is JSON with "program" (absolute path), "pid" of the
// driver, "libraries" (paths of its private shared libraries) and, so that a
// changed file is not taken for the driver's, "program_size" and
// "program_mtime_ns". Where the file is not on this node, it comes from the
// job's home (program_file.hpp). Its output goes to logs/worker-JOB-N.log and
// as lines to the scheduler (output_reader.hpp). One
// permanent thread starts all of them, without copying the node's memory
// (vfork), and they die with it: the kernel sends SIGKILL when that thread
// ends, however the node ends. It promises one worker_process_refused or,
// after worker_process_started, one worker_process_ended for each start.
//
// Takes start_worker_process, end_worker_process, worker_output_taken,
// flush_output (answered by output_flushed), read_log (by log_read),
// job_program,
// job_program_over, read_program, program_fetched and program_not_fetched
// (wire/worker_messages.hpp); ends by caf::exit_reason, after which no process
// is left.
caf::actor spawn_worker_pool(caf::actor_system& system,
                             worker_pool_options options);

} // namespace rayd
