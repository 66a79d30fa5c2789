#pragma once

#include <caf/actor_control_block.hpp>
#include <caf/allowed_unsafe_message_type.hpp>

#include <cstdint>
#include <string>

// What the local scheduler of the head's process, whose root actor receives
// everything that comes from other processes, passes on to the global
// scheduler. None of it leaves the process.

namespace rayd {

/// The number of the head's own node, which has no connection.
inline constexpr std::uint64_t own_node_link = std::uint64_t{1} << 62;

/// A control message (wire/control.hpp, encoded) of the node at the other end
/// of *link*. Answers go to *root* as (control_atom, bytes).
struct control_from {
  std::uint64_t link = 0; ///< Never reused in the life of the process.
  caf::strong_actor_ptr root;
  std::string bytes;
};

/// The connection is gone; nothing more comes from it.
struct link_lost {
  std::uint64_t link = 0;
};

} // namespace rayd

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::control_from)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::link_lost)
