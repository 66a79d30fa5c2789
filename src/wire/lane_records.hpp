#pragma once

#include "wire/task.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

// Everything that travels in a task lane, in three groups: from a client
// process (driver, worker) to its node, from a node to a client process, and
// between two nodes. A batch is a vector of records, one Cap'n Proto message
// (schema/lane.capnp); its order is the order of the lane. Who sends what and
// why stands at each struct; src/ARCHITECTURE.md walks the way of a task.

namespace rayd {

/// In object_value::where of a stored value: it exists, but not on this node.
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

/// Room ahead of need: answered by spare_room.
struct want_spare_room {
  std::uint64_t at_least = 0;
};

/// End the actor at once; its calls fail as actor_died.
struct kill_actor {
  object_id actor;
};

/// A question to the cluster ("nodes", "actor NAME"); see wire/query.hpp.
struct client_query {
  std::uint64_t request = 0;
  std::string text;
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

/// Node to worker: the result is not wanted any more.
struct cancel_task {
  object_id task;
};

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

// -- node -> node -------------------------------------------------------------

/// What the sender knows of a dependency, so that the receiver need not ask.
struct object_hint {
  object_id object;
  object_value value;            ///< Stored: only its size counts.
  std::vector<node_index> nodes; ///< That hold a copy of a stored value.
  bool known = false;            ///< False: ask the home (locate_object).
};

/// Home (of a task) or caller's node (of an actor call) to the node that runs
/// it. The receiver answers task_done or task_given_back.
struct assign_task {
  task_spec spec;
  std::int32_t attempt = 0;
  std::uint64_t grant = 0; ///< The global scheduler's; 0 for actor calls.
  std::vector<object_hint> hints;
};

/// The attempt ended. The sender keeps the value's references alive until
/// ack_done.
struct task_done {
  object_id task;
  std::int32_t attempt = 0;
  object_value value; ///< Stored: the sender holds the copy.
  run_times times;
  std::int64_t worker_pid = 0;
  bool worker_died = false; ///< A system failure: may be tried again.
};

struct ack_done {
  object_id task;
  std::int32_t attempt = 0;
};

/// Not started and never will be by the sender: place it anew.
struct task_given_back {
  object_id task;
  std::int32_t attempt = 0;
};

/// The sender's processes hold references to objects whose home the receiver
/// is. Answered by ack_retain with the same serial.
struct node_retains {
  std::uint64_t serial = 0;
  std::vector<object_id> ids;
};

struct ack_retain {
  std::uint64_t serial = 0;
};

struct node_releases {
  std::vector<object_id> ids;
};

/// To the home: tell me (object_located) when it is there, and where. `failed`
/// names holders from which the sender could not fetch it.
struct locate_object {
  object_id object;
  std::vector<node_index> failed;
};

struct object_located {
  object_hint hint;
};

/// To the home: the sender has a copy now.
struct copy_added {
  object_id object;
};

/// From the home: nobody refers to these any more, drop your copies.
struct free_copies {
  std::vector<object_id> ids;
};

/// To the actor's home: where is it? Answered, when known and again when it
/// dies, by actor_located.
struct locate_actor {
  object_id actor;
};

struct actor_located {
  object_id actor;
  node_index node = 0;   ///< 0: dead, for the encoded failure's reason.
  std::string failure;
};

/// From the home to the node that hosts it: end it.
struct end_actor {
  object_id actor;
  std::string reason;
};

/// From the host to the home: its process ended.
struct actor_ended {
  object_id actor;
  std::string failure;
};

/// The home does not want the result any more.
struct cancel_assigned {
  object_id task;
  std::int32_t attempt = 0;
};

/// The job is over: drop all that belongs to it.
struct end_job {
  job_number job = 0;
};

/// From the home of a job's tasks to a node, before the first assign_task of
/// the job there: the program to start workers of (JSON, see worker_pool).
struct describe_job {
  job_number job = 0;
  std::string text;
};

using lane_record = std::variant<
  submit_task, task_result, retain_objects, release_objects, want_objects,
  task_blocked, tasks_returned, create_object_room, seal_object_room,
  abort_object_room, want_spare_room, kill_actor, client_query, run_task,
  object_ready, object_room, spare_room, recall_tasks, cancel_task,
  query_answer, end_process, assign_task, task_done, ack_done,
  task_given_back, node_retains, ack_retain, node_releases, locate_object,
  object_located, copy_added, free_copies, locate_actor, actor_located,
  end_actor, actor_ended, cancel_assigned, end_job, describe_job>;

} // namespace rayd
