#pragma once

#include "local_scheduler/machine_steps.hpp"

#include <map>
#include <string>
#include <vector>

// The local scheduler of one node as a pure state machine: no thread, clock,
// randomness, socket or CAF. Events come in as calls, with the time set before
// them; what is to be done goes out through effects.
//
// It is the home of the tasks that this node's processes submit: it keeps
// them until their results are there, gives them to workers of this node, or,
// when the global scheduler places them, to other nodes, and tries them again
// when a worker or node dies. For tasks of other homes it is the executor:
// runs them and answers. It routes actor calls, in order for each caller.
// Objects and references are the directory's.
//
// Every event ends with turn(): it starts what can start, frees what nobody
// needs, and leaves the machine consistent. Nothing in here fails: what is
// wrong in a message from a process or node is ignored or answered.

namespace rayd {

class local_scheduler_machine : private machine_steps {
public:
  local_scheduler_machine(machine_options options, effects& out);

  /// Time of all that follows: steady, and the wall clock for records.
  void at(time_us now, std::int64_t wall_us) noexcept {
    now_ = now;
    wall_us_ = wall_us;
  }

  // -- processes of this node -------------------------------------------------

  /// A driver attached and has its job. *description* is passed to
  /// start_worker's receiver and to other nodes (describe_job).
  /// *workers_max* processes at most are started before they are needed.
  void job_begun(job_number job, process_id driver, std::string description,
                 std::size_t workers_max = 4);
  void worker_joined(process_id worker, job_number job, std::int64_t pid,
                     worker_setting setting = {});
  void worker_start_failed(job_number job, const worker_setting& setting,
                           const std::string& reason);

  /// The process ended and nothing more comes from it. *how* is a sentence's
  /// end for people: "was ended by SIGSEGV". A driver's job ends with it.
  void process_left(process_id process, const std::string& how);

  void on_record(process_id from, lane_record&& record);

  /// The head's answer to claim_name; empty *failure*: it has the name.
  void name_answered(const object_id& actor, const std::string& failure);

  // -- other nodes and the head -----------------------------------------------

  void node_joined(node_index node);
  void node_left(node_index node, const std::string& reason);
  void on_peer_record(node_index from, lane_record&& record);
  void place(const place_tasks& order);
  void judged(const shape_verdict& verdict);
  void ordered(const bundle_order& order);
  void group_changed(const group_news& news);
  void asked(const wait_question& question);
  void found(const deadlock_news& news) { tell(news.job, news.text); }

  // -- objects ----------------------------------------------------------------

  void fetched(const object_id& id, extent where);
  void fetch_failed(const object_id& id, const std::vector<node_index>& nodes);
  void fetch_refused(const object_id& id, const std::string& failure);

  /// For object_transfer; see object_directory::read.
  std::optional<extent> read(const object_id& id) { return objects_.read(id); }
  void read_done(const object_id& id) { objects_.read_done(id); }
  bool comes_back(const object_id& id) { return objects_.comes_back(id); }

  // The store wants space, and what became of it; see object_directory.
  void want_space(std::uint64_t serial, std::uint64_t bytes) {
    objects_.want_space(serial, bytes);
  }
  bool makes_space() const noexcept { return objects_.makes_space(); }
  void spilled(const object_id& id, bool good) { objects_.spilled(id, good); }
  void restore_failed(const object_id& id) { objects_.restore_failed(id); }

  /// Values that wait for *process* (see object_directory::send_ready).
  void send_ready(process_id process, std::size_t bytes);
  bool has_ready(process_id process) const {
    return objects_.has_ready(process);
  }
  std::vector<process_id> take_notified() { return objects_.take_notified(); }

  // -- time and reports -------------------------------------------------------

  /// Call at least each 10 ms while there is work, each second otherwise.
  void tick();

  /// Starts, frees; call after each event or after a group of them.
  void turn();

  /// Fills in what the global scheduler wants to know; grants_* are moved
  /// out, so each of them is told once.
  void fill_load(node_load& load);

  /// JSON for global_scheduler/why.hpp: what the thing with this id waits for,
  /// with a sentence; "waits_for" is "unknown" when it is not known here.
  std::string why(const std::string& id) const;

  /// JSON for global_scheduler/state_merge.hpp. {"what": "about", "ids": [...]}
  /// gives why those tasks wait and who holds those objects, at most 1,000 of
  /// them; {"what": "actors", "ids": [...]} of the actors that live here their
  /// worker, the calls that wait and those that ended in this life; {"what":
  /// "workers"} the worker processes. Else an empty object.
  std::string survey(const std::string& text) const;

  bool has_job(job_number job) const { return jobs_.contains(job); }
  const std::string& description(job_number job) const;
  /// The node of its driver; 0: this one, or unknown.
  node_index home_of(job_number job) const;
  /// What a worker ran at *read*, when a line of it was read: the name of its
  /// task, or its actor's class; "" before its first one.
  std::string work_of(process_id worker, time_us read) const;
  /// Since when the first task that it was given runs; 0: none does.
  time_us works_since(process_id worker) const;
  const object_directory& objects() const { return objects_; }
  const resource_set& available() const { return available_; }
  const std::map<bundle_key, bundle_entry>& bundles() const {
    return bundles_;
  }
  std::size_t task_count() const { return tasks_.size(); }
  std::size_t worker_count() const { return workers_.size(); }
};

} // namespace rayd
