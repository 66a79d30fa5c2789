#pragma once

#include "local_scheduler/effects.hpp"
#include "local_scheduler/machine_memory.hpp"
#include "local_scheduler/object_directory.hpp"
#include "wire/control.hpp"

#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rayd {

/// The steps that the local scheduler's machine takes in its events, by the
/// file where they stand; for local_scheduler_machine only (machine.hpp).
class machine_steps : protected machine_memory, protected directory_listener {
protected:
  machine_steps(machine_options options, effects& out);

  // directory_listener
  void dependency_ready(const object_id& task) override;
  void dependency_refused(const object_id& task,
                          const std::string& failure) override;
  bool rebuild(const object_id& id) override;
  void add_in_use(std::unordered_set<object_id>& ids) const override;
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
  void complete(const object_id& id, object_value value, node_index holder,
                run_times times);
  void complete_foreign(const object_id& id, task_entry& task,
                        object_value value, run_times times, bool died);
  void fail(const object_id& id, ray::errc code, const std::string& why);
  void attempt_failed(const object_id& id, const std::string& why,
                      node_index node, std::int64_t pid);
  void try_again(const object_id& id, task_entry& task);
  void end_attempt(const object_id& id, object_value value, node_index holder,
                   run_times times);
  void forget(const object_id& id);
  void record(const object_id& id, const task_entry& task,
              const object_value* value = nullptr);
  void changed(const object_id& id, task_entry& task, task_state state);

  // -- machine_workers.cpp: processes and dispatch ----------------------------
  void on(process_id from, task_result&& result);
  void on(process_id from, const task_blocked& blocked);
  void on(process_id from, const tasks_returned& returned);
  void on(process_id from, const seal_object_room& seal);
  void note_reply(const worker_entry& worker, const object_id& call,
                  const object_value& value);
  void take_result(process_id from, worker_entry& worker, held_result result);
  void enqueue(const object_id& id, task_entry& task, bool first);
  void dequeue(const object_id& id, task_entry& task);
  ready_queues::key key_of(const task_entry& task) const;
  void slot_free(process_id id, worker_entry& worker);
  void release(worker_entry& worker);
  bool start_what_fits();
  bool start_round(ready_queues::table::iterator first,
                   ready_queues::table::iterator last);
  void worker_left(process_id id, const std::string& how);
  void lose_work(process_id id, worker_entry& worker, const std::string& how);
  void complete_held(std::vector<held_result> results);
  bool start_some(const ready_queues::key& key, ready_queues::queue& queue);
  void give(process_id id, worker_entry& worker, ready_queues::queue& queue,
            std::size_t most);
  void run_on(process_id id, worker_entry& worker, const object_id& task);
  void record_front(const worker_entry& worker);
  std::int64_t began(const object_id& id, const task_entry& task) const;
  bool arguments_here(const object_id& id, task_entry& task);
  std::size_t ahead(const task_entry& task) const;
  void refill();
  void end_job_here(job_number job);
  bool job_over(job_number job) const;
  void begin_detached(job_number job);

  // -- machine_settings.cpp: which processes there are ------------------------
  worker_setting setting_for(const ready_queues::key& key) const;
  process_id take_idle(const ready_queues::key& key);
  void start_for(const ready_queues::key& key, std::size_t room);
  void start_workers(job_number job, const worker_setting& setting,
                     std::size_t wanted, std::size_t room);
  void one_started(job_entry& job, const worker_setting& setting);
  void make_idle(process_id id, worker_entry& worker);
  std::size_t idle_spare() const;
  std::vector<process_id>::iterator
  end_idle(job_entry& job, std::vector<process_id>::iterator which);
  void end_idle_workers();

  // -- machine_shared.cpp: processes with many actors -------------------------
  static process_id process_of(process_id id, const worker_entry& worker);
  void end_worker(process_id id, worker_entry& worker, const std::string& why);
  process_id take_place(const ready_queues::key& key);
  void drop_place(process_id place);
  void leave_places();
  void leave_place(process_id place);
  void keep_arguments(worker_entry& place);
  void guest_gone(process_id process, const actor_ended& told);
  std::vector<process_id> places_in(process_id process) const;
  process_id where_given(process_id process, const object_id& task) const;
  process_id caller_of(process_id process, const task_spec& call) const;

