#pragma once

#include "global_scheduler/records.hpp"
#include "wire/entities.hpp"

namespace rayd {

/// Turns a time of the steady clock into microseconds since 1970; 0 stays 0.
struct wall_offset {
  std::int64_t wall_us = 0;   ///< What the wall clock says
  time_us steady_us = 0;      ///< when the steady clock says this.

  std::int64_t at(time_us time) const noexcept {
    return time == 0 ? 0 : wall_us + (time - steady_us);
  }
};

/// As the control store keeps them.
node_entity entity_of(const node_record& node, bool head, wall_offset clock);
job_entity entity_of(const job_record& job, wall_offset clock);
actor_entity entity_of(const actor_record& actor, wall_offset clock);

} // namespace rayd
