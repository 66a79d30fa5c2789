#pragma once

#include "global_scheduler/machine.hpp"

#include <string>

// The head's part in {"what": "logs"} (wire/query.hpp): which node has the
// file. Only ids lead there, never a path.

namespace rayd {

/// What to do for one question about logs.
struct log_step {
  enum class kind : std::uint8_t {
    answer,    ///< `text` is the answer, JSON.
    ask_node,  ///< Ask `node` with `text`; its answer is the answer.
    ask_store, ///< Get the task `text`; the answer goes to log_recorded.
  };

  kind what = kind::answer;
  std::string text;
  node_index node = 0;
};

/// *text*: the query.
log_step log_asked(const head_machine& machine, const std::string& text);

/// *page* is the control store's answer to "get" of the task (wire/query.hpp);
/// empty: it did not answer.
log_step log_recorded(const head_machine& machine, const std::string& text,
                      const std::string& page);

/// At once; whoever comes when there are more hears log_refused().
inline constexpr std::size_t log_requests_max = 1000;
log_step log_refused();

/// Of a node that does not answer; 0: the control store.
std::string log_unanswered(node_index node);

} // namespace rayd
