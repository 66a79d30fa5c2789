#pragma once

#include "local_scheduler/tables.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace rayd {

/// What the local scheduler's machine remembers besides its objects; for the
/// machine only.
struct machine_memory {
  time_us now_ = 0;
  std::int64_t wall_us_ = 0;

  resource_set available_;
  gpu_book gpus_{{}};
  std::map<bundle_key, bundle_entry> bundles_;
  /// Placement groups' tries that are over, the newest last; bounded.
  std::deque<std::pair<object_id, std::uint64_t>> freed_;
  std::unordered_map<object_id, task_entry> tasks_;
  ready_queues ready_;
  run_time_memory run_times_;
  /// By process, or by place (see worker_entry::host) from first_place on.
  std::map<process_id, worker_entry> workers_;
  static constexpr process_id first_place = process_id{1} << 62;
  process_id next_place_ = first_place;
  /// Of processes that left: results that wait, see object_directory::hold.
  std::map<process_id, std::vector<held_result>> estates_;
  std::map<job_number, job_entry> jobs_;
  std::map<process_id, job_number> drivers_;
  std::unordered_map<object_id, actor_entry> actors_;
  std::unordered_map<object_id, std::string> refused_; ///< Their arguments.
  std::vector<object_id> claims_; ///< Creations that wait for their names.
  std::vector<node_index> nodes_; ///< Linked now.
  std::set<job_number> ended_jobs_; ///< The newest ones; bounded.
  std::vector<std::uint64_t> grants_seen_, grants_done_;
  std::uint64_t finished_ = 0; ///< Tasks that ended in workers here.
  std::pair<std::uint64_t, std::uint64_t> last_grant_; ///< Epoch and number.
  std::deque<std::pair<time_us, object_id>> young_; ///< Not recorded yet.
  std::set<std::string> told_; ///< To drivers, so that they hear it once.

  // Work for turn(), so that no event recurses along a chain of tasks.
  std::vector<object_id> woken_;      ///< All arguments are there.
  std::vector<object_id> to_gather_;  ///< To be run again.
  std::vector<object_id> to_advance_; ///< Actors with calls to look at.
  std::vector<process_id> to_leave_;  ///< Places whose actors were ended.
  std::optional<ready_queues::key> last_served_;
  std::uint64_t last_call_ = 0; ///< Numbers calls in the order they came.
};

} // namespace rayd
