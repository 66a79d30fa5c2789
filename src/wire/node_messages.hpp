#pragma once

#include "base/extent.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "wire/control.hpp"
#include "wire/task.hpp"
#include "wire/worker_messages.hpp"

#include <caf/actor_control_block.hpp>
#include <caf/allowed_unsafe_message_type.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

// What the actors of one node's process tell each other besides
// store_messages.hpp. None of it leaves the process: the types are not
// serialisable, on purpose.

namespace rayd {

class lane_memory;

// -- gate, node agent -> local scheduler --------------------------------------

/// The gate let a peer in (its first message carries the same link number).
struct link_accepted {
  std::uint64_t link = 0;
  std::string role; ///< node, driver, worker, command.
  std::int64_t pid = 0;
  std::string from; ///< For logs.
  std::shared_ptr<lane_memory> shared; ///< Lanes lie there; null: BASP.
};

/// The agent dialled a node (or the head): its root actor.
struct link_dialled {
  std::uint64_t link = 0; ///< Chosen by the peer's gate.
  node_index node = 0;
  caf::strong_actor_ptr root;
  bool head = false; ///< It is the head's.
};

/// run_node -> local scheduler: tell the head who we are.
struct register_with_head {
  node_entry own;
};

/// This node is registered: begin.
struct cluster_joined {
  node_index self = 0;
  std::uint64_t epoch = 0;
  std::string cluster_id;
  std::uint32_t heartbeat_ms = 1000;
  std::vector<node_index> elders; ///< Lived when this node registered; sorted.
};

/// A node that the head calls dead, or a link that is not to be waited for.
struct node_is_dead {
  node_index node = 0;
  std::string reason;
};

/// run_node -> local scheduler: run the probe task in a worker process of
/// rayd itself; answered by probe_answered.
struct run_probe {
  std::string program; ///< Path of rayd.
  function_key function;
  std::string arguments;
};

struct probe_answered {
  std::string failure; ///< A sentence, or empty.
};

/// run_node -> local scheduler: take no work, end drivers and workers, answer
/// drained when none is left.
struct drain {
  std::string reason;
};

struct drained {};

/// Node agent -> local scheduler, each second: for the next load.
struct machine_figures {
  node_figures now;
};

// -- local scheduler -> node agent --------------------------------------------

/// A message of the head that concerns membership.
struct membership_news {
  control_message message;
};

/// The connection to a node is gone.
struct peer_link_lost {
  node_index node = 0;
};

// -- local scheduler <-> object transfer --------------------------------------

/// Bring a copy of *object* into this node's store from one of *holders*.
struct fetch_object {
  object_id object;
  std::uint64_t size = 0;
  std::vector<node_index> holders;
};

struct object_fetched {
  object_id object;
  extent where;
};

/// None of these nodes gave it.
struct object_not_fetched {
  object_id object;
  std::vector<node_index> nodes;
};

/// This node's store has no room; *failure* is encoded.
struct object_not_stored {
  object_id object;
  std::string failure;
};

/// Transfer -> scheduler: another node wants this object; keep it in its place
/// until object_read. Answered by object_place.
struct read_object {
  object_id object;
};

/// Scheduler -> transfer: where it lies, or that it is not here.
struct object_place {
  object_id object;
  bool here = false;
  extent where;
  bool kept = false; ///< Not `here`, but on disk, and no room for it now.
};

/// Transfer -> scheduler: after object_place with `here`, once. When the one
/// who asked ends without it, that counts as said.
struct object_read {
  object_id object;
};

/// Agent -> transfer: where a node's gate is.
struct node_address {
  node_index node = 0;
  std::string host;
  std::uint16_t port = 0;
};

} // namespace rayd

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::link_accepted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::link_dialled)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::register_with_head)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::cluster_joined)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::node_is_dead)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::run_probe)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::probe_answered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::drain)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::drained)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::machine_figures)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::membership_news)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::peer_link_lost)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::fetch_object)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::object_fetched)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::object_not_fetched)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::object_not_stored)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::read_object)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::object_place)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::object_read)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::node_address)
