#pragma once

#include "local_scheduler/effects.hpp"
#include "local_scheduler/machine_memory.hpp"
#include "local_scheduler/object_directory.hpp"
#include "wire/control.hpp"

#include <nlohmann/json_fwd.hpp>

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

class local_scheduler_machine : private directory_listener,
                                private machine_memory {
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
  void worker_joined(process_id worker, job_number job, std::int64_t pid);
  void worker_start_failed(job_number job, const std::string& reason);

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

  // -- objects ----------------------------------------------------------------

  void fetched(const object_id& id, extent where);
  void fetch_failed(const object_id& id, const std::vector<node_index>& nodes);
  void fetch_refused(const object_id& id, const std::string& failure);

  /// For object_transfer; see object_directory::read.
  std::optional<extent> read(const object_id& id) { return objects_.read(id); }
  void read_done(const object_id& id) { objects_.unpin(id); }

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

  bool has_job(job_number job) const { return jobs_.contains(job); }
  const std::string& description(job_number job) const;
  const object_directory& objects() const { return objects_; }
  const resource_set& available() const { return available_; }
  const std::map<bundle_key, bundle_entry>& bundles() const {
    return bundles_;
  }
  std::size_t task_count() const { return tasks_.size(); }
  std::size_t worker_count() const { return workers_.size(); }

private:
  // directory_listener
  void dependency_ready(const object_id& task) override;
  void dependency_refused(const object_id& task,
                          const std::string& failure) override;
  bool rebuild(const object_id& id) override;
  void unreferenced(const object_id& id) override;
  void retains_settled(process_id process) override;

  // -- machine_tasks.cpp: from submission to result ---------------------------
  void submit(process_id from, task_spec&& spec);
  task_entry& enter(task_spec&& spec, node_index origin);
  void gather(const object_id& id, task_entry& task);
  bool runs_here(const task_entry& task) const;
  bool await_arguments(const object_id& id, task_entry& task, bool here);
  void arguments_there(const object_id& id, task_entry& task);
  std::optional<std::string> argument_failure(const object_id& id,
                                              const task_entry& task) const;
  void enqueue(const object_id& id, task_entry& task, bool first);
  void dequeue(const object_id& id, task_entry& task);
  ready_queues::key key_of(const task_entry& task) const;
  void complete(const object_id& id, object_value value, node_index holder,
                run_times times);
  void complete_foreign(const object_id& id, task_entry& task,
                        object_value value, run_times times, bool died);
  void fail(const object_id& id, ray::errc code, const std::string& why);
  void attempt_failed(const object_id& id, const std::string& why,
                      node_index node, std::int64_t pid);
  void forget(const object_id& id);
  void record(const object_id& id, const task_entry& task,
              const object_value* value = nullptr);
  void changed(const object_id& id, task_entry& task, task_state state);

  // -- machine_workers.cpp: processes and dispatch ----------------------------
  void on(process_id from, task_result&& result);
  void on(process_id from, const task_blocked& blocked);
  void on(process_id from, const tasks_returned& returned);
  void on(process_id from, const seal_object_room& seal);
  void take_result(process_id from, worker_entry& worker, held_result result);
  void slot_free(process_id id, worker_entry& worker);
  void release(worker_entry& worker);
  void make_idle(process_id id, worker_entry& worker);
  void start_workers(job_number job, std::size_t wanted);
  bool start_what_fits();
  void worker_left(process_id id, const std::string& how);
  void complete_held(std::vector<held_result> results);
  bool start_some(const ready_queues::key& key, ready_queues::queue& queue);
  process_id take_idle(job_number job);
  void give(process_id id, worker_entry& worker, ready_queues::queue& queue,
            std::size_t most);
  void run_on(process_id id, worker_entry& worker, const object_id& task);
  bool arguments_here(const object_id& id, task_entry& task);
  std::size_t ahead(const task_entry& task) const;
  void refill();
  void end_job_here(job_number job);
  bool job_over(job_number job) const;

  // -- machine_actors.cpp -----------------------------------------------------
  void call_entered(const object_id& id, task_entry& task);
  void call_done(const task_entry& task);
  void host_actor(const object_id& id, process_id process,
                  worker_entry& worker, const task_spec& creation);
  void advance(const object_id& actor);
  bool send_calls(const object_id& actor_id, actor_entry& actor,
                  std::deque<object_id>& calls);
  bool send_call(const object_id& actor_id, actor_entry& actor,
                 const object_id& call);
  void creation_done(const object_id& id, task_entry& task,
                     const object_value& value, node_index node);
  void actor_process_left(process_id id, worker_entry& worker,
                          const std::string& how);
  void end_told(process_id from, const actor_ended& told);
  void actor_died(const object_id& id, const std::string& failure);
  void end_actor_here(const object_id& id, const std::string& why);
  void end_by_request(const object_id& id, const std::string& why);
  void fail_calls(const object_id& id);

  // -- machine_load.cpp -------------------------------------------------------
  bool has_labels(const node_wish& wish) const;
  bool fulfils(const node_wish& wish) const;
  bool starts_here(const ready_queues::key& key) const;
  node_index nearest(const task_entry& task) const;
  void add_waiting(std::vector<shape_load>& waiting,
                   const ready_queues::key& key,
                   const ready_queues::queue& queue, std::int64_t left) const;
  void fill_spread(std::vector<shape_load>& spread) const;
  std::vector<object_id> take_waiting(const resource_set& demand,
                                      const node_wish& wish,
                                      std::optional<node_index> near,
                                      std::size_t most);
  void tell(job_number job, const std::string& text);

  // -- machine_groups.cpp -----------------------------------------------------
  void on(process_id from, const make_group& x);
  void on(const remove_group& x);
  void reserve(const bundle_order& order);
  void free_bundles(
    const std::function<bool(const bundle_key&, const bundle_entry&)>& which);
  void end_in_bundle(const bundle_key& bundle);
  const bundle_key* bundle_of(const ready_queues::key& key) const;
  const resource_set& room_for(const ready_queues::key& key) const;
  resource_set& pool_of(const worker_entry& worker);

  // -- machine_why.cpp --------------------------------------------------------
  nlohmann::json why_argument(const object_id& id) const;
  nlohmann::json why_arguments(const task_entry& task) const;
  nlohmann::json why_queued(const task_entry& task) const;
  nlohmann::json why_call(const task_entry& task) const;
  nlohmann::json why_task(const object_id& id, const task_entry& task) const;
  nlohmann::json why_actor(const object_id& id, const actor_entry& actor) const;

  // -- machine_nodes.cpp ------------------------------------------------------
  void on(node_index from, assign_task&& assign);
  void on(node_index from, task_done&& done);
  void on(node_index from, const ack_done& ack);
  void on(node_index from, const task_given_back& back);
  void on(node_index from, const locate_actor& locate);
  void on(node_index from, const actor_located& located);
  void on(node_index from, const end_actor& end);
  void on(node_index from, const actor_ended& ended);
  void assign(const object_id& id, task_entry& task, node_index to);
  void describe(job_number job, node_index to);
  void on(describe_job&& job);
  void drop_foreign(node_index origin);
  std::vector<object_id> actors_where(
    const std::function<bool(const object_id&, const actor_entry&)>& which)
    const;
  std::vector<object_id> tasks_where(
    const std::function<bool(const object_id&, const task_entry&)>& which)
    const;

  machine_options options_;
  effects& out_;
  object_directory objects_;
};

} // namespace rayd
