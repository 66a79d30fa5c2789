#pragma once

#include "global_scheduler/machine.hpp"
#include "timeline.hpp"

#include <map>
#include <set>
#include <string>

namespace rayd::simulation {

class world;

/// The head: a real head_machine, a store that answers late and in order, and
/// a second, simple opinion on what the machine may assign and say.
class head : public head_effects {
public:
  head(world& all, head_options options);

  void on_message(link_id from, const control_message& message);
  void link_lost(link_id link, const std::string& why);

  const head_machine& machine() const { return machine_; }

  /// Traces what the head knows of its nodes.
  void describe_nodes();

  void to_link(link_id to, control_message message) override;
  void store_node(const node_record& node) override;
  void store_job(const job_record& job) override;
  void store_actor(const actor_record& actor) override;
  void store_name(const std::string& name, const object_id& actor) override;
  void store_mirror(node_index, const mirror_records&) override {}
  void take_node_index(ticket_id ticket) override;
  void take_job_number(ticket_id ticket) override;
  void sync_store(ticket_id ticket) override;
  void answer_query(link_id, const cluster_query&) override {}
  void node_answered(node_index, const cluster_answer&) override {}

private:
  void turn();
  void arm();
  void write(timeline::action what, time_us spread = 3000);
  void check(const place_tasks& order, link_id to);
  void see(const node_load& load);

  world& world_;
  head_machine machine_;
  bool hurried_ = false;
  time_us store_free_ = 0; ///< When the store has done all it was asked.
  std::uint32_t last_index_ = 0, last_job_ = 0;

  // What the store has.
  std::set<node_index> kept_nodes_;
  std::set<job_number> kept_jobs_;
  std::map<std::string, object_id> kept_names_;

  // What was promised to each node since its newest load.
  struct promise {
    node_index source = 0;
    node_index target = 0;
    resource_set demand;
    std::uint32_t slots = 0; ///< Times the demand.
    time_us made = 0;
  };
  std::map<std::uint64_t, promise> promises_;
  std::map<node_index, node_load> loads_;
};

} // namespace rayd::simulation
