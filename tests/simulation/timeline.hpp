#pragma once

#include "global_scheduler/types.hpp"

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <queue>
#include <vector>

namespace rayd::simulation {

/// Virtual time in microseconds: what is to happen, in order.
class timeline {
public:
  using action = std::function<void()>;

  time_us now() const noexcept { return now_; }
  std::uint64_t count() const noexcept { return count_; }

  void at(time_us when, action what) {
    queue_.push({when < now_ ? now_ : when, ++serial_, std::move(what)});
  }
  void after(time_us delay, action what) { at(now_ + delay, std::move(what)); }

  /// Does the next thing. @returns false when there is none before *limit*.
  bool step(time_us limit) {
    if (queue_.empty() || queue_.top().when > limit)
      return false;
    auto what = std::move(const_cast<entry&>(queue_.top()).what);
    now_ = queue_.top().when;
    queue_.pop();
    ++count_;
    what();
    return true;
  }

private:
  struct entry {
    time_us when = 0;
    std::uint64_t serial = 0;
    action what;

    bool operator<(const entry& other) const noexcept {
      return when != other.when ? when > other.when : serial > other.serial;
    }
  };

  time_us now_ = 0;
  std::uint64_t serial_ = 0;
  std::uint64_t count_ = 0;
  std::priority_queue<entry> queue_;
};

/// One direction of a connection: what is sent arrives in order, late, until
/// the stream is cut; what would arrive after the cut never does.
class stream {
public:
  stream(timeline& time, dice& random, time_us least, time_us spread)
    : time_(time), random_(random), least_(least), spread_(spread) {}

  /// Does *arrive* when it arrives.
  static void send(const std::shared_ptr<stream>& on,
                   timeline::action arrive) {
    auto& s = *on;
    const auto when = std::max(
      s.last_, s.time_.now() + s.least_
                 + static_cast<time_us>(s.random_.below(
                   static_cast<std::uint64_t>(s.spread_))));
    s.last_ = when;
    if (when > s.cut_)
      return;
    s.time_.at(when, [on, when, arrive = std::move(arrive)] {
      if (when <= on->cut_)
        arrive();
    });
  }

  /// Nothing arrives after *when*. @returns the earliest time at which the
  /// receiver may learn of it.
  time_us cut(time_us when) {
    cut_ = std::min(cut_, when);
    return std::min(last_, cut_);
  }

  bool is_cut() const noexcept { return cut_ <= time_.now(); }

private:
  timeline& time_;
  dice& random_;
  time_us least_;
  time_us spread_;
  time_us last_ = 0;
  time_us cut_ = std::numeric_limits<time_us>::max();
};

} // namespace rayd::simulation
