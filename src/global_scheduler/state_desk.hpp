#pragma once

#include "global_scheduler/state_merge.hpp"
#include "wire/control_store_messages.hpp"

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/fwd.hpp>

#include <string>
#include <vector>

// Queries about the state of the cluster (list, get, summary, timeline, graph,
// memory) cost milliseconds, which the head's decisions shall not wait for. The
// desk has a thread of its own: it asks the control store, then, through the
// global scheduler, the nodes that know more, and puts the answers together.

namespace rayd {

/// Global scheduler -> desk: answered with the JSON for the command.
struct state_asked {
  std::string request;
  bool store_alone = false; ///< What nodes could add is not wanted.
};

/// Desk -> global scheduler: ask these nodes; answered by survey_answer when
/// all have answered, or after 2 s with what there is.
struct survey {
  std::vector<node_question> questions;
};

struct survey_answer {
  node_answers said;
  std::string nodes; ///< The answer to the query "nodes".
};

/// Whether the desk answers *what*.
bool is_for_desk(std::string_view what);

/// Ends with *global*, whose actor *self* is.
caf::actor spawn_state_desk(caf::event_based_actor* self,
                            control_store_actor store);

} // namespace rayd

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::state_asked)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::survey)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::survey_answer)
