#pragma once

#include <cstdint>

namespace ray {

/// What went wrong, one code for each error type of errors.hpp.
enum class errc : std::uint8_t {
  task_error = 1,     ///< The task's own exception.
  worker_died,        ///< The process that ran the task ended.
  task_poisoned,      ///< Two or more attempts each killed their worker.
  actor_died,         ///< The actor is gone for good.
  actor_unavailable,  ///< The actor may come back; nothing was repeated.
  no_such_actor,      ///< No live actor has this name.
  object_lost,        ///< Every copy is gone and it cannot be made again.
  object_store_full,  ///< No room, also after freeing what could be freed.
  out_of_memory,      ///< Ended because its node was near its memory limit.
  get_timeout,        ///< get's own timeout passed.
  cancelled,          ///< cancel() was accepted before the result was.
  unschedulable,      ///< A strict placement that no node can satisfy.
  connection_failed,  ///< Nobody answers, or the connection was lost.
  would_block,        ///< get() in an actor that shares its process.
  wrong_type,         ///< A value or interface of another type.
  pending_calls,      ///< The actor has max_pending_calls calls waiting.
  task_timeout,       ///< The attempt ran longer than with.timeout.
  name_taken,         ///< Another live actor has this name.
};

} // namespace ray
