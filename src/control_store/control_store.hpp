#pragma once

#include "control_store/store_options.hpp"
#include "wire/control_store_messages.hpp"

#include <caf/fwd.hpp>

namespace rayd {

/// The head's memory that outlives it: nodes, jobs, actors and their names as
/// readable hashes, tasks and objects as blocks of records, in a Redis that
/// only this room talks to.
///
/// The actor never waits. A thread of its own, the store_writer, starts Redis,
/// keeps the one connection for writes, sends commands in order without
/// waiting for their answers, and keeps each until its answer came. When
/// Redis dies it is started again on its own log and gets again what was not
/// acknowledged; every command may be run twice without harm. A Redis that
/// comes back without our mark, or with another head's, is refused: requests
/// fail with a sentence that says so, and writing stops.
///
/// What waits for Redis is bounded. Beyond the bound task and object records
/// are dropped, oldest first, counted and logged; what is known of nodes, jobs
/// and actors never is. The tables are bounded too (store_limits). It promises
/// no fsync: a record survives the death of the head or of Redis; the last 2 s
/// may be lost when both are killed at once, or the machine fails.
///
/// It returns at once; Redis is started meanwhile. When the actor ends without
/// close_store, its thread still writes what is left, and ends Redis.
control_store_actor spawn_control_store(caf::actor_system& system,
                                        control_store_options options);

} // namespace rayd
