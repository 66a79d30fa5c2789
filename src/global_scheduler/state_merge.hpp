#pragma once

#include "base/ids.hpp"

#include <string>
#include <utility>
#include <vector>

// What living nodes add to a page of the control store: why a task waits, who
// holds an object, what an actor has to do, and their workers. Plain functions
// on text; state_desk carries the messages.

namespace rayd {

/// A question to one node; node 0: to each that lives.
struct node_question {
  node_index node = 0;
  std::string text; ///< See local_scheduler_machine::survey.
};

/// What a node said; empty: it did not answer in time.
using node_answers = std::vector<std::pair<node_index, std::string>>;

/// At most so many ids of a page are asked for.
inline constexpr std::size_t most_asked_ids = 200;

/// What the control store is to be asked for *request*; empty: nothing.
std::string store_question(const std::string& request);

/// What nodes are to be asked, once the store has answered with *page*.
std::vector<node_question> node_questions(const std::string& request,
                                          const std::string& page);

/// The answer to the command.
/// @param nodes  The head's answer to "nodes".
std::string merge_state(const std::string& request, const std::string& page,
                        const node_answers& said, const std::string& nodes);

} // namespace rayd
