#pragma once

#include "driver/client.hpp"
#include "shared_memory/bell.hpp"
#include "driver/actor_keeper.hpp"
#include "worker/attempt.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

// The worker room: a process of the user's program that runs what its node
// sends.
//
// The executor keeps a queue of attempts, which the node fills ahead, and one
// thread (the process's first) that runs them in order; the client actor's
// thread fills the queue and takes back from it what the node recalls. Tasks
// end on that thread. A behaviour may answer a call later on a thread of its
// own, while further calls are delivered to it. A class actor may ask for
// several calls at once (max_concurrency): then as many threads take from the
// queue, in its order.
//
// Whatever user code throws becomes the result. A process hosts at most one
// actor; the node then sends nothing but its calls. (Actors that share one
// have another receiver, shared_executor.hpp.) When the node ends the process,
// or is gone, the process ends at once: the node has the records.

namespace rayd {

class executor final : public work_receiver {
public:
  using clock = std::chrono::steady_clock;

  /// @param end_process Ends this process; tests give their own.
  explicit executor(std::function<void(int code)> end_process)
    : end_process_(std::move(end_process)) {}

  /// Runs attempts on the calling thread until stop().
  /// @pre attached() was called.
  void run();
  void stop() noexcept;

  // -- work_receiver ----------------------------------------------------------
  void attached(client& process) noexcept override { process_ = &process; }
  void run(run_task&& task) override;
  void recall() override;
  void cancel(const object_id& task) override;
  void before_wait() override;
  void after_wait() override;
  void actor_ended(const object_id& actor, std::string failure,
                   bool for_good) override;
  void end(const std::string& reason) override;

private:
  using attempt_pointer = std::shared_ptr<attempt_record>;

  void work();
  attempt_pointer next();
  attempt_pointer next_of_many();
  void start_helpers(const task_spec& creation);
  bool idle();
  void execute(attempt_pointer attempt);
  std::vector<object_id> take_queue();
  bool on_executor() const noexcept;

  std::function<void(int code)> end_process_;
  client* process_ = nullptr; ///< Set before any other thread exists.

  std::mutex lock_;
  std::deque<attempt_pointer> queue_; ///< Not started.
  attempt_pointer current_;           ///< Started last.
  bool waiting_ = false; ///< The running task waits: take no other in.
  bell bell_;
  std::atomic<bool> stopped_{false};

  std::shared_ptr<void> instance_; ///< The actor, once constructed.
  actor_keeper keeper_;            ///< Of its state.
  std::atomic<bool> hosts_actor_{false};

  // Of an actor that runs several calls at once; a bell wakes one thread only.
  std::atomic<bool> many_{false};
  std::condition_variable more_;
  std::vector<std::thread> helpers_;
};

} // namespace rayd
