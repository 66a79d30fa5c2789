#pragma once

#include "base/ids.hpp"
#include "base/resources.hpp"
#include "base/result.hpp"
#include "wire/task.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// What the control store knows of each task and object, as their home nodes
// tell it. Home nodes collect what changed, encode many records as one block
// and send it to the head, where it goes into Redis unread. A record replaces
// the earlier records of its id, so a task that started and finished between
// two blocks needs one record only. Blocks can be put behind each other; the
// readers take such a row as one. Text and demands stand once per block, so
// that a record is 112 bytes in it.

namespace rayd {

/// Where a task is on its way; names as everywhere (semantics: states).
enum class task_state : std::uint8_t {
  waiting_for_args,
  waiting_for_resources,
  running,
  blocked, ///< Waits in get or wait; its CPUs are given back.
  finished,
  failed,
  cancelled,
};

/// Who chose the node that a task runs on.
enum class placed_by : std::uint8_t {
  nobody, ///< Not placed yet.
  local,  ///< Its home node kept it.
  global, ///< The global scheduler.
};

/// One task, actor creation or actor call. Times are microseconds since 1970,
/// 0 while it has not come to that.
struct task_record {
  object_id id;
  object_id parent;
  job_number job = 0;
  task_kind kind = task_kind::task;
  std::string name;          ///< with.name.
  std::string function_name; ///< For people.
  resource_set demand;
  node_index home = 0;
  task_state state = task_state::waiting_for_args;
  placed_by placed = placed_by::nobody;
  std::int32_t attempt = 0;
  node_index node = 0;          ///< Where it ran or runs; 0: nowhere yet.
  std::uint32_t worker_pid = 0; ///< 0: none yet.
  std::int64_t submitted_us = 0;
  std::int64_t started_us = 0;
  std::int64_t finished_us = 0;
  std::optional<ray::errc> error; ///< Of a failed or cancelled one.
  std::string error_message;
  /// Functions that the error passed through, the one that threw first; a line
  /// each.
  std::string error_chain;

  friend bool operator==(const task_record&, const task_record&) = default;
};

/// One object and the nodes that hold its bytes.
struct object_record {
  object_id id;
  std::uint64_t size_bytes = 0;
  node_index home = 0;
  std::vector<node_index> nodes;
  bool freed = false; ///< Nothing refers to it any more.

  friend bool operator==(const object_record&, const object_record&) = default;
};

/// A block should stay below this; the control store refuses larger ones.
inline constexpr std::size_t max_block_bytes = 1024 * 1024;

/// Records in order; empty for no record. Messages beyond 4 KiB are cut.
std::string encode_block(std::span<const task_record> records);
std::string encode_block(std::span<const object_record> records);

/// Reads a row of blocks. The bytes may come from anyone.
/// @error connection_failed  They are no such row; says what is wrong with it.
result<std::vector<task_record>> decode_tasks(std::string_view blocks);
result<std::vector<object_record>> decode_objects(std::string_view blocks);

/// How many records a row of blocks holds, without reading them.
/// @error connection_failed  The bytes are no row of such blocks.
result<std::size_t> count_tasks(std::string_view blocks);
result<std::size_t> count_objects(std::string_view blocks);

/// "waiting_for_args", "running", ...
const char* to_string(task_state state) noexcept;

/// "nobody", "local" or "global".
const char* to_string(placed_by placed) noexcept;

/// "task", "actor_creation" or "actor_call".
const char* to_string(task_kind kind) noexcept;

} // namespace rayd
