#pragma once

#include "base/ids.hpp"

#include <caf/actor_control_block.hpp>
#include <caf/allowed_unsafe_message_type.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

// What the worker pool is told and tells: which processes run which programs.
// None of it leaves the process, as in node_messages.hpp.

namespace rayd {

// -- local scheduler <-> worker pool ------------------------------------------

/// Start a process of the job's program in role worker.
struct start_worker_process {
  job_number job = 0;
  std::uint64_t token = 0;  ///< Comes back when the worker attaches.
  std::string description; ///< JSON of the job, see worker_pool.hpp.
  node_index home = 0;     ///< The node of its driver; 0: this one.
  std::map<std::string, std::string> env; ///< Beside the node's own.
};

/// A driver attached here: other nodes may come for its program.
struct job_program {
  job_number job = 0;
  std::string description;
};

/// No more workers of the job are needed.
struct job_program_over {
  job_number job = 0;
};

/// Pool -> scheduler: the process runs; its pid.
struct worker_process_started {
  job_number job = 0;
  std::uint64_t token = 0;
  std::int64_t pid = 0;
};

/// Pool -> scheduler: there is no such process, for this reason.
struct worker_process_refused {
  job_number job = 0;
  std::uint64_t token = 0;
  std::string reason;
};

/// Pool -> scheduler: the process ended and was reaped.
struct worker_process_ended {
  job_number job = 0;
  std::uint64_t token = 0;
  std::int64_t pid = 0;
  std::string how; ///< "was ended by signal 11 (SIGSEGV)", "exited with 3".
  /// What it wrote last to standard error, oldest first, and when that was
  /// read (steady clock, microseconds).
  std::vector<std::pair<std::int64_t, std::string>> last_words;
};

/// Pool -> scheduler: lines that workers printed, oldest first. The next ones
/// follow after worker_output_taken; those of processes that end at once.
struct worker_output {
  struct piece {
    std::uint64_t token = 0;
    bool errors = false;        ///< From standard error.
    std::uint64_t left_out = 0; ///< Lines before these that are only in file.
    std::uint64_t lines = 0;    ///< In text.
    std::int64_t read_us = 0;   ///< When (steady clock).
    std::string file;
    std::string text; ///< Complete lines, harmless.
  };
  std::vector<piece> pieces;
};

/// Scheduler -> pool: the lanes had room for it, or what had none is counted.
struct worker_output_taken {};

/// Scheduler -> pool: read what the job's workers printed so far, now;
/// answered, after its lines, by output_flushed.
struct flush_output {
  job_number job = 0;
  std::uint64_t request = 0;
};

struct output_flushed {
  std::uint64_t request = 0;
};

/// Scheduler -> pool: a part of a log; answered by log_read.
struct read_log {
  std::uint64_t request = 0;
  std::int64_t pid = 0;  ///< Of a worker, of an ended one too; 0: the node.
  std::string question;  ///< JSON: {"what": "logs"} of query.hpp.
};

struct log_read {
  std::uint64_t request = 0;
  std::string answer; ///< JSON, see query.hpp.
};

/// Scheduler -> pool: end it now (SIGKILL).
struct end_worker_process {
  std::uint64_t token = 0;
};

// -- worker pool <-> object transfer ------------------------------------------

/// Pool -> transfer: bring the program of *job* and its private libraries
/// from the job's home into a folder below *folder*.
struct fetch_program {
  job_number job = 0;
  node_index home = 0;
  std::string folder;
  caf::strong_actor_ptr asker;
};

/// It is here, complete, and can run on this machine.
struct program_fetched {
  job_number job = 0;
  std::string program;   ///< Path.
  std::string libraries; ///< Folder.
};

struct program_not_fetched {
  job_number job = 0;
  std::string reason; ///< A sentence.
};

/// Transfer -> pool: another node wants the program of a job whose driver is
/// here. Answered by program_files.
struct read_program {
  job_number job = 0;
};

/// The program first, then its private libraries; nothing: no such job.
struct program_files {
  struct file {
    std::string name; ///< Without folder.
    std::string path;
  };
  job_number job = 0;
  std::vector<file> files;
};

} // namespace rayd

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::start_worker_process)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::worker_process_started)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::worker_process_refused)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::worker_process_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::worker_output)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::worker_output_taken)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::flush_output)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::output_flushed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::read_log)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::log_read)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::end_worker_process)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::job_program)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::job_program_over)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::fetch_program)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::program_fetched)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::program_not_fetched)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::read_program)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::program_files)
