#pragma once

#include "shared_memory/bell.hpp"

#include <caf/atom.hpp>
#include <caf/behavior.hpp>
#include <caf/blocking_actor.hpp>

#include <optional>
#include <string>

namespace rayd {

/// Base of the actors on the task path: an actor with its own thread and
/// exactly one way to wait, its bell. The thread runs turns: it takes the
/// messages that are in the mailbox (at most 256), calls on_turn_end(), and
/// waits for the bell or next_deadline() when neither left work. All hooks
/// run on that thread, never at the same time; hooks must not throw and must
/// not block. Spawn with `system.spawn<your_class>(...)`; it gets a thread of
/// its own because it is a blocking actor.
class task_path_actor : public caf::blocking_actor {
public:
  using clock = bell::clock;

  explicit task_path_actor(caf::actor_config& config);

  /// From any thread: run a turn. Also what lanes in shared memory ring.
  void ring() noexcept { bell_->ring(); }

  /// From any thread: end after this turn. The actor's monitors get DOWN.
  void stop() noexcept;

  // -- what CAF calls ---------------------------------------------------------

  void enqueue(caf::mailbox_element_ptr element,
               caf::execution_unit* unit) override;
  void act() final;

protected:
  // -- hooks ------------------------------------------------------------------

  /// Before the first turn.
  virtual void on_start() {}

  /// A message of another process (or of one that acts like one). *from* is
  /// its root actor; null for anonymous ones. *bytes* may be moved from.
  virtual void on_message(caf::atom_value tag, std::string& bytes,
                          const caf::strong_actor_ptr& from) = 0;

  /// An actor that was monitor()ed is gone or unreachable.
  virtual void on_down(const caf::actor_addr& who, const caf::error& why);

  /// Handlers for messages of this process: named structs. Values that they
  /// return are sent to the sender, as in any actor. Called once. Messages
  /// that match nothing are dropped and counted.
  virtual caf::behavior make_local_behavior() { return {}; }

  /// After the mailbox was drained once: poll lanes, flush batches.
  /// @returns True when there is more to do now: the next turn follows
  ///          without waiting.
  virtual bool on_turn_end() = 0;

  /// When to run a turn even if nobody rings; nothing: never.
  virtual std::optional<clock::time_point> next_deadline() { return {}; }

  /// After the last turn, for whatever reason it ended.
  virtual void on_stop() {}

  // -- for hooks --------------------------------------------------------------

  /// Sends (tag, bytes) to a root actor, with this actor as sender.
  void send_bytes(const caf::strong_actor_ptr& to, caf::atom_value tag,
                  std::string bytes);

  /// Waits and is rung here from now on; for a bell in shared memory, which
  /// outlives the actor. Only in the constructor.
  void use_bell(bell& other) noexcept { bell_ = &other; }

  std::size_t dropped_messages() const noexcept { return dropped_; }

private:
  void take(caf::mailbox_element& element);

  bell own_bell_;
  bell* bell_ = &own_bell_;
  std::atomic<bool> stopped_{false};
  caf::behavior local_;
  std::size_t dropped_ = 0;
};

/// Sends (tag, bytes) to *to* as *from*; from any thread.
void send_bytes(const caf::strong_actor_ptr& from,
                const caf::strong_actor_ptr& to, caf::atom_value tag,
                std::string bytes);

} // namespace rayd
