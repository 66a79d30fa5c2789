#pragma once

#include "shared_memory/bell.hpp"

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>

namespace rayd {

/// Places in a list of objects, in the order in which the objects came. Any
/// thread adds, one takes.
class arrival_queue {
public:
  void push(std::size_t place) {
    {
      const std::lock_guard guard{lock_};
      came_.push_back(place);
    }
    bell_.ring();
  }

  /// Wakes who waits, for another reason.
  void wake() noexcept { bell_.ring(); }

  std::optional<std::size_t> pop() {
    const std::lock_guard guard{lock_};
    if (came_.empty())
      return std::nullopt;
    const auto place = came_.front();
    came_.pop_front();
    return place;
  }

  /// See bell.
  bell& signal() noexcept { return bell_; }

private:
  std::mutex lock_;
  std::deque<std::size_t> came_;
  bell bell_;
};

} // namespace rayd
