#pragma once

#include "wire/client_records.hpp"
#include "wire/output_records.hpp"
#include "wire/peer_records.hpp"

#include <variant>

// Everything that travels in a task lane, in three groups: from a client
// process (driver, worker) to its node, from a node to a client process, and
// between two nodes. A batch is a vector of records, one Cap'n Proto message
// (schema/lane.capnp); its order is the order of the lane. Who sends what and
// why stands at each struct; src/ARCHITECTURE.md walks the way of a task.

namespace rayd {

using lane_record = std::variant<
  submit_task, task_result, retain_objects, release_objects, want_objects,
  task_blocked, tasks_returned, create_object_room, seal_object_room,
  abort_object_room, want_spare_room, kill_actor, client_query, run_task,
  object_ready, object_room, spare_room, recall_tasks, cancel_task,
  query_answer, end_process, assign_task, task_done, ack_done,
  task_given_back, node_retains, ack_retain, node_releases, locate_object,
  object_located, copy_added, free_copies, locate_actor, actor_located,
  end_actor, actor_ended, cancel_assigned, end_job, describe_job,
  mirror_block, cancel_object, tell_driver, make_group, remove_group,
  tell_waits, waits_told, give_back_places, places_given_back, places_kept,
  copy_leaves, copy_judged, worker_lines, flush_lines,
  actor_snapshot, snapshot_kept>;

} // namespace rayd
