#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

namespace rayd {

/// The one thing that a task-path thread waits for. Any thread rings, one
/// thread waits. Plain atomics without pointers: it may lie in memory shared
/// by processes. A ring between `peek` and `wait` is never lost:
///
///   auto seen = bell.peek();  // 1. before looking for work
///   ... look for work; found none ...
///   bell.wait(seen, deadline); // 2. returns at once if rung since 1
///
/// Why: ring() first raises the count, then reads the sleeper's flag; wait()
/// first sets the flag, then reads the count. All four are sequentially
/// consistent, so at least one side sees the other's write; and the kernel
/// compares the count once more before it lets the thread sleep.
class bell {
public:
  using clock = std::chrono::steady_clock;

  std::uint32_t peek() const noexcept { return rings_.load(); }

  /// Any thread, any process; 10 ns when nobody sleeps.
  void ring() noexcept {
    rings_.fetch_add(1);
    if (sleeping_.load() != 0)
      wake();
  }

  /// Waits until rung since *seen* or *deadline* (none: for ever). Gives up
  /// the core 64 times, but for 50 us at most, before it sleeps.
  /// @returns False when the deadline passed without a ring.
  bool wait(std::uint32_t seen, std::optional<clock::time_point> deadline);

private:
  void wake() noexcept;

  std::atomic<std::uint32_t> rings_{0};
  std::atomic<std::uint32_t> sleeping_{0};
};

static_assert(std::atomic<std::uint32_t>::is_always_lock_free);

} // namespace rayd
