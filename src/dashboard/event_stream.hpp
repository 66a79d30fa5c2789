#pragma once

#include "dashboard/answer_cache.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rayd {

// What one browser is told of the queries that it watches: each is asked once a
// second, some at a time, and what has changed goes out in one event, at most
// four a second. Nothing is queued: while an event is on its way, newer answers
// replace older ones, and what an event has no room for waits for the next.
// Pure: times are given in; whoever has the socket calls.
class event_stream {
public:
  static constexpr std::int64_t ask_interval_us = 1'000'000;
  static constexpr std::int64_t event_interval_us = 250'000;
  static constexpr std::int64_t sign_of_life_us = 2'000'000;
  /// Open queries of one stream: the head has room for others too.
  static constexpr std::size_t most_asked = 8;
  /// An event that is longer takes no further answer.
  static constexpr std::size_t event_bytes = std::size_t{4} << 20;
  /// Of answers that wait for an event; those beyond are asked for again.
  static constexpr std::size_t waiting_bytes = std::size_t{16} << 20;

  explicit event_stream(std::vector<std::string> queries);

  const std::vector<std::string>& queries() const noexcept { return queries_; }

  /// Places of queries to ask now, in turn; each is answered by answered().
  std::vector<std::size_t> due(std::int64_t now_us);

  void answered(std::size_t place, shared_answer answer);

  /// What to send now: an event "update" whose data is an object of place and
  /// answer, or after long silence an event "life"; "" for nothing. The caller
  /// sends it whole before it asks again.
  std::string take(std::int64_t now_us);

private:
  struct watch {
    std::int64_t next_us = 0;
    bool asked = false;
    shared_answer answer; ///< That waits for an event.
    /// Hash and size of the last one, waiting or sent.
    std::optional<std::pair<std::uint64_t, std::size_t>> known;
  };

  std::vector<std::string> queries_;
  std::vector<watch> watches_;
  std::size_t turn_ = 0;  ///< Whose turn it is to be asked first.
  std::size_t asked_ = 0; ///< Not answered yet.
  std::size_t waiting_ = 0; ///< Bytes.
  std::int64_t sent_us_ = 0;
  bool begun_ = false; ///< Something was sent.
};

} // namespace rayd
