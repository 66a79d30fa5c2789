#pragma once

#include "local_scheduler/types.hpp"
#include "shared_memory/lane_memory.hpp"
#include "transport/lane.hpp"

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace rayd {

/// What the local scheduler needs of its node.
struct local_scheduler_options {
  machine_options machine; ///< `self` comes with cluster_joined.
  std::uint64_t arena_bytes = 0;
  std::string session_folder;
  std::string host; ///< How people name this machine.
  std::size_t lane_window = lane::default_window;
  std::shared_ptr<bell_page> bells; ///< What the node's processes ring.
};

/// Its neighbours in the process: the first message that it gets, from node/.
struct local_scheduler_neighbours {
  caf::actor store;
  caf::actor transfer;
  caf::actor pool;
  caf::actor agent;
  caf::actor global; ///< Only in the head.
};

} // namespace rayd

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::local_scheduler_neighbours)
