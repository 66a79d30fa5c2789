#pragma once

#include "shared_memory/bell.hpp"
#include "transport/lane.hpp"
#include "wire/lane_records.hpp"

#include <atomic>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace rayd {

/// How soon a record must be on its way.
enum class push : unsigned char {
  now,  ///< The caller flushes right after.
  soon, ///< Within 0.2 ms: others may join it.
  lazy, ///< Within some milliseconds: nobody waits for it.
};

/// Records on their way to the node, in order, grouped into batches so that
/// no message is sent per task. Who flushes: a thread that finds it full
/// (add() says so), one that is about to wait, and else the client actor,
/// which is rung only when it would not look in time by itself.
///
/// References are grouped, too: new ones go into one record of the batch,
/// given up ones to its end, and one that is taken again before it was told
/// to be gone is not mentioned at all. So retain records precede all that was
/// added after them, and release records follow it.
class outbox {
public:
  using clock = lane::clock;

  /// A batch is sent when it has so many records or bytes.
  static constexpr std::size_t full_records = 128;
  static constexpr std::size_t full_bytes = 32 * 1024;

  /// @param actor Wakes the client actor.
  explicit outbox(bell& actor) : actor_(actor) {}

  /// Where batches go. @pre *to* outlives close().
  void open(lane& to);

  /// Drops all, now and in future; who waits for credit goes on.
  void close() noexcept;

  /// @returns True when the caller should flush().
  bool add(lane_record record, push how);
  void retain(const object_id& id);
  void release(const object_id& id) noexcept;

  /// Sends all that waits; blocks while the node grants no credit, at most
  /// until *until*. @returns false when not all was sent.
  bool flush(clock::time_point until = clock::time_point::max());

  /// For the client actor: sends what is due, never blocks.
  /// @returns When to look again; nothing: when rung.
  std::optional<clock::time_point> look(clock::time_point now);

  /// Messages sent so far, for tests and figures.
  std::size_t batches() const noexcept { return batches_; }

private:
  enum class watch : unsigned char { none, lazy, close };

  bool flush_locked(clock::time_point until);
  bool take();
  bool must_ring(push how) noexcept;
  void settle_references();

  bell& actor_;

  std::mutex lock_; ///< Of what follows; held for less than a microsecond.
  std::vector<lane_record> records_;
  std::vector<object_id> releases_;
  std::size_t bytes_ = 0;
  std::size_t retain_at_ = 0; ///< Index + 1 of the open retain record.
  bool soon_ = false;         ///< Some record must go soon.
  watch watch_ = watch::none; ///< How closely the actor watches.
  bool closed_ = false;

  std::mutex sending_; ///< Keeps batches in order; taken before lock_.
  lane* lane_ = nullptr;
  std::string batch_; ///< Encoded, not sent yet;
  std::atomic<bool> unsent_{false}; ///< there is one.
  std::vector<lane_record> taken_;
  std::atomic<std::size_t> batches_{0};

  // Of the actor's thread.
  std::size_t seen_batches_ = 0;
  clock::time_point waits_since_{}; ///< Valid while waits_.
  clock::time_point busy_at_{};     ///< Something waited then.
  clock::time_point close_until_{};
  bool waits_ = false;
};

} // namespace rayd
