#pragma once

#include "base/ids.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

namespace rayd {

/// One thing for the store's thread to do, in order.
struct store_order {
  enum class kind : std::uint8_t {
    command, ///< *bytes* is a Redis command.
    tasks,   ///< *bytes* is a block of *records* task records of *home*.
    objects, ///< The same for objects.
    barrier, ///< Tell *request* when all before it is acknowledged.
  };

  kind what = kind::command;
  std::string bytes;
  node_index home = 0;
  std::size_t records = 0;
  std::uint64_t request = 0;
  std::string ended; ///< Key of an entity that may be removed from now on.
};

/// Orders that Redis has not got yet, oldest first. Above its bound in bytes
/// it drops blocks of records, oldest first; commands and barriers never. Pure,
/// not thread-safe.
class waiting_room {
public:
  explicit waiting_room(std::size_t bound_bytes) : bound_{bound_bytes} {}

  /// @returns How many records had to be dropped for it, its own included.
  std::size_t push(store_order order);

  std::optional<store_order> pop();

  bool empty() const noexcept { return orders_.empty(); }
  std::size_t bytes() const noexcept { return bytes_; }

private:
  void remove_front();

  static bool emptied(const store_order& order) noexcept {
    return droppable(order) && order.records == 0;
  }

  static bool droppable(const store_order& order) noexcept {
    return order.what == store_order::kind::tasks
           || order.what == store_order::kind::objects;
  }

  std::size_t bound_;
  std::size_t bytes_ = 0;
  std::deque<store_order> orders_;
  std::size_t searched_ = 0; // Orders before it hold no records to drop.
};

} // namespace rayd
