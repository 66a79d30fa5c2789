#pragma once

#include "local_scheduler/ready_queues.hpp"
#include "local_scheduler/reply_book.hpp"
#include "local_scheduler/types.hpp"
#include "wire/client_records.hpp"
#include "local_scheduler/worker_setting.hpp"
#include "wire/peer_records.hpp"
#include "wire/records.hpp"
#include "wire/task.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

// What the local scheduler's machine remembers of tasks, workers, jobs and
// actors: plain structs, changed by the machine only.

namespace rayd {

/// A task of this home, or one that another node sent here ("foreign"). It is
/// kept until its result is there and nobody needs the task to make it again
/// (own), or until its home has acknowledged the result (foreign).
struct task_entry {
  task_spec spec;
  task_state state = task_state::waiting_for_args;
  placed_by placed = placed_by::nobody;
  std::int32_t attempt = 0;
  std::int32_t failures = 0; ///< Attempts that failed and were tried again.
  std::int32_t deaths = 0;   ///< Attempts that killed their worker.
  std::uint32_t missing = 0; ///< Dependencies that it waits for.
  node_index origin = 0;     ///< Who gets the result: this node, or its sender.
  node_index node = 0;       ///< Where it was sent or runs; 0: nowhere yet.
  process_id worker = 0;     ///< On this node; 0: not given to one.
  process_id caller = 0;     ///< Of an own call: a process or place.
  std::uint64_t grant = 0;
  std::int64_t submitted_us = 0;
  std::int64_t started_us = 0; ///< Wall clock, as its worker told.
  std::int64_t duration_us = 0;
  std::int64_t worker_pid = 0;
  std::vector<object_id> kept; ///< Foreign: pinned until acknowledged.
  std::uint64_t order = 0;     ///< Of a call: its place in its caller's row.
  bool queued = false;         ///< Is in a ready queue.
  bool cancelled = false; ///< Its object says so; only the run has to end.
  node_wish_ptr wish;          ///< Of its spec.
  node_index near = 0;         ///< See ready_queues::key, once queued.
  bool recorded = false;       ///< The mirror knows of it already.
};

/// A result that waits until its references are counted where they must be.
struct held_result {
  object_id task;
  std::int32_t attempt = 0;
  object_value value;
  run_times times;
};

/// A result that is not seen before a snapshot of its actor's state is kept.
struct unseen_result {
  std::uint64_t number = 0; ///< Of the snapshot.
  process_id process = 0;   ///< Whose references it holds.
  held_result result;
};

/// Which bundle, and by which try of its group it came here.
struct bundle_key {
  object_id group;
  std::uint32_t index = 0;
  std::uint64_t attempt = 0;

  friend auto operator<=>(const bundle_key&, const bundle_key&) = default;
};

/// Resources of this node that only work in this bundle gets.
struct bundle_entry {
  resource_set free;
  job_number job = 0;
  bool committed = false; ///< The whole group is there: work may run in it.
};

struct worker_entry {
  job_number job = 0;
  worker_setting setting;
  std::int64_t pid = 0;
  std::optional<ready_queues::key> lease; ///< Whose tasks it runs now.
  std::optional<ready_queues::key> hosted; ///< Of its actor's creation.
  std::optional<bundle_key> bundle;       ///< Out of which it holds.
  std::int64_t gpu_units = 0; ///< Taken of each GPU in its setting's way.
  resource_set holds; ///< Taken; of a blocked one the CPUs are not.
  std::deque<object_id> given;            ///< The first one runs.
  time_us front_since = 0; ///< When the first one came first.
  std::uint64_t ended = 0; ///< Tasks that it ran to their end.
  std::string last_ran;    ///< Name of the task that ended last.
  time_us idle_since = 0;
  time_us lease_since = 0;
  object_id overdue;         ///< The running task that ran out of its time,
  time_us overdue_since = 0; ///< and was told so then.
  bool blocked = false;  ///< All that run in it wait in get.
  std::map<object_id, time_us> waiting; ///< Those that do, and since when.
  std::vector<thread_wait> waits;       ///< Of them, once it told.
  bool recalled = false; ///< Was asked to give back; has not yet.
  bool ending = false;   ///< Told to end.
  object_id actor;       ///< It hosts this one.

