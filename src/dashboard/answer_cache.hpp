#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace rayd {

/// JSON for a browser; shared by all that show it.
using shared_answer = std::shared_ptr<const std::string>;

// Between browsers and the head: however many ask, the head is asked once for
// each query, and not again before a quarter of a second, or a hundred times as
// long as its answer took, has passed (30 s at most). So each query that is
// shown uses a hundredth of the time of whoever answers; pages have two that
// cost much at most. Pure: times are given in.
class answer_cache {
public:
  static constexpr std::int64_t fresh_us = 250'000;
  static constexpr std::int64_t fresh_most_us = 30'000'000;
  static constexpr std::int64_t fresh_factor = 100;
  static constexpr std::size_t most_open = 24;
  static constexpr std::size_t most_waiters = 256; ///< For one answer.
  static constexpr std::size_t most_kept = 200;
  static constexpr std::size_t most_bytes = std::size_t{24} << 20;
  /// Of one answer; a longer one becomes an error.
  static constexpr std::size_t answer_most_bytes = std::size_t{8} << 20;

  struct found {
    shared_answer answer;   ///< Now, or
    bool must_ask = false;  ///< ask the head, and then
    bool waits = false;     ///< *waiter* is told by answered().
  };

  /// Somebody wants *query*; *waiter* is any number of the caller's. While too
  /// much is open, an older answer has to do, else a sentence that says so.
  found want(const std::string& query, std::uint64_t waiter,
             std::int64_t now_us);

  struct told {
    shared_answer answer;
    std::vector<std::uint64_t> waiters;
  };

  /// The head's answer; none that was not asked for counts.
  told answered(const std::string& query, std::string text,
                std::int64_t now_us);

  std::size_t open() const noexcept { return open_; }

private:
  struct entry {
    shared_answer answer;
    std::int64_t asked_us = 0;
    std::int64_t answered_us = 0;
    bool open = false;
    std::vector<std::uint64_t> waiters;
  };

  bool is_fresh(const entry& kept, std::int64_t now_us) const;
  void make_room();

  std::map<std::string, entry> entries_;
  std::size_t open_ = 0;
  std::size_t bytes_ = 0; ///< Of all answers.
};

} // namespace rayd
