#pragma once

#include "global_scheduler/actor_table.hpp"
#include "global_scheduler/deadlock_finder.hpp"
#include "global_scheduler/feasibility.hpp"
#include "global_scheduler/grant_book.hpp"
#include "global_scheduler/group_table.hpp"
#include "global_scheduler/head_effects.hpp"
#include "global_scheduler/job_table.hpp"
#include "global_scheduler/placement.hpp"

#include <map>
#include <string>
#include <tuple>
#include <vector>

// The global scheduler as a pure state machine: no thread, clock, randomness,
// socket or CAF. It remembers the nodes of the cluster with their last loads,
// what it assigned that these do not show yet (grant_book), the jobs
// (job_table), and the actors and their names (actor_table).
//
// It promises: an index, job number or name is told to its node only when the
// control store has it; a node that is silent for 5 s, lost its connection or
// left is dead for good, and everyone hears so; tasks that wait where they
// cannot start soon are assigned to nodes with room within one turn, never to
// one that is suspect, draining or dead, nor twice for the same room. What a
// node says about another node, an old life of the head or out of its turn
// has no effect, and neither has a second copy of any message.
//
// It does not move tasks: it tells the home, which sends them. It knows
// nothing of single tasks, so work goes on without it.

namespace rayd {

class head_machine {
public:
  head_machine(head_options options, head_effects& out);

  // -- what nodes say ---------------------------------------------------------

  void on_message(time_us now, link_id from, const control_message& message);

  /// The connection is gone and nothing more comes from it.
  void link_lost(time_us now, link_id link, const std::string& why);

  // -- what the control store says --------------------------------------------

  void number_given(time_us now, ticket_id ticket, std::uint32_t number);
  void stored(time_us now, ticket_id ticket);
  void store_failed(time_us now, ticket_id ticket, const std::string& reason);

  // -- time -------------------------------------------------------------------

  /// One turn: who is silent, which grants are void, what waits and where is
  /// room. Call each 10 ms while wants_turn(), else at least each 100 ms.
  /// @param random Any number that nodes cannot foresee.
  void turn(time_us now, std::uint64_t random);

  /// Tasks wait for other nodes.
  bool wants_turn() const;

  // -- views ------------------------------------------------------------------

  const head_options& options() const noexcept { return options_; }
  const std::map<node_index, node_record>& nodes() const noexcept {
    return nodes_;
  }
  const job_table& jobs() const noexcept { return jobs_; }
  const actor_table& actors() const noexcept { return actors_; }
  const group_table& groups() const noexcept { return groups_; }
  const deadlock_finder& deadlocks() const noexcept { return deadlocks_; }
  /// Whether work of this shape can run in the cluster as it is now.
  feasibility judge_shape(const resource_set& demand,
                          const node_wish& wish) const;

  std::size_t open_grants() const noexcept { return grants_.size(); }

private:
  void on(link_id from, const register_node& x);
  void on(node_record& from, const node_load& x);
  void on(node_record& from, const node_leaves& x);
  void on(node_record& from, const begin_job& x);
  void on(node_record& from, const job_ended& x);
  void on(node_record& from, const claim_actor_name& x);
  void on(node_record& from, const find_actor_name& x);
  void on(node_record& from, const actor_changed& x);
  void on(node_record& from, const mirror_records& x);
  void on(node_record& from, const cluster_query& x);
  void on(node_record& from, const cluster_answer& x);
  void on(node_record& from, const group_request& x);
  void on(node_record& from, const bundle_answer& x);
  void on(node_record& from, const wait_answer& x);

  node_record* find(link_id link);
  link_id link_to(node_index node) const;
  void announce(node_record& node);
  void set_state(node_record& node, node_state state);
  void die(node_record& node, const std::string& why);
  void forget_old_dead();
  void watch_silence();
  void balance(dice& random);
  void balance_shape(const node_record& source, const shape_load& shape,
                     std::vector<candidate>& candidates, dice& random);
  std::vector<candidate> candidates() const;
  std::vector<std::vector<candidate>>
  choices(const node_record& source, const shape_load& shape,
          const std::vector<candidate>& candidates) const;
  std::uint32_t same_on(node_index node, const shape_load& shape) const;
  void give(const node_record& source, const shape_load& shape,
            node_index target, std::uint32_t count, std::uint32_t slots);
  void balance_bundle(const node_record& source, const shape_load& shape,
                      std::uint32_t count,
                      const std::vector<candidate>& candidates);
  void judge_waiting();

  head_options options_;
  head_effects& out_;
  time_us now_ = 0;
  time_us last_turn_ = 0;
  ticket_id last_ticket_ = 0;

  std::map<node_index, node_record> nodes_;
  std::map<link_id, node_index> links_; ///< 0: its index is asked for.
  std::map<ticket_id, std::pair<link_id, node_entry>> registering_;
  std::map<ticket_id, node_index> unstored_nodes_;
  node_index next_served_ = 0; ///< Where the next balance begins.
  /// When the home of a shape that can run nowhere hears of it next.
  std::map<std::tuple<node_index, resource_set, node_wish>, time_us> judged_;

  grant_book grants_;
  job_table jobs_;
  actor_table actors_;
  group_table groups_;
  deadlock_finder deadlocks_;
};

} // namespace rayd
