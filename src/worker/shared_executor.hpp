#pragma once

#include "driver/client.hpp"
#include "driver/actor_keeper.hpp"
#include "worker/attempt.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

// What a shared process (with.shared) does with what its node sends: it hosts
// many actors and runs no tasks.
//
// Each actor has a queue of attempts, its constructor first, then its calls.
// A few threads take the actors that have something to do in turn, and of each
// one attempt, so that an actor runs on one thread at a time and one with many
// calls does not hold up the others. A behaviour's messages are handled by
// CAF's threads of this process, which are as few. A method that runs long
// keeps its thread: as many of them as there are threads hold up all others.
//
// When the node says that an actor is not wanted any more, what waits for it
// is dropped. What runs is not interrupted, but told to stop. Once nothing of
// the actor is left the node is told, which keeps what its calls were given
// until then. The node bounds how many actors there are and how many calls
// each has ahead of it.

namespace rayd {

class shared_executor final : public work_receiver {
public:
  using clock = std::chrono::steady_clock;

  /// For class actors, and for behaviours: one that computes leaves others,
  /// and more would only compete for cores that light actors do not ask for.
  static constexpr std::size_t threads = 4;

  /// @param end_process Ends this process; tests give their own.
  explicit shared_executor(std::function<void(int code)> end_process)
    : end_process_(std::move(end_process)) {}

  /// Runs attempts on the calling thread and on others until stop(); then ends
  /// all actors.
  /// @pre attached() was called.
  void run();
  void stop() noexcept;

  // -- work_receiver ----------------------------------------------------------
  void attached(client& process) noexcept override { process_ = &process; }
  void run(run_task&& task) override;
  void recall() override {} // Nothing is sent here ahead of need.
  void cancel(const object_id& task) override;
  void before_wait() override {} // Nothing waits: is_shared().
  void after_wait() override {}
  void actor_ended(const object_id& actor, std::string failure,
                   bool for_good) override;
  bool is_shared() const noexcept override { return true; }
  void end_actor(const object_id& actor) override;
  void end(const std::string& reason) override;

private:
  using attempt_pointer = std::shared_ptr<attempt_record>;

  /// An actor that lives here, or is about to.
  struct guest {
    actor_life self;
    std::deque<attempt_pointer> queue;
    attempt_pointer current;        ///< What a thread runs.
    bool waits = false;             ///< Is in ready_, or a thread has it.
    bool ended = false;             ///< Nobody wants it.
    std::shared_ptr<void> instance; ///< Once constructed.
    actor_keeper keeper;            ///< Used by the thread that has it.
  };
  using guest_pointer = std::shared_ptr<guest>;

  void work();
  guest_pointer next();
  void step(const guest_pointer& who);
  void wake(const guest_pointer& who);
  void let_go(guest& who);
  std::shared_ptr<void> presence_of(const actor_life& actor);
  bool idle();

  std::function<void(int code)> end_process_;
  client* process_ = nullptr; ///< Set before any other thread exists.

  std::mutex lock_;
  std::condition_variable more_;
  std::unordered_map<object_id, guest_pointer> guests_; ///< Those wanted.
  std::deque<guest_pointer> ready_; ///< Each once.
  bool stopped_ = false;
};

} // namespace rayd
