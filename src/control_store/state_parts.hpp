#pragma once

#include "control_store/redis_link.hpp"
#include "wire/state_question.hpp"
#include "control_store/state_rows.hpp"

// The answers to single kinds of queries, for state_query.cpp. Each fails with
// connection_failed when Redis goes away meanwhile.

namespace rayd {

/// A page of a list, as wire/query.hpp has it.
result<state_json> list_state(redis_link& link, const state_question& asked);

/// Failed tasks by error and name.
result<state_json> list_errors(redis_link& link, const state_question& asked);

/// {"row": {...}}, or {"error": "..."} when there is no such thing.
result<state_json> get_state(redis_link& link, const state_question& asked);

/// Counts and run times by name, the most frequent first; at most 1,000 names,
/// the others as one.
result<state_json> sum_up_state(redis_link& link, const state_question& asked);

/// The spans of tasks that ran between two times, newest first, by process.
result<state_json> trace_state(redis_link& link, const state_question& asked);

/// The tasks below a task, or below a job's driver, and who submitted whom.
result<state_json> graph_state(redis_link& link, const state_question& asked);

} // namespace rayd
