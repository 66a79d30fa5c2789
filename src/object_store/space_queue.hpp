#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace rayd {

/// What an arena has at the moment, in bytes.
struct space_figures {
  std::uint64_t capacity = 0;
  std::uint64_t free = 0;
  std::uint64_t largest_free = 0;
};

/// Requests for space that wait until objects have left the arena, in order;
/// and how much should leave. A machine without clock: microseconds of a
/// steady one are given in.
class space_queue {
public:
  /// At most so many wait; others are refused at once.
  static constexpr std::size_t limit = 4096;
  /// A request fails when it has waited for this long and nothing can leave,
  static constexpr std::int64_t patience_us = 1'000'000;
  /// or so long when running tasks keep what could.
  static constexpr std::int64_t patience_of_tasks_us = 10'000'000;
  /// It fails after this long in any case: a disk may hang.
  static constexpr std::int64_t patience_max_us = 30'000'000;
  /// When nothing could leave, that is asked again after this.
  static constexpr std::int64_t rest_us = 50'000;

  struct wish {
    std::uint64_t serial = 0;
    std::uint64_t bytes = 0;
  };

  /// A request for *bytes*, rounded up as the arena does it. @returns False
  /// when too many wait.
  bool add(std::uint64_t number, std::uint64_t bytes, std::int64_t now);
  void remove(std::uint64_t number);

  /// Numbers in the order in which they came.
  std::vector<std::uint64_t> waiting() const;
  bool empty() const noexcept { return requests_.empty(); }

  /// Whether the later ones may go first if they fit: there will be no more
  /// space for the first one soon.
  bool may_overtake() const noexcept { return nothing_leaves_; }

  /// Those that have waited for too long; they are removed.
  std::vector<std::uint64_t> give_up(std::int64_t now);

  /// What should leave now: enough for the first one, and what is above 80 %.
  std::optional<wish> next_wish(const space_figures& arena, std::int64_t now);

  /// The answer to the wish of this serial. *later*: something may leave when
  /// running tasks end.
  void nothing_leaves(std::uint64_t serial, bool later, std::int64_t now);

private:
  struct request {
    std::uint64_t number = 0;
    std::uint64_t bytes = 0;
    std::int64_t since = 0;
  };

  std::deque<request> requests_;
  std::uint64_t serial_ = 0;
  std::int64_t rests_until_ = 0;
  bool nothing_leaves_ = false; ///< As of the last wish.
  bool later_ = false;
};

} // namespace rayd
