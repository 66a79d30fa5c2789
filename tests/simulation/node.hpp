#pragma once

#include "local_scheduler/machine.hpp"
#include "process.hpp"

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace rayd::simulation {

class world;

/// One node: a real local_scheduler_machine, and around it what the actor and
/// its neighbours do: the store, the pool, transfers, the agent.
class node : public effects {
public:
  node(world& all, std::size_t place, resource_set total);

  // -- life -------------------------------------------------------------------
  void registered(const node_registered& x);
  void on_control(const control_message& x);
  void link_up(node_index peer);
  void peer_gone(node_index peer, const std::string& why);
  void crash();
  void pause(time_us until);
  void go_on();
  void attach_driver(std::uint64_t seed, std::uint32_t size);
  void crash_process(process& which, const std::string& how);

  /// Runs an event of this node's thread: later when it is paused, never when
  /// it is dead; then a turn, and what the actor does at its end.
  void act(timeline::action event);

  // -- views ------------------------------------------------------------------
  bool alive() const noexcept { return alive_; }
  bool joined() const noexcept { return machine_ != nullptr; }
  node_index index() const noexcept { return index_; }
  const resource_set& total() const noexcept { return total_; }
  const local_scheduler_machine& machine() const { return *machine_; }
  std::map<process_id, std::shared_ptr<process>>& processes() {
    return processes_;
  }
  const std::map<object_id, std::uint64_t>& store() const { return store_; }
  bool has(const object_id& id) const { return store_.contains(id); }
  bool paused() const noexcept { return paused_; }
  bool knows_dead(node_index peer) const { return dead_.contains(peer); }
  bool has_begins() const noexcept { return !begins_.empty(); }

  /// Empty when nothing is left but idle workers; else what.
  std::string leftovers(bool jobs_over) const;

  void on_process_record(process& from, lane_record&& record);
  void on_peer_record(node_index from, lane_record&& record);
  void driver_left(process& driver, bool good);

  /// Gets the bytes, or null when they are not to be had.
  using reader = std::function<void(const std::string*)>;
  void serve(const object_id& id, reader answer);

  const std::size_t place;
  std::uint64_t link = 0; ///< With the head; 0: lost.

private:
  // -- effects ----------------------------------------------------------------
  void to_process(process_id to, lane_record record) override;
  void to_node(node_index to, lane_record record) override;
  void start_worker(job_number job, const worker_setting& setting) override;
  void end_worker(process_id worker, const std::string& reason) override;
  void free_local(const std::vector<object_id>& ids) override;
  void fetch(const object_id& id, std::uint64_t size_bytes,
             const std::vector<node_index>& holders) override;
  void spill(const object_id& id) override;
  void free_place(const object_id& id) override;
  void drop_file(const object_id& id) override;
  void restore(const object_id& id, std::uint64_t size_bytes) override;
  void no_more_space(std::uint64_t, bool) override {}
  void to_head(const control_message& message) override;
  void claim_name(const task_spec& creation) override;
  void actor_changed(const task_spec& creation, const char* state,
                     node_index node, const std::string& reason,
                     std::int32_t restarts) override;
  void record_task(task_record record) override;
  void record_object(object_record) override {}

  void try_holder(const object_id& id, std::vector<node_index> holders,
                  std::vector<node_index> failed);
  void watch_transfer(node_index holder, std::shared_ptr<bool> answered,
                      timeline::action give_up);
  void press();
  void check_views(const object_id& id, const char* what);
  void end_turn();
  void arm();
  void send_load();
  void forget_given(process_id worker, const object_id& task);
  void check_accounts();
  std::string describe_objects() const;

  world& world_;
  resource_set total_;
  node_index index_ = 0;
  std::uint64_t epoch_ = 0;
  bool alive_ = true;
  bool paused_ = false;
  std::deque<timeline::action> backlog_;
  std::unique_ptr<local_scheduler_machine> machine_;
  std::map<process_id, std::shared_ptr<process>> processes_;
  process_id last_process_ = 0;
  std::map<object_id, std::uint64_t> store_; ///< With the place in the arena.
  std::map<object_id, std::string> files_;   ///< On disk.
  std::map<object_id, std::uint64_t> writes_; ///< Under way.
  std::uint64_t last_write_ = 0;
  std::uint64_t last_wish_ = 0;

  std::set<node_index> peers_, dead_;
  std::map<node_index, std::vector<lane_record>> early_;
  std::map<std::uint64_t, object_id> claims_;
  std::map<std::uint64_t, std::pair<std::uint64_t, std::uint32_t>> begins_;
  std::uint64_t last_request_ = 0;

  std::uint64_t sequence_ = 0;
  node_load last_load_;
  time_us load_sent_ = -1'000'000;
  bool load_changed_ = true;
  bool armed_ = false;
  time_us armed_for_ = 0;
  bool turn_due_ = false;
  time_us ticked_ = 0;
  std::map<process_id, std::map<object_id, resource_set>> given_;
  std::set<process_id> waiting_;               ///< In a get, as it told.
  std::map<process_id, resource_set> resumed_; ///< Took its CPUs back.
};

} // namespace rayd::simulation
