#pragma once

#include "local_scheduler/machine.hpp"
#include "wire/failure_record.hpp"

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace rayd {

/// Machines of some nodes, linked without delay; the test is their processes.
/// Workers are numbered from 100, drivers from 1.
class machine_world {
public:
  struct node : effects {
    explicit node(machine_world& all, node_index index, double cpus,
                  machine_options options = {})
      : world(all), self(index) {
      options.self = index;
      options.total.set("CPU", cpus);
      machine = std::make_unique<local_scheduler_machine>(options, *this);
    }

    void to_process(process_id to, lane_record record) override {
      sent[to].push_back(std::move(record));
    }
    void to_node(node_index to, lane_record record) override {
      world.wire.push_back({self, to, std::move(record)});
    }
    void start_worker(job_number job,
                      const worker_setting& setting) override {
      if (auto_start)
        joining.emplace_back(job, setting);
    }
    void end_worker(process_id worker, const std::string&) override {
      ended.push_back(worker);
    }
    void free_local(const std::vector<object_id>& ids) override {
      freed.insert(freed.end(), ids.begin(), ids.end());
    }
    void fetch(const object_id& id, std::uint64_t,
               const std::vector<node_index>& holders) override {
      fetches.push_back({id, holders});
    }
    void spill(const object_id& id) override { moves.push_back({"spill", id}); }
    void free_place(const object_id& id) override {
      moves.push_back({"free", id});
    }
    void drop_file(const object_id& id) override {
      moves.push_back({"drop", id});
    }
    void restore(const object_id& id, std::uint64_t) override {
      moves.push_back({"restore", id});
    }
    void no_more_space(std::uint64_t serial, bool) override {
      no_space.push_back(serial);
    }
    void to_head(const control_message& message) override {
      head.push_back(message);
    }
    void claim_name(const task_spec& creation) override {
      claims.push_back(creation.id);
    }
    void actor_changed(const task_spec&, const char* state, node_index,
                       const std::string&, std::int32_t) override {
      actor_states.emplace_back(state);
    }
    void record_task(task_record record) override {
      records[record.id] = std::move(record);
    }
    void record_object(object_record) override {}

    machine_world& world;
    node_index self;
    std::unique_ptr<local_scheduler_machine> machine;
    std::map<process_id, std::deque<lane_record>> sent;
    std::vector<std::pair<job_number, worker_setting>> joining;
    std::map<process_id, worker_setting> settings; ///< Of the workers.
    std::vector<process_id> ended;
    std::vector<object_id> freed, claims;
    std::vector<control_message> head;
    std::vector<std::pair<object_id, std::vector<node_index>>> fetches;
    std::vector<std::string> actor_states;
    std::vector<std::pair<std::string, object_id>> moves;
    std::vector<std::uint64_t> no_space;
    std::map<object_id, task_record> records;
    bool auto_start = true;
    bool up = true;
    process_id next_worker = 100;
  };

  node& add(node_index index, double cpus, machine_options options = {}) {
    auto& added = nodes[index]
      = std::make_unique<node>(*this, index, cpus, std::move(options));
    for (auto& [other, existing] : nodes)
      if (other != index) {
        existing->machine->node_joined(index);
        added->machine->node_joined(other);
      }
    return *added;
  }

  void settle() {
    for (bool more = true; more;) {
      more = false;
      for (auto& [index, n] : nodes)
        if (n->up)
          more |= turn(*n);
      while (!wire.empty()) {
        auto next = std::move(wire.front());
        wire.pop_front();
        more = true;
        if (nodes[next.to]->up && nodes[next.from]->up)
          nodes[next.to]->machine->on_peer_record(
            next.from, std::move(next.record));
      }
    }
  }

  void crash(node_index index) {
    nodes[index]->up = false;
    for (auto& [other, n] : nodes)
      if (n->up)
        n->machine->node_left(index, "its connection was lost");
    settle();
  }

  std::map<node_index, std::unique_ptr<node>> nodes;

private:
  struct letter {
    node_index from;
    node_index to;
    lane_record record;
  };

  bool turn(node& n) {
    n.machine->at(now, now);
    n.machine->turn();
    bool more = !n.joining.empty();
    for (const auto& [job, setting] : std::exchange(n.joining, {})) {
      n.settings[n.next_worker] = setting;
      n.machine->worker_joined(n.next_worker++, job, 4000, setting);
    }
    for (const auto process : n.machine->take_notified()) {
      n.machine->send_ready(process, 1 << 20);
      more = true;
    }
    return more;
  }

public:
  time_us now = 1;
  std::deque<letter> wire;
};

} // namespace rayd
