#pragma once

#include "global_scheduler/types.hpp"
#include "wire/actor_messages.hpp"
#include "wire/control_store_messages.hpp"

#include <caf/actor.hpp>

#include <string>

namespace rayd {

struct global_scheduler_options {
  head_options machine; ///< Epoch and cluster id as the store gave them.
  std::string address;  ///< Where nodes join, for people; empty: private.

  /// Where what is acknowledged is kept; opened already.
  control_store_actor store;

  /// The local scheduler of the head's process: the sender of all that nodes
  /// get, since their links are with it.
  caf::actor scheduler;
};

/// The head's decisions as an actor: everything that needs thought is in
/// head_machine. It takes control_from and link_lost of the head's local
/// scheduler (wire/actor_messages.hpp), answers to the root actors named
/// there as (control_atom, bytes), keeps what must last in the control store,
/// and runs a turn each 100 ms, or each 5 ms while tasks wait for nodes. It
/// never blocks; the control store's answers release what waits for them.
caf::actor spawn_global_scheduler(caf::actor_system& system,
                                  global_scheduler_options options);

} // namespace rayd
