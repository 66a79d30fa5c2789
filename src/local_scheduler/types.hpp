#pragma once

#include "base/ids.hpp"
#include "base/resources.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rayd {

/// A client process of this node (driver or worker), numbered from 1 in the
/// order in which they attached; never reused while the node lives.
using process_id = std::uint64_t;

enum class process_role : std::uint8_t { driver, worker };

/// A time of the steady clock in microseconds, given in with each event.
using time_us = std::int64_t;

/// Jobs from this number on are a node's own (its probe); they are neither
/// mirrored nor counted in loads, and the head does not know them.
inline constexpr job_number own_jobs = 0x800000;

/// Faults that the simulation switches on to see that it finds them.
struct machine_faults {
  /// Obeys a second copy of a grant.
  bool accept_old_grant = false;
  /// Accepts a result of an attempt that is not the current one.
  bool accept_stale_result = false;
  /// Acknowledges a remote result before its references are registered.
  bool ack_before_retain = false;
  /// Leaves the tasks of a dead node where they were.
  bool forget_node_tasks = false;
  /// Moves objects out of the arena that processes view.
  bool ignore_views = false;
};

struct machine_options {
  node_index self = 0;
  resource_set total;
  std::map<std::string, std::string> labels;

  /// Nodes that lived when this one registered, sorted: since indexes grow,
  /// every other one below `self` was dead by then. Nothing: not known.
  std::optional<std::vector<node_index>> elders;

  /// Tasks that a worker may have ahead of it: as many as take this long by
  /// what is known of their function, and never more than the limit.
  std::int64_t pipeline_span_us = 1000;
  std::uint32_t pipeline_max = 128;

  /// A task running longer than this gives back those queued behind it.
  std::int64_t recall_after_us = 5000;

  /// Calls that an actor's process may have ahead of it.
  std::uint32_t actor_window = 256;

  /// Calls on their way to an actor on another node; the rest waits here, so
  /// that a node that does not read costs no more than the records.
  std::uint32_t remote_actor_window = 2048;

  /// Actors that one shared process holds: all of them die together, and
  /// each costs its node a row of calls in that process's lane.
  std::size_t shared_actors_max = 1000;

  /// Idle workers beyond one per CPU end after this.
  std::int64_t idle_worker_us = 2'000'000;

  /// A worker that is blocked in get for longer than this is told of: it may
  /// be part of a deadlock.
  std::int64_t blocked_long_us = 1'000'000;

  /// The node's GPUs, as CUDA_VISIBLE_DEVICES names them.
  std::vector<std::string> gpus;

  /// OMP_NUM_THREADS of a worker is the number of CPUs of its tasks; false:
  /// the user has set it for the whole node.
  bool sets_threads = true;

  machine_faults faults;
};

} // namespace rayd
