#pragma once

#include "global_scheduler/types.hpp"
#include "wire/control.hpp"
#include "wire/states.hpp"

#include <string>
#include <vector>

// What the global scheduler remembers of each node, job and actor.

namespace rayd {

struct node_record {
  node_entry entry; ///< As the node told it, with its index.
  node_state state = node_state::alive;
  link_id link = 0;
  bool announced = false; ///< The store has it, and it and its peers know.
  time_us joined = 0;
  time_us heard = 0;  ///< Of any message of it.
  time_us ended = 0;  ///< 0: lives.
  std::string reason; ///< Why it is dead.
  node_load load;     ///< The newest; sequence 0: none yet.
};

struct job_record {
  job_number number = 0; ///< 0: asked for.
  job_state state = job_state::running;
  bool stored = false; ///< The store knows it, so the node may.
  begin_job begun;     ///< Whose, and by which request.
  time_us started = 0;
  time_us ended = 0;
  std::string reason;
};

struct actor_record {
  object_id id;
  actor_state state = actor_state::pending;
  std::string name; ///< May be empty.
  std::string interface;
  node_index node = 0; ///< Where it lives; 0: nowhere yet.
  std::int64_t pid = 0;
  std::int32_t restarts = 0;
  std::int32_t max_restarts = 0;
  bool detached = false;
  time_us created = 0;
  time_us ended = 0;
  std::string reason;
};

} // namespace rayd
