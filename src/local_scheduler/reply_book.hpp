#pragma once

#include "base/ids.hpp"
#include "wire/task.hpp"

#include <cstddef>
#include <deque>
#include <unordered_map>

namespace rayd {

/// The calls that one life of an actor ran for tasks, and their replies: a
/// task that is tried again makes the same calls again, and each runs once.
/// Bounded: of the oldest replies only that the call ran is kept, then not
/// even that.
class reply_book {
public:
  static constexpr std::size_t calls_max = 10'000;
  static constexpr std::size_t bytes_max = std::size_t{1} << 20;

  enum class what {
    fresh,   ///< It has not run; it counts as running from now on.
    running, ///< Look again when a call has ended.
    replied, ///< See reply().
    gone,    ///< It has run, and its reply is not kept.
  };

  /// *call* is about to run. Two calls of one task, counted alike in two of
  /// its attempts, are one call, also when they differ in their homes.
  what begin(const object_id& call);

  /// @pre begin(call) was what::replied.
  const object_value& reply(const object_id& call) const;

  /// *call* has run; nothing happens when it is not in the book.
  void end(const object_id& call, const object_value& value);

private:
  struct entry {
    what state = what::running;
    object_value value;
  };

  void make_room();

  std::unordered_map<object_id, entry> entries_;
  std::deque<object_id> ended_; ///< Oldest first.
  std::size_t without_value_ = 0; ///< Of those, how many at the front.
  std::size_t bytes_ = 0;
};

/// Whether the one that makes this call may be tried again and make it again:
/// all but drivers.
bool may_come_again(const task_spec& call) noexcept;

} // namespace rayd
