#pragma once

#include "base/ids.hpp"
#include "wire/metric_records.hpp"

#include <caf/actor_control_block.hpp>
#include <caf/allowed_unsafe_message_type.hpp>

#include <cstdint>
#include <memory>
#include <string>

// What the global scheduler is told by the other actors of the head's process:
// by the local scheduler, whose root actor receives everything that comes from
// other processes, and by the dashboard. None of it leaves the process.

namespace rayd {

/// The number of the head's own node, which has no connection.
inline constexpr std::uint64_t own_node_link = std::uint64_t{1} << 62;

/// Where the dashboard's queries come from, which has none either.
inline constexpr std::uint64_t dashboard_link = own_node_link + 1;

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

/// Dashboard -> global scheduler: a query of wire/query.hpp; answered with its
/// JSON as a std::string. The dashboard bounds how many are open.
struct ask_cluster {
  std::string query;
};

/// Local scheduler -> global scheduler: a node's sums (metric_records.hpp).
struct metrics_told {
  node_index node = 0;
  std::shared_ptr<const metric_report> report;
};

} // namespace rayd

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::control_from)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::link_lost)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::ask_cluster)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::metrics_told)
