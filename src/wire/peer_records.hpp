#pragma once

#include "wire/task.hpp"

#include <cstdint>
#include <string>
#include <vector>

// Records that two nodes exchange in their lane; see lane_records.hpp. "Home"
// is the node that is the authority for a task, object or actor.

namespace rayd {

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
  /// The global scheduler's; of an actor call: its ticket (call_ticket).
  std::uint64_t grant = 0;
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

/// To the home: the sender wants to drop its copy, for its store is full.
/// Answered by copy_judged; when it may, the home has taken it off its list.
struct copy_leaves {
  object_id object;
};

struct copy_judged {
  object_id object;
  bool may_go = false; ///< False: there is no other copy.
};

/// From the home: nobody refers to these any more, drop your copies.
struct free_copies {
  std::vector<object_id> ids;
};

/// To the actor's home: where is it? Answered, when known and again when it
/// changes, by actor_located.
struct locate_actor {
  object_id actor;
};

struct actor_located {
  object_id actor;
  node_index node = 0;   ///< 0: dead, for the encoded failure's reason; without
  std::string failure;   ///< one it is restarting, and more news follows.
  std::int32_t life = 0; ///< How often it was restarted, this time included.
  bool restarts = false; ///< After this life comes another one.
  std::int32_t task_retries = 0; ///< Its creation's max_task_retries.
};

/// From the home to the node that hosts it, and from that to the shared
/// process that holds it: end it. The process answers with actor_ended.
struct end_actor {
  object_id actor;
  std::string reason;
};

/// From the host to the home: its process ended. From a worker to its node:
/// the actor ends by itself.
struct actor_ended {
  enum class way : std::uint8_t {
    died,        ///< May be restarted.
    for_good,    ///< It wanted to end.
    after_calls, ///< It wants to end when the calls accepted so far have run.
    gone,        ///< A shared process has let go of it, after end_actor.
  };

  object_id actor;
  std::string failure;
  way how = way::died;
  std::int32_t life = 0; ///< Which one ended.
};

/// The home does not want the result any more, nor those of the task's
/// children; answered by task_done.
struct cancel_assigned {
  object_id task;
  std::int32_t attempt = 0;
  bool force = false;
};

/// The job is over: drop all that belongs to it.
struct end_job {
  job_number job = 0;
};

/// From the home of a job's tasks to a node, before the first assign_task of
/// the job there: the program to start workers of (JSON, see worker_pool).
struct describe_job {
  job_number job = 0;
  node_index home = 0; ///< Where its driver is: dies with it.
  std::string text;
};

/// The state of a durable actor after some call: its process to its node, and
/// on to its home, which keeps the newest one for the next life. Results of
/// that call and later ones are not seen before snapshot_kept.
struct actor_snapshot {
  object_id actor;
  std::int32_t life = 0;
  std::uint64_t number = 0; ///< From 1 in each life; grows by one.
  std::string bytes;
};

/// Home to host: that one, and those before it, are kept or superseded.
struct snapshot_kept {
  object_id actor;
  std::int32_t life = 0;
  std::uint64_t number = 0;
};

/// To the job's node, and on to its driver: a line for its user.
struct tell_driver {
  job_number job = 0;
  std::string text;
};

/// To the head's node: blocks of task and object records of the sender's home
/// (wire/records.hpp), for the control store. In the lane, so that a head that
/// does not read costs the sender no memory.
struct mirror_block {
  std::string tasks;
  std::string objects;
};

} // namespace rayd