  // -- machine_cancel.cpp: what is not wanted, or not in time -----------------
  void cancel(const cancel_object& wish);
  void cancel_own(const object_id& id, bool force);
  void cancel_children(const object_id& parent, bool force);
  void stop_run(const object_id& id, const task_entry& task, bool force);
  void on(node_index from, const cancel_assigned& cancel);
  void watch_time(process_id id, worker_entry& worker);
  object_value timed_out(const object_id& id, const task_entry& task) const;

  // -- machine_actors.cpp -----------------------------------------------------
  void call_entered(const object_id& id, task_entry& task);
  void call_done(const task_entry& task);
  void host_actor(const object_id& id, process_id process,
                  worker_entry& worker, const task_entry& creation);
  actor_entry::source source_of(const task_entry& task) const;
  std::optional<std::string> call_refusal(const actor_entry& actor) const;
  void advance(const object_id& actor);
  bool send_calls(const object_id& actor_id, actor_entry& actor,
                  std::deque<object_id>& calls);
  bool send_call(const object_id& actor_id, actor_entry& actor,
                 const object_id& call);
  void creation_done(const object_id& id, task_entry& task,
                     const object_value& value, node_index node);
  void actor_died(const object_id& id, const std::string& failure);
  void end_actor_here(const object_id& id, const std::string& why);
  void end_by_request(const object_id& id, const std::string& why);
  void fail_calls(const object_id& id);

  // -- machine_restarts.cpp ---------------------------------------------------
  void begin_life(actor_entry& actor, const task_entry& creation);
  bool takes_call(node_index from, const assign_task& call);
  void actor_process_left(process_id id, worker_entry& worker,
                          const std::string& how);
  void end_life(const object_id& id, const std::deque<object_id>& given,
                const std::string& failure, actor_ended::way how);
  void end_told(process_id from, const actor_ended& told);
  void exit_when_idle(const object_id& id, const actor_entry& actor);
  void restart_or_die(const object_id& id, const std::string& failure);
  bool creation_interrupted(const object_id& id, const std::string& failure);
  void drop_creation(const object_id& id, const std::string& failure);
  void call_interrupted(const object_id& id, const std::string& why);
  void call_back_in_row(const object_id& id, task_entry& task);
  void life_seems_over(const object_id& id, node_index node);
  void actor_node_left(const object_id& id, node_index node,
                       const std::string& why);

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
  bool misses_bundle(const task_entry& task) const;
  void send_back(const object_id& id, task_entry& task);
  const bundle_key* bundle_of(const ready_queues::key& key) const;
  const resource_set& room_for(const ready_queues::key& key) const;
  resource_set& pool_of(const worker_entry& worker);

  // -- machine_waits.cpp ------------------------------------------------------
  bool blocked_long(const worker_entry& worker) const;
  void note_blocked(worker_entry& worker);
  void on(process_id from, waits_told&& x);
  void tell_run(wait_state& state, const worker_entry& worker) const;
  void tell_given(wait_state& state, const worker_entry& worker) const;
  void tell_call(wait_state& state, const task_entry& task) const;
  wait_state wait_of(const object_id& id) const;

  // -- machine_why.cpp --------------------------------------------------------
  nlohmann::json why_argument(const object_id& id) const;
  nlohmann::json why_arguments(const task_entry& task) const;
  nlohmann::json why_queued(const task_entry& task) const;
  nlohmann::json why_call(const task_entry& task) const;
  nlohmann::json why_task(const object_id& id, const task_entry& task) const;
  nlohmann::json why_actor(const object_id& id, const actor_entry& actor) const;

  // -- machine_survey.cpp -----------------------------------------------------
  nlohmann::json holders_of(const object_id& id) const;
  nlohmann::json workers_now() const;
  nlohmann::json worker_row(const worker_entry& worker) const;
  std::size_t mailbox_of(const worker_entry& worker) const;

  // -- machine_durable.cpp ----------------------------------------------------
  void on(process_id from, actor_snapshot&& x);
  void on_peer(node_index from, actor_snapshot&& x);
  void on(node_index from, const snapshot_kept& x);
  void send_snapshot(const object_id& id, actor_entry& actor);
  bool waits_for_snapshot(process_id from, const worker_entry& worker,
                          held_result& result);
  void show_results(const object_id& id, bool all);
  void last_results(process_id process, const worker_entry& worker);

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
