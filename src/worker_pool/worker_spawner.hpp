#pragma once

#include "worker_pool/worker_pool.hpp"
#include "wire/worker_messages.hpp"
#include "worker_pool/output_reader.hpp"
#include "worker_pool/program_file.hpp"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <variant>

namespace rayd {

/// The thread of the worker pool; see there.
class worker_spawner {
public:
  explicit worker_spawner(worker_pool_options options);

  /// Kills what runs, reaps it, ends the thread.
  ~worker_spawner();

  void start(start_worker_process wanted, located_program program);
  void end(end_worker_process unwanted);

  /// Reads what the workers print.
  output_reader& output() noexcept { return output_; }

private:
  struct start_order {
    start_worker_process wanted;
    located_program program;
  };
  using order = std::variant<start_order, end_worker_process>;

  struct child {
    job_number job = 0;
    std::int64_t pid = 0;
    int pidfd = -1;
  };

  void run();
  void push(order next);
  void spawn(const start_order& order);
  void reap(std::uint64_t token);
  void kill_all();

  worker_pool_options options_;
  output_reader output_;
  int wake_ = -1; ///< eventfd.
  std::mutex mutex_;
  std::deque<order> orders_; ///< Guarded by mutex_, as is stopping_.
  bool stopping_ = false;
  std::map<std::uint64_t, child> children_; ///< By token.
  std::uint64_t started_ = 0;
  std::thread thread_; ///< Last: starts when all others are ready.
};

} // namespace rayd
