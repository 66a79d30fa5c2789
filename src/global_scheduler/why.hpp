#pragma once

#include "global_scheduler/machine.hpp"

#include <string>

// The head's part in `rayd why ID`: the home of the id knows what waits, and
// for what; the head knows all nodes, and the control store what is over.

namespace rayd {

/// What to do next for one question.
struct why_step {
  enum class kind : std::uint8_t {
    answer,     ///< `text` is the answer, JSON.
    ask_node,   ///< Ask `node`; its answer goes to why_answered.
    ask_store,  ///< Look for the id; the line goes to why_recorded.
  };

  kind what = kind::answer;
  std::string text;
  node_index node = 0;
};

/// *id* as the user gave it.
why_step why_asked(const head_machine& machine, const std::string& id);

/// *from* said *text* (empty: it does not answer).
/// @param before  What another node had said that sent us there, or empty.
why_step why_answered(const head_machine& machine, const std::string& id,
                      node_index from, const std::string& text,
                      const std::string& before);

/// *page* is the control store's answer to "get" of the task (wire/query.hpp);
/// empty: it did not answer.
std::string why_recorded(const std::string& id, const std::string& page);

} // namespace rayd
