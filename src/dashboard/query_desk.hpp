#pragma once

#include "dashboard/answer_cache.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace rayd {

/// Where connections get answers: the cache, and who waits for what. Used on
/// one thread.
class query_desk {
public:
  using take_answer = std::function<void(const shared_answer&)>;

  /// @param ask    Sends a query to the head; answered() is called later.
  /// @param clock  Microseconds of a steady clock.
  query_desk(std::function<void(const std::string&)> ask,
             std::function<std::int64_t()> clock);

  /// Calls *take* once: at once, or when the answer is there.
  void want(const std::string& query, take_answer take);

  void answered(const std::string& query, std::string text);

  /// At the end: nobody waits any more.
  void forget_waiters() { waiters_.clear(); }

  std::int64_t now_us() const { return clock_(); }

private:
  std::function<void(const std::string&)> ask_;
  std::function<std::int64_t()> clock_;
  answer_cache cache_;
  std::map<std::uint64_t, take_answer> waiters_; ///< One for each that waits.
  std::uint64_t last_ = 0;
};

} // namespace rayd
