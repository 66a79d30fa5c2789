#pragma once

#include "shared_memory/bell.hpp"

#include <ray/detail/object_handle.hpp>
#include <ray/detail/runtime.hpp>

#include <atomic>
#include <cstddef>
#include <functional>

namespace rayd {

/// A thread that waits in get or wait. It is woken once, when what it needs
/// is complete, and not for every object.
class waiter {
public:
  /// @param missing Objects that must still come.
  /// @param here Stored objects must be on this node.
  /// @param stop_at_failure One failed object is enough.
  waiter(std::size_t missing, bool here, bool stop_at_failure) noexcept
    : missing_(missing), here_(here), stop_at_failure_(stop_at_failure) {}

  bool here() const noexcept { return here_; }
  bool stops_at_failure() const noexcept { return stop_at_failure_; }
  std::size_t missing() const noexcept { return missing_.load(); }
  bool complete() const noexcept { return complete_.load(); }

  /// An object is there. Under the lock of its shard.
  void one_came(bool failed) noexcept {
    if (missing_.fetch_sub(1) == 1 || (failed && stop_at_failure_))
      give_up();
  }

  /// Wakes the thread, whatever it still waits for.
  void give_up() noexcept {
    complete_ = true;
    bell_.ring();
  }

  /// Until complete() or *until*.
  void wait(ray::detail::deadline until) {
    std::optional<bell::clock::time_point> limit;
    if (until != ray::detail::no_deadline)
      limit = until;
    for (;;) {
      const auto seen = bell_.peek();
      if (complete() || !bell_.wait(seen, limit))
        return;
    }
  }

private:
  std::atomic<std::size_t> missing_;
  std::atomic<bool> complete_{false};
  const bool here_;
  const bool stop_at_failure_;
  bell bell_;
};

class arrival_queue;

/// One place in the list of those who wait for an object: a thread, a queue,
/// or a function to call. Guarded by the lock of the object's shard.
struct wait_link {
  waiter* thread = nullptr;
  arrival_queue* queue = nullptr; ///< Gets `place` when it comes.
  std::size_t place = 0;
  wait_link* next = nullptr;
  /// With neither thread nor queue; then the link is on the heap.
  std::function<void(ray::detail::stored_value)> done;
  ray::detail::object_handle object; ///< Keeps it while `done` waits.
};

} // namespace rayd
