#pragma once

#include "wire/control.hpp"
#include "wire/records.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace rayd {

/// Records of tasks and objects on their way to the control store, put
/// together so that the mirror costs per byte and not per task. Bounded: when
/// the head cannot take them, the oldest task records go, counted.
class mirror_batch {
public:
  static constexpr std::size_t records_max = 65'536;
  static constexpr std::size_t block_records = 512;

  void add(task_record record);
  void add(object_record record);

  /// A full block waits.
  bool full() const noexcept {
    return tasks_.size() + objects_.size() >= block_records;
  }
  bool empty() const noexcept { return tasks_.empty() && objects_.empty(); }

  /// At most one block of each kind, oldest first; nothing when empty.
  std::optional<mirror_records> take(node_index home);

  std::size_t dropped() const noexcept { return dropped_; }

private:
  std::vector<task_record> tasks_;
  std::vector<object_record> objects_;
  std::size_t dropped_ = 0;
};

} // namespace rayd
