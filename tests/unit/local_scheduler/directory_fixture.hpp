#pragma once

#include "local_scheduler/object_directory.hpp"

#include <string>
#include <utility>
#include <vector>

namespace rayd::directory_test {

inline constexpr node_index here = 1;
inline constexpr process_id reader = 5;
inline constexpr job_number job = 7;

/// The directory of one node; the test is all that is around it.
struct directory : effects, directory_listener {
  directory() : objects(here, *this, *this) {}

  // -- effects ----------------------------------------------------------------
  void to_process(process_id, lane_record record) override {
    if (auto* x = std::get_if<object_ready>(&record))
      ready.push_back(std::move(*x));
    else if (auto* question = std::get_if<give_back_places>(&record))
      questions.push_back(std::move(*question));
  }
  void to_node(node_index to, lane_record record) override {
    sent.emplace_back(to, std::move(record));
  }
  void start_worker(job_number, const worker_setting&) override {}
  void end_worker(process_id, const std::string&) override {}
  void free_local(const std::vector<object_id>& ids) override {
    freed.insert(freed.end(), ids.begin(), ids.end());
  }
  void fetch(const object_id&, std::uint64_t,
             const std::vector<node_index>&) override {
    ++fetches;
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
  void to_head(const control_message&) override {}
  void claim_name(const task_spec&) override {}
  void actor_changed(const task_spec&, const char*, node_index,
                     const std::string&, std::int32_t) override {}
  void record_task(task_record) override {}
  void record_object(object_record) override {}

  // -- listener ---------------------------------------------------------------
  void dependency_ready(const object_id&) override {}
  void dependency_refused(const object_id&, const std::string&) override {}
  bool rebuild(const object_id&) override { return ++rebuilt > 0; }
  void unreferenced(const object_id&) override {}
  void retains_settled(process_id) override {}
  void add_in_use(std::unordered_set<object_id>& ids) const override {
    ids.insert(in_use.begin(), in_use.end());
  }

  // -- for the cases ----------------------------------------------------------
  static object_id object_of(node_index home) {
    return child_id(root_id(home, job), 1, home, job);
  }

  static object_value stored(std::uint64_t place = not_here) {
    return {object_value::kind::stored, {}, {place, 1 << 20}, {}};
  }

  /// An object of this home, used by node 4, with its only copy on node 2.
  object_id made_on_node_2() {
    const auto id = object_of(here);
    objects.expect(id);
    objects.ready(id, stored(), 2);
    objects.on_record(4, node_retains{1, {id}});
    return id;
  }

  /// The object of node 2's home is said to lie on node 3.
  void located_on_node_3(const object_id& id) {
    objects.on_record(2, object_located{{id, stored(), {3}, true}});
  }

  /// Records of a kind that went to *node*; what was sent is forgotten.
  template <class Record>
  std::vector<Record> take_sent(node_index node) {
    objects.sweep();
    std::vector<Record> found;
    for (const auto& [to, record] : std::exchange(sent, {}))
      if (const auto* x = std::get_if<Record>(&record); x && to == node)
        found.push_back(*x);
    return found;
  }

  object_directory objects;
  std::vector<object_ready> ready;
  std::vector<std::pair<node_index, lane_record>> sent;
  std::vector<object_id> freed, in_use;
  std::vector<give_back_places> questions;
  std::vector<std::pair<std::string, object_id>> moves;
  std::vector<std::uint64_t> no_space;
  int fetches = 0;
  int rebuilt = 0;
};

} // namespace rayd::directory_test
