#pragma once

#include "base/extent.hpp"
#include "base/ids.hpp"
#include "base/resources.hpp"
#include "wire/task_wishes.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

// What a task is, from its submission to its result: the structs that travel
// in the lanes (lane_records.hpp) and that the schedulers keep. Argument and
// result bytes are opaque here; only drivers and workers look inside.

namespace rayd {

/// A function of a program: the module (executable or library) by a hash of
/// its content, and the place of the function's table entry in it.
struct function_key {
  std::uint64_t module = 0;
  std::uint64_t offset = 0;

  friend auto operator<=>(const function_key&, const function_key&) = default;
};

enum class task_kind : std::uint8_t {
  task,
  actor_creation, ///< Runs the constructor; its id is the actor's.
  actor_call,     ///< Runs on the actor, after the caller's earlier calls.
};

/// One submitted task, actor creation or actor call.
struct task_spec {
  object_id id;     ///< Also names the result.
  object_id parent; ///< The task (or driver, see root_id) that submitted it.
  job_number job = 0;
  std::uint16_t depth = 0; ///< Nesting: the parent's plus one.
  task_kind kind = task_kind::task;
  function_key function;
  std::string function_name; ///< For people; may be shared by overloads.
  std::string name;          ///< with.name; for an actor its cluster name.
  resource_set demand;       ///< Held while it runs (an actor: to be placed).
  std::int32_t max_retries = 0; ///< After system failures; -1: for ever.
  std::string arguments;        ///< Encoded; may point at dependencies.
  std::vector<object_id> dependencies; ///< Distinct; values needed to start.
  std::vector<object_id> nested;       ///< References inside the arguments.
  object_id actor;              ///< Of a call: on whom. Else empty.
  std::string interface;        ///< Of a creation: the class or behaviour.
  bool keeps_cpu = false; ///< Of a creation: CPUs are held while it lives.
  std::shared_ptr<const task_wishes> wishes; ///< Null: all defaults.
  std::string snapshot; ///< Of a creation: the state of its last life.

  const task_wishes& wished() const noexcept {
    static const task_wishes none;
    return wishes ? *wishes : none;
  }
};

/// A finished object, or the reason why there is none.
struct object_value {
  enum class kind : std::uint8_t { inline_bytes, stored, failed };

  kind what = kind::inline_bytes;
  std::string bytes; ///< The value, or the encoded failure (failure_record).
  extent where;      ///< Of a stored value: place in the node's arena. Between
                     ///< nodes only its size counts.
  std::vector<object_id> nested; ///< References inside the value.
};

/// When a worker ran an attempt; microseconds of the wall clock, for people.
struct run_times {
  std::int64_t started_us = 0;
  std::int64_t duration_us = 0;
};

} // namespace rayd
