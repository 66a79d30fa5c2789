#pragma once

#include "base/extent.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace rayd {

/// The node's answer to a numbered question of this process.
struct answer {
  extent where;
  std::string text;
  std::string failure; ///< Encoded; empty when it went well.
};

/// Questions (create_object_room, client_query) that wait for answers.
class questions {
public:
  using clock = std::chrono::steady_clock;

  /// A number for a question, before it is sent.
  std::uint64_t open();

  /// The answer; nothing when *until* passed or close() was called first.
  std::optional<answer> wait(std::uint64_t number, clock::time_point until);

  /// Ignored when nobody waits for it any more.
  void give(std::uint64_t number, answer what);

  /// Every wait ends.
  void close();

private:
  std::mutex lock_;
  std::condition_variable changed_;
  std::map<std::uint64_t, std::optional<answer>> open_;
  std::uint64_t last_ = 0;
  bool closed_ = false;
};

} // namespace rayd
