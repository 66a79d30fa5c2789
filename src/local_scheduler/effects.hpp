#pragma once

#include "local_scheduler/types.hpp"
#include "wire/control.hpp"
#include "local_scheduler/worker_setting.hpp"
#include "wire/lane_records.hpp"
#include "wire/records.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace rayd {

/// What the machine wants done. The actor sends it to the world, the
/// simulation to its own; both keep the order of calls per receiver.
class effects {
public:
  virtual ~effects() = default;

  virtual void to_process(process_id to, lane_record record) = 0;
  virtual void to_node(node_index to, lane_record record) = 0;

  /// Start a worker process for *job* with *setting*; it arrives by
  /// worker_joined, or worker_start_failed tells why not.
  virtual void start_worker(job_number job, const worker_setting& setting)
    = 0;

  /// End this worker process now; process_left follows.
  virtual void end_worker(process_id worker, const std::string& reason) = 0;

  /// These objects' copies in this node's store are not needed any more.
  virtual void free_local(const std::vector<object_id>& ids) = 0;

  /// Bring a copy of a stored object here from one of *holders*; answered by
  /// fetched or fetch_failed.
  virtual void fetch(const object_id& id, std::uint64_t size_bytes,
                     const std::vector<node_index>& holders) = 0;

  /// To the head: group_request or bundle_answer.
  virtual void to_head(const control_message& message) = 0;

  // -- an object leaves the arena, and comes back ----------------------------

  /// Write it to disk; answered by spilled(). Its place stays as it is, until
  /// free_place (the file is the object now) or drop_file (it is not needed).
  virtual void spill(const object_id& id) = 0;
  virtual void free_place(const object_id& id) = 0;
  virtual void drop_file(const object_id& id) = 0;

  /// Read it into the arena; answered by fetched, restore_failed or
  /// fetch_refused.
  virtual void restore(const object_id& id, std::uint64_t size_bytes) = 0;

  /// Nothing (more) can leave the arena now: answers the wish of this serial.
  /// *later*: something can when tasks end that run here.
  virtual void no_more_space(std::uint64_t serial, bool later) = 0;

  /// Ask the head to give the actor its name; answered by name_answered.
  virtual void claim_name(const task_spec& creation) = 0;

  /// For records and names: an actor of this home changed; *restarts* is how
  /// often it was restarted.
  virtual void actor_changed(const task_spec& creation, const char* state,
                             node_index node, const std::string& reason,
                             std::int32_t restarts)
    = 0;

  /// The newest state of a task of this home, for the mirror.
  virtual void record_task(task_record record) = 0;

  /// The newest state of an object of this home, for the mirror.
  virtual void record_object(object_record record) = 0;
};

} // namespace rayd
