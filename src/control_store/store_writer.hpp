#pragma once

#include "control_store/store_options.hpp"
#include "control_store/store_session.hpp"
#include "control_store/waiting_room.hpp"
#include "wire/control_store_messages.hpp"

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace rayd {

/// The control store's thread. It takes orders from any thread without making
/// it wait, and answers requests through one function, called on this thread.
/// It keeps itself alive until it has written what it can and ended Redis.
class store_writer : public std::enable_shared_from_this<store_writer> {
public:
  using answer_function = std::function<void(const store_answer&)>;

  /// Starts the thread, which starts Redis.
  static std::shared_ptr<store_writer> start(control_store_options options,
                                             answer_function answer);

  ~store_writer();

  /// An order without answer, or a barrier with its request's number.
  void push(store_order order);

  /// Answered when the store is open: number the epoch, text the cluster.
  void request_open(std::uint64_t request);

  /// Answered with a number that was never given before.
  void request_number(std::uint64_t request, bool node);

  /// Answered with JSON lines of what was written before; see list_store.
  void request_list(std::uint64_t request, const list_store& what);

  /// Writes the rest, ends Redis, answers, and ends the thread. *request* 0:
  /// nobody wants an answer.
  void close(std::uint64_t request);

  void note_damaged() { ++damaged_; }
  store_figures figures() const;
  bool was_empty() const noexcept { return was_empty_; }

  /// Of the private Redis; 0 while there is none. For tests.
  pid_t redis_pid() const noexcept { return redis_pid_; }

private:
  using clock = std::chrono::steady_clock;

  /// A command that Redis has not acknowledged for good.
  struct sent_command {
    std::string bytes;
    unsigned answers = 1; ///< Still to come; 0 for a barrier.
    std::function<void()> done;
    clock::time_point acknowledged;
  };

  store_writer(control_store_options options, answer_function answer);

  void run();
  bool reopen();
  void write_until_closed();
  status step();
  bool take_orders();
  void send(store_order order);
  void send(std::string command, unsigned answers,
            std::function<void()> done = {});
  void serve_numbers();
  void extend(number_reserve& reserve, bool& extending);
  status take_answers();
  status take_answer(const redisReply& reply);
  void finish_front();
  void forget_old();
  void resend();
  void finish_barrier(std::uint64_t request);
  void expire();
  void watch_progress(clock::time_point now);
  void wait(int milliseconds);
  bool closing_time();
  void fail_requests(const std::string& sentence);
  void answer(store_answer what);
  void wake();
  void register_request(std::uint64_t request);

  const control_store_options options_;
  const answer_function answer_;
  int bell_ = -1; // An eventfd.

  mutable std::mutex mutex_; // Of the next block.
  waiting_room waiting_;
  std::set<std::uint64_t> unanswered_;
  std::vector<std::uint64_t> opens_;
  std::vector<std::pair<std::uint64_t, bool>> numbers_;
  std::map<std::uint64_t, list_store> lists_;
  bool closing_ = false;
  std::uint64_t close_request_ = 0;
  std::size_t skipped_ = 0;

  std::atomic<std::uint64_t> acknowledged_{0};
  std::atomic<std::uint64_t> in_flight_bytes_{0};
  std::atomic<std::uint64_t> damaged_{0};
  std::atomic<std::uint64_t> restarts_{0};
  std::atomic<bool> was_empty_{true};
  std::atomic<pid_t> redis_pid_{0};
  std::atomic<int> listing_{0}; // Threads that read for list_store.

  // The thread's own.
  store_session session_;
  std::deque<sent_command> in_flight_;
  std::deque<sent_command> kept_; // Acknowledged a moment ago.
  std::size_t kept_bytes_ = 0;
  bool extending_nodes_ = false;
  bool extending_jobs_ = false;
  clock::time_point last_progress_;
  clock::time_point last_expiry_;
  clock::time_point close_deadline_;
  std::size_t reported_skips_ = 0;
  clock::time_point last_complaint_;
  bool stuck_ = false;
};

} // namespace rayd
