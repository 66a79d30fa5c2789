#pragma once

#include "global_scheduler/machine.hpp"

#include <string>
#include <utility>
#include <vector>

namespace rayd {

/// A head without a world: a store that answers at once unless told to wait,
/// and a record of all that was sent.
struct head_world : head_effects {
  explicit head_world(head_options options = {})
    : machine(std::move(options), *this) {}

  void to_link(link_id to, control_message message) override {
    sent.emplace_back(to, std::move(message));
  }
  void store_node(const node_record& node) override {
    stored_nodes.push_back(node);
  }
  void store_job(const job_record& job) override { stored_jobs.push_back(job); }
  void store_actor(const actor_record& x) override {
    stored_actors.push_back(x);
  }
  void store_name(const std::string& name, const object_id& x) override {
    stored_names.emplace_back(name, x);
  }
  void store_mirror(node_index, const mirror_records&) override { ++mirrored; }
  void take_node_index(ticket_id ticket) override {
    numbers.emplace_back(ticket, ++last_index);
  }
  void take_job_number(ticket_id ticket) override {
    numbers.emplace_back(ticket, ++last_job);
  }
  void sync_store(ticket_id ticket) override { syncs.push_back(ticket); }
  void answer_query(link_id, const cluster_query&) override { ++queries; }
  void node_answered(node_index, const cluster_answer&) override {}

  /// Lets the store answer all that it was asked.
  void store_answers() {
    while (!numbers.empty() || !syncs.empty()) {
      for (auto [ticket, number] : std::exchange(numbers, {}))
        machine.number_given(now, ticket, number);
      for (auto ticket : std::exchange(syncs, {}))
        machine.stored(now, ticket);
    }
  }

  void tell(link_id from, const control_message& message) {
    machine.on_message(now, from, message);
  }

  /// A node with *cpus* registers on *link*. @returns its index.
  node_index join(link_id link, double cpus) {
    register_node x;
    x.node.host = "h";
    x.node.port = 1;
    x.node.total.set("CPU", cpus);
    tell(link, x);
    store_answers();
    return last_index;
  }

  /// Its next load: *available* CPUs left, *waiting* tasks of one CPU.
  void load(link_id link, node_index node, double available,
            std::uint32_t waiting = 0, std::vector<std::uint64_t> seen = {},
            std::vector<std::uint64_t> done = {}) {
    node_load x;
    x.node = node;
    x.epoch = machine.options().epoch;
    x.sequence = ++sequence;
    x.available.set("CPU", available);
    if (waiting > 0) {
      auto& shape = x.waiting.emplace_back();
      shape.demand = one_cpu();
      shape.waiting = waiting;
    }
    x.grants_seen = std::move(seen);
    x.grants_done = std::move(done);
    tell(link, x);
  }

  static resource_set one_cpu() {
    resource_set set;
    set.set("CPU", 1);
    return set;
  }

  /// Messages of one kind that went to *link* since the last call of clear().
  template <class Message>
  std::vector<Message> to(link_id link) const {
    std::vector<Message> found;
    for (const auto& [receiver, message] : sent)
      if (const auto* x = std::get_if<Message>(&message);
          x && receiver == link)
        found.push_back(*x);
    return found;
  }

  void clear() { sent.clear(); }

  /// A turn *later* microseconds later.
  void turn(time_us later = 10'000) {
    now += later;
    machine.turn(now, 42);
  }

  time_us now = 1'000'000;
  std::uint32_t last_index = 0, last_job = 0;
  std::uint64_t sequence = 0;
  int mirrored = 0, queries = 0;
  std::vector<std::pair<link_id, control_message>> sent;
  std::vector<std::pair<ticket_id, std::uint32_t>> numbers;
  std::vector<ticket_id> syncs;
  std::vector<node_record> stored_nodes;
  std::vector<job_record> stored_jobs;
  std::vector<actor_record> stored_actors;
  std::vector<std::pair<std::string, object_id>> stored_names;
  head_machine machine;
};

} // namespace rayd
