#pragma once

#include "base/ids.hpp"
#include "base/resources.hpp"
#include "wire/control_store_messages.hpp"
#include "wire/states.hpp"

#include <cstdint>
#include <map>
#include <string>

// Nodes, jobs and actors as the control store keeps them: structs for those
// who know about them, and the readable fields that they become. Times are
// microseconds since 1970, 0: not yet.

namespace rayd {

struct node_entity {
  node_index index = 0;
  node_state state = node_state::alive;
  bool head = false;
  std::string host;
  std::string address; ///< "HOST:PORT" of its gate.
  std::int64_t pid = 0;
  resource_set resources; ///< All it has.
  std::map<std::string, std::string> labels;
  std::int64_t joined_us = 0;
  std::int64_t ended_us = 0;
  std::string reason; ///< Why it is dead.
};

struct job_entity {
  job_number number = 0;
  job_state state = job_state::running;
  std::string name;
  std::string program; ///< Path of the driver's file.
  node_index node = 0; ///< Where the driver runs.
  std::int64_t pid = 0;
  std::int64_t started_us = 0;
  std::int64_t ended_us = 0;
  std::string reason;
};

struct actor_entity {
  object_id id;
  actor_state state = actor_state::pending;
  std::string name;      ///< In the cluster; may be empty.
  std::string interface; ///< Class or behaviour.
  job_number job = 0;
  node_index home = 0;
  node_index node = 0; ///< Where it lives; 0: nowhere yet.
  std::int64_t pid = 0;
  std::int32_t restarts = 0;
  std::int32_t max_restarts = 0;
  bool detached = false;
  std::int64_t created_us = 0;
  std::int64_t ended_us = 0;
  std::string reason; ///< Why it is dead.
};

/// What to send to the control store after each change.
put_entity describe(const node_entity& node);
put_entity describe(const job_entity& job);
put_entity describe(const actor_entity& actor);

} // namespace rayd
