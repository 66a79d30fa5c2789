#pragma once

#include "base/ids.hpp"
#include "wire/task.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

namespace rayd {

/// The calls that one life of an actor ran for tasks, and their replies: a
/// task that is tried again makes the same calls again, and each runs once.
/// Bounded: of the oldest replies only that the call ran is kept, then not
/// even that.
class reply_book {
public:
  static constexpr std::size_t calls_max = 10'000;
  static constexpr std::size_t bytes_max = std::size_t{1} << 20;

  enum class what : std::uint8_t {
    fresh,   ///< It has not run; it counts as running from now on.
    running, ///< Look again when a call has ended.
    replied, ///< See reply().
    gone,    ///< It has run, and its reply is not kept.
  };

  /// *call* is about to run. Two calls of one task, counted alike in two of
  /// its attempts, are one call, also when they differ in their homes.
  what begin(const object_id& call);

  /// @pre begin(call) was what::replied.
  object_value reply(const object_id& call) const;

  /// *call* has run; nothing happens when it is not in the book.
  void end(const object_id& call, const object_value& value);

private:
  // Each call of a task comes by here, so what has ended lies in a ring, the
  // oldest at head_, and is found through a table of places in it (hashed,
  // linear probing); neither allocates for a short reply.
  struct entry {
    object_id key;
    what state = what::gone;
    object_value::kind kind = object_value::kind::inline_bytes;
    std::string bytes;
  };
  static constexpr std::uint32_t nowhere = ~std::uint32_t{0};

  std::size_t slot_of(const object_id& key) const;
  void erase_slot(std::size_t slot);
  void drop_oldest();
  void grow();
  void make_room();

  std::unordered_set<object_id> running_;
  std::vector<entry> ring_;          ///< A power of two, or none.
  std::vector<std::uint32_t> table_; ///< Twice as many; or nowhere.
  std::size_t head_ = 0;
  std::size_t count_ = 0;
  std::size_t without_value_ = 0; ///< Of those, how many from the head on.
  std::size_t bytes_ = 0;
};

/// Whether the one that makes this call may be tried again and make it again:
/// all but drivers.
bool may_come_again(const task_spec& call) noexcept;

} // namespace rayd
