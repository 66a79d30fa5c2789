#pragma once

#include "base/ids.hpp"
#include "base/resources.hpp"
#include "wire/node_wish.hpp"

#include <cstdint>
#include <string>
#include <vector>

// What the head asks nodes to find deadlocks (global_scheduler/
// deadlock_finder.hpp): the graph of what waits for what, from the tasks that
// are blocked on. Rounds are numbered; answers of earlier ones are ignored.

namespace rayd {

/// Of what one task waits for, or one round asks for, no more is told.
inline constexpr std::size_t waits_told_max = 1000;

/// What a task, or the creation of an actor, needs to go on. Its id is that of
/// its result.
struct wait_state {
  enum kind : std::uint8_t {
    nothing,   ///< It goes on, has ended, or is not known.
    objects,   ///< It runs, and waits in get or wait for `need` of `on`.
    arguments, ///< All of `on`.
    actor,     ///< `on` is the actor, which does not live yet.
    turn,      ///< `on` is the call before it, of the same caller.
    calls,     ///< One of `on`, which its actor runs, has to end.
    resources, ///< Room for `amount` on a node that fulfils `wish`.
    elsewhere, ///< `node` knows more.
  };

  object_id id;
  kind what = nothing;
  std::uint32_t need = 0;
  std::vector<object_id> on;

  /// Of resources: what it asks for. Of objects: what it keeps while it waits,
  /// on the node that tells.
  resource_set amount;
  node_wish wish;       ///< Of resources; of objects: the bundle it is in.
  node_index node = 0;  ///< Of elsewhere; of objects: the one that tells.
  std::int32_t attempt = 0;
  std::uint64_t number = 0; ///< Of objects: which wait of its process.
  job_number job = 0;
  std::string title; ///< "call Account::take", for people.

  friend bool operator==(const wait_state&, const wait_state&) = default;
};

/// Head to node.
struct wait_question {
  std::uint64_t epoch = 0;
  std::uint64_t round = 0;
  bool blocked = false; ///< Also tell of all that are blocked for long.
  std::vector<object_id> ids;
};

/// Node to head, to each question: a state for each id, then the others.
struct wait_answer {
  node_index node = 0;
  std::uint64_t round = 0;
  std::vector<wait_state> states;
};

/// Head to the node where a job's work came from: its driver is to know.
struct deadlock_news {
  std::uint64_t epoch = 0;
  job_number job = 0;
  std::string text; ///< A sentence.
};

} // namespace rayd
