#pragma once

#include <caf/fwd.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace rayd {

enum class lane_outcome : std::uint8_t {
  sent,
  no_credit, ///< The batch is untouched; wait for credit.
  closed,    ///< The peer is gone or broke the rules; untouched too.
};

/// An ordered, bounded stream of batches to and from one peer. A batch is
/// opaque here (one Cap'n Proto message of records). Each side may have
/// `window` bytes on their way that the other has not consumed; while any
/// credit is left, one batch of any size may overdraw it. A batch costs its
/// size and 128 bytes. All members may be called from any thread; batches of
/// one thread keep their order. There are two: basp_lane, and ring_lane in
/// shared memory. The owner of either, a task_path_actor, gives it the
/// messages of the peer (deliver) and a look in each turn (turn), and reads
/// (receive) after both; it sees no other difference.
class lane {
public:
  using clock = std::chrono::steady_clock;

  static constexpr std::size_t default_window = 4 << 20;
  static constexpr std::size_t batch_bytes_max = 16 << 20;
  static constexpr std::size_t batch_cost = 128;

  virtual ~lane() = default;

  // -- sending ----------------------------------------------------------------

  /// Sends *batch* and leaves it empty if the result is `sent`.
  /// @pre 0 < batch.size() <= batch_bytes_max.
  virtual lane_outcome send(std::string& batch) = 0;

  /// Bytes that may be sent now; 0 or less: none.
  virtual std::int64_t credit() const = 0;
  bool can_send() const { return credit() > 0 && !closed(); }

  /// For user threads: waits until can_send(), closed() or *deadline*.
  /// @returns can_send().
  virtual bool wait_for_credit(clock::time_point deadline) = 0;

  // -- the owner's part -------------------------------------------------------

  /// A message of the peer; its bytes may be moved from.
  /// @returns False when it is not one of this lane.
  virtual bool deliver(caf::atom_value, std::string&) { return false; }

  /// Once per turn of the owner: moves on what waits for room, wakes who
  /// waits for credit.
  /// @returns True when batches may wait to be received.
  virtual bool turn() { return false; }

  // -- receiving --------------------------------------------------------------

  /// The next batch; nothing when none waits (also when closed and drained).
  virtual std::optional<std::string> receive() = 0;

  /// Once per received batch, with its size, when its records were taken
  /// over: gives the peer credit for more (at once or together with others).
  virtual void consumed(std::size_t batch_bytes) = 0;

  // -- end --------------------------------------------------------------------

  virtual bool closed() const = 0;

  /// Why it closed by itself: one sentence; empty when close() was called.
  virtual std::string complaint() const = 0;

  /// Ends both directions here and wakes who waits for credit. Batches that
  /// arrived can still be received. The peer learns by its own monitor, or by
  /// ended().
  virtual void close() = 0;

  /// The peer closed its end and all that it sent was received, as far as this
  /// kind of lane can tell.
  virtual bool ended() const { return false; }
};

} // namespace rayd
