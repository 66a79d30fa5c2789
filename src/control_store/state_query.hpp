#pragma once

#include "control_store/redis_link.hpp"
#include "wire/state_question.hpp"

#include <string>
#include <string_view>

// Queries about the state of the cluster, answered from what the store keeps:
// tasks (the living ones too, some 100 ms after they came), objects, actors,
// nodes and jobs. A page costs one pass over the table: it is read on a thread
// of its own (store_writer::request_list), never in an actor.

namespace rayd {

/// The JSON answer to *question* (wire/query.hpp), {"error": "..."} for a thing
/// that is not there and for a cursor that is none of ours.
/// @error connection_failed  Redis went away meanwhile.
result<std::string> answer_state(redis_link& link,
                                 const state_question& question);

/// Reads *request* and answers it over a connection of its own.
result<std::string> query_state(const redis_place& place,
                                std::string_view request);

} // namespace rayd
