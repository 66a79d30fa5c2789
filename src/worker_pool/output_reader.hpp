#pragma once

#include "transport/owned_fd.hpp"
#include "wire/worker_messages.hpp"
#include "worker_pool/line_cutter.hpp"
#include "worker_pool/log_file.hpp"

#include <caf/actor.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

namespace rayd {

/// Bounds of what a node keeps of its workers' output.
struct output_limits {
  log_limits log;
  std::uint64_t ended_bytes = 512 << 20; ///< Logs of ended workers, together;
  std::size_t ended_logs = 1000;         ///< the oldest ones go first.
};

// A thread that reads what workers print. Each worker writes into two pipes;
// the thread reads them as fast as it comes, writes all of it to the worker's
// log and cuts it into lines for the driver. Lines go out at once while there
// are few; beyond 256 KiB in 50 ms, or while the last message to the scheduler
// is under way, they wait in bounded memory, and those that find no room there
// are counted. So a worker that prints waits for the disk at most, never for
// its driver.
//
// The end of a process is told from here, after its last lines. Its pipes are
// closed then: what a process that it left behind prints goes nowhere.
class output_reader {
public:
  output_reader(caf::actor scheduler, std::string session_folder,
                output_limits limits);

  /// Writes what is in the pipes to the logs, ends the thread.
  ~output_reader();

  /// A worker process that has started.
  struct source {
    std::uint64_t token = 0;
    job_number job = 0;
    std::int64_t pid = 0;
    owned_fd standard; ///< Read ends of its pipes, not blocking.
    owned_fd errors;
    log_file log;
    bool told = true; ///< Its driver wants the lines.
  };

  void add(source opened);

  /// It was reaped: its last lines go to the scheduler, then this message.
  void end(worker_process_ended ended);

  void taken();
  void flush(flush_output asked);

  /// Answers log_read to the scheduler.
  void read(read_log asked);

private:
  struct stream {
    owned_fd pipe;
    bool errors = false;
    line_cutter lines;
  };
  struct worker {
    job_number job = 0;
    std::int64_t pid = 0;
    bool told = true;
    log_file log;
    stream standard;
    stream errors;
  };
  using clock = std::chrono::steady_clock;
  using order = std::variant<source, worker_process_ended, worker_output_taken,
                             flush_output, read_log>;

  /// A log that stays although its worker has ended.
  struct ended_log {
    job_number job = 0;
    std::int64_t pid = 0;
    log_extent log;
  };

  void push(order next);
  void run();
  void on(source&& opened);
  void on(worker_process_ended&& ended);
  void on(worker_output_taken&& taken);
  void on(flush_output&& asked);
  void on(read_log&& asked);
  void wait_and_read();
  int patience() const;
  bool has_lines() const;
  bool read(worker& from, stream& what);
  void drain(worker& from);
  void collect(std::uint64_t token, worker& from, worker_output& into);
  void send_lines();
  void send(worker_output&& lines);
  void keep_log(const worker& from);
  std::optional<log_extent> find_log(std::int64_t pid, bool& ended) const;
  log_extent node_log() const;

  caf::actor scheduler_;
  std::string session_folder_;
  output_limits limits_;
  int wake_ = -1; ///< eventfd.
  std::mutex mutex_;
  std::deque<order> orders_; ///< Guarded by mutex_, as is stopping_.
  bool stopping_ = false;

  std::map<std::uint64_t, worker> workers_; ///< By token.
  std::size_t under_way_ = 0; ///< Messages that the scheduler has yet to take.
  clock::time_point window_{};
  std::size_t window_bytes_ = 0; ///< Sent in this window.
  std::deque<ended_log> ended_; ///< Oldest first.
  std::uint64_t ended_bytes_ = 0;
  std::vector<char> buffer_;
  std::thread thread_; ///< Last: starts when all others are ready.
};

} // namespace rayd
