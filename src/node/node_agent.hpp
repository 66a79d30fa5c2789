#pragma once

#include "node/peer_dialler.hpp"

#include <caf/actor.hpp>
#include <caf/fwd.hpp>

#include <functional>
#include <memory>
#include <string>

namespace rayd {

/// What the node agent needs of its node.
struct node_agent_options {
  caf::actor scheduler;
  caf::actor transfer;
  std::shared_ptr<peer_dialler> dialler;
  node_entry head; ///< Of a node that joins: where the head answers.

  /// Called once, on the agent's thread.
  std::function<void(const cluster_joined&)> joined;

  /// The node cannot be part of the cluster (any more): a sentence.
  std::function<void(const std::string&)> expelled;
};

// The membership of a node: it hears from the head that the node is
// registered and who else there is, has those dialled that joined before (who
// joined later dials us, so each pair has one connection), tells the object
// transfer where nodes are, and the local scheduler who is dead. When the head
// is gone or calls this node dead, the node ends: what it still says would be
// refused. Heartbeats and load are the local scheduler's, which has the
// figures; those of the machine (CPU, memory, network, disk) the agent reads
// once a second, away from the path of tasks, and hands on.
caf::actor spawn_node_agent(caf::actor_system& system,
                            node_agent_options options);

} // namespace rayd
