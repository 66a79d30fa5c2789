#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>

// The control store refuses more than a few lists at once, and pages ask for
// dozens: whoever comes when enough are being read waits in this row. Pure.

namespace rayd {

class read_row {
public:
  /// Below what the store refuses (store_flight.cpp).
  static constexpr std::size_t most_open = 3;
  /// Who has waited longer is no longer waited for.
  static constexpr std::int64_t patience_us = 25'000'000;

  /// @returns Whether *number* may ask the store now; else it waits.
  bool begin(std::uint64_t number, std::int64_t now_us) {
    if (open_.size() >= most_open) {
      waiting_.push_back({number, now_us});
      return false;
    }
    open_.insert(number);
    return true;
  }

  /// What comes of one that waited.
  struct turn {
    std::uint64_t number = 0;
    bool late = false; ///< It waited too long: refuse it.
  };

  /// *number* has its answer. Call next() until it has nothing.
  void end(std::uint64_t number) { open_.erase(number); }

  /// Who may ask now, or waited for too long.
  std::optional<turn> next(std::int64_t now_us) {
    if (waiting_.empty())
      return std::nullopt;
    const auto [number, since_us] = waiting_.front();
    const bool late = now_us - since_us > patience_us;
    if (!late && open_.size() >= most_open)
      return std::nullopt;
    waiting_.pop_front();
    if (!late)
      open_.insert(number);
    return turn{number, late};
  }

private:
  struct waiter {
    std::uint64_t number = 0;
    std::int64_t since_us = 0;
  };

  std::set<std::uint64_t> open_;
  std::deque<waiter> waiting_; ///< Oldest first; the desk bounds it.
};

} // namespace rayd
