#pragma once

#include "base/ids.hpp"

#include <cstdint>
#include <string>

namespace rayd {

/// A time of the steady clock in microseconds, given in with each event.
using time_us = std::int64_t;

/// A connection to a node's process, numbered by the actor; never reused.
using link_id = std::uint64_t;

/// Names one answer of the control store.
using ticket_id = std::uint64_t;

/// Faults that the simulation switches on to see that it finds them.
struct head_faults {
  /// Goes on placing tasks on nodes that are dead.
  bool keep_dead_load = false;
  /// Takes loads that are older than one it had.
  bool accept_old_load = false;
  /// Does not count what it assigned since a node's last load.
  bool forget_assigned = false;
  /// Says that a name or job is known before the control store has it.
  bool answer_before_stored = false;
};

struct head_options {
  std::uint64_t epoch = 1; ///< Life of the head; from the control store.
  std::string cluster_id;
  std::uint32_t heartbeat_ms = 1000; ///< What nodes are told.

  std::int64_t suspect_after_us = 2'000'000; ///< Of silence.
  std::int64_t dead_after_us = 5'000'000;

  /// A head that itself did not run for longer than this (stopped, starved)
  /// does not count that time as the nodes' silence.
  std::int64_t own_pause_us = 500'000;

  /// A grant of which nobody heard is void after this.
  std::int64_t grant_timeout_us = 1'000'000;
  /// From a grant's end at its source until its tasks are seen at the target.
  std::int64_t grant_settle_us = 50'000;

  /// From when work that fits no node is first seen until its home hears of
  /// it, and until it hears again.
  std::int64_t hopeless_after_us = 300'000;
  std::int64_t hopeless_again_us = 500'000;

  /// Between two looks for deadlocks, while tasks are blocked for long; a third
  /// of it once something looks like one, ten times that for large graphs.
  std::int64_t deadlock_round_us = 1'000'000;

  /// A placement group that has waited for so long, twice that after each claim
  /// in vain, gets what becomes free before tasks do; one group at a time, for
  /// the second time at most.
  std::int64_t claim_after_us = 5'000'000;
  std::int64_t claim_for_us = 10'000'000;

  std::size_t dead_nodes_kept = 1000;
  std::size_t dead_actors_kept = 10'000;
  std::size_t ended_jobs_kept = 10'000;

  head_faults faults;
};

/// Expands a random number that was given in; splitmix64.
class dice {
public:
  explicit dice(std::uint64_t seed) noexcept : state_(seed) {}

  std::uint64_t next() noexcept {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }

  /// @pre limit > 0.
  std::uint64_t below(std::uint64_t limit) noexcept { return next() % limit; }

private:
  std::uint64_t state_;
};

} // namespace rayd
