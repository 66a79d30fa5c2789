#pragma once

#include "global_scheduler/state_merge.hpp"
#include "global_scheduler/types.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <set>

namespace rayd {

/// Surveys: questions to several nodes that wait for the last answer or their
/// time. Whoever begins them bounds their number.
class survey_book {
public:
  /// Called once.
  using finish = std::function<void(node_answers said)>;

  /// @param nodes  Were asked; with none it is finished at once.
  void begin(std::uint64_t number, std::set<node_index> nodes, time_us until,
             finish done);

  /// A second answer of a node, and one of a node that was not asked, has no
  /// effect. @returns whether *number* is a survey.
  bool answer(std::uint64_t number, node_index node, const std::string& text);

  /// Finishes those whose time has come, with what there is.
  void expire(time_us now);

  std::size_t size() const noexcept { return open_.size(); }

private:
  struct entry {
    std::set<node_index> waiting;
    node_answers said;
    time_us until = 0;
    finish done;
  };

  void end(std::map<std::uint64_t, entry>::iterator at);

  std::map<std::uint64_t, entry> open_;
};

} // namespace rayd