  // A process whose setting is shared hosts many actors. Each of them has a
  // place there, which is an entry like that of a process with one actor.
  process_id host = 0;  ///< Of a place: its process. 0: this is a process.
  object_id guest;      ///< Of a place: its actor, from its creation on,
  std::int32_t life = 0; ///< and which life of it.
  std::vector<object_id> kept; ///< Of one that ended: its process may view it.
  std::size_t places = 0; ///< Of a shared process.
  std::vector<held_result> held;

  bool idle() const {
    return given.empty() && !lease && !actor && !ending;
  }
};

struct job_entry {
  process_id driver = 0; ///< 0: its driver is on another node.
  node_index home = 0;   ///< The node of its driver.
  std::string description;
  /// Workers asked for, not here yet.
  std::map<worker_setting, std::size_t> starting;
  std::vector<process_id> idle; ///< Longest first.
  std::vector<node_index> described_to;
};

/// An actor whose home is here, that lives here, or that was called from here.
struct actor_entry {
  /// Pending: not alive yet, or again, or not known here.
  enum class state : std::uint8_t { pending, alive, dead };

  state now = state::pending;
  node_index node = 0;    ///< Where it lives, once known.
  process_id process = 0; ///< When it lives here.
  std::string failure;    ///< Encoded, of a dead one.
  bool asked = false;     ///< The home was asked where it is.
  task_spec creation;     ///< At home and host, without its arguments.
  std::int32_t life = 0;  ///< Times that it was restarted.
  bool restarts = false;  ///< When this life ends there will be another one.
  std::int32_t task_retries = 0; ///< Of a call in lives that ended under it.
  std::string exiting;    ///< At the host: why it takes no more calls.
  std::vector<node_index> subscribers; ///< At home: want to hear of changes.

  /// Calls that were not sent on yet, in order for each caller: a driver, a
  /// task or an actor's process of this node, or (at the host) another node.
  /// Two tasks that one worker ran are two callers: the second may make what
  /// a call of the first waits for.
  struct source {
    process_id process = 0;
    object_id parent; ///< Empty when the process hosts an actor.
    node_index node = 0;
    friend auto operator<=>(const source&, const source&) = default;
  };
  std::map<source, std::deque<object_id>> calls;
  source served;             ///< Who had the last turn.
  std::size_t sent_away = 0; ///< Calls that another node has not answered.
  std::int32_t sent_life = 0;      ///< To which life they went.
  std::uint64_t last_sent = 0;     ///< Numbers of calls sent away.
  std::map<node_index, std::uint64_t> last_seen; ///< At the host: of others.
  reply_book replies; ///< At the host: of this life.

  // Of a durable one; numbers count in this life.
  std::string snapshot; ///< At home: for the next life. At the host: not sent.
  std::uint64_t snapshot_kept = 0; ///< The newest one at home.
  std::uint64_t snapshot_sent = 0; ///< At the host: the newest under way,
  std::uint64_t snapshot_told = 0; ///< and the newest of its process.
  /// At the host: results, each seen once its snapshot is at home.
  std::deque<unseen_result> unseen;
};

/// What a worker gives back while it is blocked.
resource_set cpus_of(const worker_entry& worker);

/// What a call to an actor on another node carries instead of a grant: the
/// life that it is for, and a number that grows from call to call.
std::uint64_t call_ticket(std::int32_t life, std::uint64_t number);

/// "task square", "call Counter::increment", for people.
std::string title(const task_spec& spec);

/// What other nodes are told of an actor.
actor_located location_of(const object_id& id, const actor_entry& actor);

} // namespace rayd
