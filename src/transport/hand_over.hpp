#pragma once

#include "base/result.hpp"
#include "transport/owned_fd.hpp"

#include <caf/actor_control_block.hpp>
#include <caf/fwd.hpp>

#include <chrono>

// Gives connections that the gate let in, or that we dialled, to BASP. Both
// sides do it after the welcome; the accepting side's BASP speaks first.

namespace rayd {

/// Accepting side: the peer will get *root* as our root actor. Returns at
/// once; the peer's own root is known when its first message arrives (see
/// welcome::link). When the connection is lost, monitors of the peer's actors
/// get a down message.
void hand_over_accept(caf::actor_system& system, owned_fd socket,
                      const caf::strong_actor_ptr& root);

/// Dialling side: waits for BASP's handshake and gives the peer's root actor.
/// BASP may drop a handshake that meets a heartbeat: callers dial again.
/// @error connection_failed  No handshake within *timeout*, or dropped.
/// @pre Not called from an actor's handler in a scheduler or I/O thread.
result<caf::strong_actor_ptr>
hand_over_dial(caf::actor_system& system, owned_fd socket,
               std::chrono::milliseconds timeout);

} // namespace rayd
