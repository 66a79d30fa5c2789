#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace rayd {

/// What a task or an actor asks for besides resources and retries: the rarer
/// fields of ray::with, with their defaults. Most tasks have none (see
/// task_spec::wishes), so they cost most tasks nothing.
struct task_wishes {
  enum class placing : std::uint8_t {
    anywhere,
    spread,     ///< Where the fewest of this shape run.
    on_node,    ///< On `place`, or never.
    near_node,  ///< On `place`, elsewhere when it is gone or full.
    in_bundle,  ///< In bundle `bundle` of the placement group `place`.
  };

  placing where = placing::anywhere;
  std::string place;        ///< A node's id, or a placement group's.
  std::uint32_t bundle = 0;
  std::map<std::string, std::string> labels; ///< The node must have them.
  std::map<std::string, std::string> env;    ///< Of the process that runs it.
  std::int32_t priority = 0;                 ///< Higher first.
  std::int64_t timeout_ms = 0; ///< From an attempt's start; 0: none.
  bool retry_exceptions = false;

  // Of actor creations.
  std::int32_t max_restarts = 0; ///< -1: for ever, as the next.
  std::int32_t max_task_retries = 0;
  std::int32_t max_concurrency = 1;
  std::int32_t max_pending_calls = -1; ///< -1: no limit.
  bool detached = false;
  bool get_if_exists = false;
  bool durable = false;
  bool shared = false; ///< Its process may hold others.

  friend bool operator==(const task_wishes&, const task_wishes&) = default;
};

} // namespace rayd
