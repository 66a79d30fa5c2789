#pragma once

#include "base/extent.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace rayd {

/// The room in the store that this process was given ahead of need: small
/// objects are cut off its front without asking anybody. The owner asks the
/// node for more when told so. Thread-safe.
class room_pocket {
public:
  using clock = std::chrono::steady_clock;

  /// Larger objects get space of their own.
  static constexpr std::uint64_t object_max = 64 << 10;

  /// Space for *size* bytes; nothing when there is none.
  /// @param want Set to how much room to ask the node for; 0: none now.
  std::optional<extent> take(std::uint64_t size, std::uint64_t& want);

  /// Waits until room that was asked for came, was refused, or *until*.
  /// @returns False when there is nothing to wait for or it was refused.
  bool wait(clock::time_point until);

  /// The node's answer; an empty one is a refusal.
  void give(extent room, clock::time_point now);

  /// Space that take() gave and that nobody filled.
  void put_back(extent unused);

  /// Leftovers too small to be useful; the owner returns them to the node.
  std::vector<extent> take_leftovers();

  /// wait() and take() fail from now on.
  void close();

private:
  std::optional<extent> cut(std::uint64_t bytes);

  std::mutex lock_;
  std::condition_variable changed_;
  std::vector<extent> rooms_; ///< The last one is used first.
  std::uint64_t left_ = 0;    ///< Bytes of rooms_.
  std::uint64_t step_ = std::uint64_t{1} << 20;
  clock::time_point given_{};
  bool asked_ = false;
  bool refused_ = false;
  bool closed_ = false;
};

} // namespace rayd
