#pragma once

#include "wire/task.hpp"

#include <cstdint>
#include <string>
#include <vector>

// Records that a client process (driver, worker) and its node exchange in
// their lane; see lane_records.hpp.

namespace rayd {

/// In object_value::where of a stored value: it exists, but not on this node.
/// Of a failed one: the object exists, and can be asked for again.
inline constexpr std::uint64_t not_here = ~std::uint64_t{0};

// -- client process -> its node -----------------------------------------------

/// Driver or worker: run this. The sender holds a reference to the result.
struct submit_task {
  task_spec spec;
};

/// Worker: an attempt ended. A stored value is sealed by this record; what
/// the sender retained before it is counted before it.
struct task_result {
  object_id task;
  std::int32_t attempt = 0;
  object_value value;
  run_times times;
};

/// The process holds its first reference to these objects or actors.
struct retain_objects {
  std::vector<object_id> ids;
};

/// The process holds no reference to these objects or actors any more.
struct release_objects {
  std::vector<object_id> ids;
};

/// Answer object_ready once for each of these, here when they are stored.
struct want_objects {
  std::vector<object_id> ids;
};

/// Worker: the task waits in get or wait (true) or goes on (false).
struct task_blocked {
  object_id task;
  bool blocked = true;
};

/// Worker: not started, take them back; answers recall_tasks, and goes before
/// task_blocked.
struct tasks_returned {
  std::vector<object_id> tasks;
};

/// Room in the store for one object that the client fills and then seals (or
/// names in task_result). Answered by object_room with the same request.
struct create_object_room {
  std::uint64_t request = 0;
  object_id object;
  std::uint64_t size = 0;
};

/// The object is filled and never changes again.
struct seal_object_room {
  object_id object;
  extent where;
  std::vector<object_id> nested;
  bool in_room = false; ///< Lies in room given ahead of need.
};

/// The client will not fill what it created.
struct abort_object_room {
  object_id object;
};

/// Answers give_back_places: the process views none of these objects and has
/// forgotten where they lie. Also later, when the last view of one that it
/// kept has gone; then the serial is 0.
struct places_given_back {
  std::uint64_t serial = 0;
  std::vector<object_id> ids;
};

/// Answers give_back_places: the process views these just now.
struct places_kept {
  std::uint64_t serial = 0;
  std::vector<object_id> ids;
};

/// Room ahead of need: answered by spare_room.
struct want_spare_room {
  std::uint64_t at_least = 0;
};

/// End the actor at once; its calls fail as actor_died.
struct kill_actor {
  object_id actor;
};

/// The result is not wanted any more: drop it if it waits, ask it to stop if it
/// runs, with *force* end its process; its children, too. Also from a node to
/// the task's home.
struct cancel_object {
  object_id task;
  bool force = false;
};

/// A question to the cluster ("nodes", "actor NAME"); see wire/query.hpp.
struct client_query {
  std::uint64_t request = 0;
  std::string text;
};

/// Reserve resources together; the object *group* is there once they are.
struct make_group {
  object_id group;
  job_number job = 0;
  std::vector<resource_set> bundles;
  std::uint8_t strategy = 0; ///< ray::strategy.
  std::string name;
};

/// End it and what runs in it. Also between nodes, to its home.
struct remove_group {
  object_id group;
};

/// A thread of a worker that waits in get or wait, without a limit in time,
/// until `need` of `ids` are there.
struct thread_wait {
  object_id task;
  std::uint64_t number = 0; ///< Grows with each wait of the process.
  std::uint32_t need = 0;
  std::vector<object_id> ids; ///< At most waits_told_max.
};

/// Worker: answer to tell_waits.
struct waits_told {
  std::vector<thread_wait> waits;
};

// -- node -> client process ---------------------------------------------------

/// Node to worker: run this attempt. `values` are those of the dependencies,
/// in their order.
struct run_task {
  task_spec spec;
  std::int32_t attempt = 0;
  std::vector<object_value> values;
};

/// The object is there. Sent for each task that the process submitted, and
/// for what it wanted.
struct object_ready {
  object_id object;
  object_value value;
};

/// Answer to create_object_room: a place, or an encoded failure.
struct object_room {
  std::uint64_t request = 0;
  extent where;
  std::string failure;
};

/// Room ahead of need, the process's own until it sealed it away or died.
/// Empty when the store has none to spare.
struct spare_room {
  extent where;
};

/// Node to worker: give back what you have not started (tasks_returned).
struct recall_tasks {};

/// Node to worker: the result is not wanted any more. What did not start comes
/// back (tasks_returned); what runs is told by its stop_token.
struct cancel_task {
  object_id task;
};

/// These objects are to leave the arena. Answered for each by
/// places_given_back or places_kept.
struct give_back_places {
  std::uint64_t serial = 0; ///< Comes back.
  std::vector<object_id> ids;
};

/// Node to worker, when it is blocked for long: on what?
struct tell_waits {};

/// Answer to client_query: text, or an encoded failure.
struct query_answer {
  std::uint64_t request = 0;
  std::string text;
  std::string failure;
};

/// Node to client: end now. Workers exit; a driver's calls fail with this.
struct end_process {
  std::string reason;
};

} // namespace rayd
