#pragma once

#include "shared_memory/segment.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>

namespace rayd {

/// Keeps the next bytes of a segment taken from the system and zeroed ahead of
/// need, on a thread of idle priority (SCHED_IDLE): it runs when nothing else
/// wants the core. It takes small steps and rests between them, so that a
/// foreground reserve() never waits long for the file's lock. When the system
/// has no more memory it rests until more was used.
class prefault {
public:
  /// @param ahead Bytes to keep ready beyond what is used, from now on. 0:
  ///              nothing before the first use, then as much as was used,
  ///              up to 256 MiB: a small program stays small.
  prefault(std::shared_ptr<segment> arena, std::uint64_t ahead);

  /// Ends the thread; waits for a step that runs, about 1 ms.
  ~prefault() { stop(); }

  /// Bytes [0, end) are given away now; never goes back.
  void used_up_to(std::uint64_t end);

  /// Ends the thread early; the segment stays as it is.
  void stop();

  /// All bytes below this are in use, were, or are zeroed already.
  std::uint64_t ready_up_to() const noexcept {
    return ready_.load(std::memory_order_acquire);
  }

private:
  void run();
  bool advance(std::uint64_t from, std::uint64_t to);
  std::uint64_t target() const noexcept; ///< @pre mutex_ is held.

  std::shared_ptr<segment> arena_;
  const std::uint64_t ahead_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t used_ = 0;
  std::atomic<std::uint64_t> ready_{0}; ///< Written with mutex_ held.
  std::uint64_t refused_at_ = 0; ///< used_ when the system had no more, plus 1.
  bool stopping_ = false;
  std::thread thread_; ///< Last: starts when all others are ready.
};

} // namespace rayd
