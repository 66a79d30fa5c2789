// Lost objects made again by their tasks, over long chains.

#include "machine_world.hpp"

#include "catch.hpp"

#include <tuple>
#include <utility>

using namespace rayd;

namespace {

constexpr process_id driver = 1;
constexpr job_number job = 7;
constexpr std::size_t length = 1000;

/// A chain of tasks of node 1, which has no CPU; each takes the result before
/// it. All run on node 2, whose store holds all results.
struct chain : machine_world {
  chain() {
    add(1, 0);
    add(2, 1);
    add(3, 1);
    home().job_begun(job, driver, "{}");
    settle();
    for (std::size_t i = 1; i <= length; ++i) {
      auto link = spec(i);
      if (i > 1)
        link.dependencies = {ids.back()};
      ids.push_back(link.id);
      home().on_record(driver, submit_task{std::move(link)});
      settle();
      const auto [worker, run] = run_on(2);
      REQUIRE(run.spec.id == ids.back());
      answer(2, worker, run);
    }
  }

  local_scheduler_machine& home() { return *nodes[1]->machine; }

  task_spec spec(std::uint64_t number) {
    task_spec out;
    out.parent = root_id(1, job);
    out.id = child_id(out.parent, number, 1, job);
    out.job = job;
    out.function = {1, 1};
    out.function_name = "next";
    out.demand.set("CPU", 1);
    out.max_retries = 1;
    return out;
  }

  /// The next task that waits for a node, on this one.
  std::pair<process_id, run_task> run_on(node_index index) {
    node_load load;
    home().fill_load(load);
    place_tasks order;
    order.grant = ++last_grant;
    order.near = load.waiting.empty() ? 0 : load.waiting.front().near;
    order.demand.set("CPU", 1);
    order.count = 1;
    order.target = index;
    home().place(order);
    settle();
    for (const auto& [id, holders] : std::exchange(nodes[index]->fetches, {}))
      nodes[index]->machine->fetched(id, {0, 1 << 20});
    settle();
    return next_run(index);
  }

  std::pair<process_id, run_task> next_run(node_index index) {
    for (auto& [process, records] : nodes[index]->sent)
      while (process >= 100 && !records.empty()) {
        auto record = std::move(records.front());
        records.pop_front();
        if (auto* run = std::get_if<run_task>(&record))
          return {process, std::move(*run)};
      }
    return {0, {}};
  }

  void answer(node_index index, process_id worker, const run_task& run) {
    const object_value value{object_value::kind::stored, {}, {0, 1 << 20}, {}};
    nodes[index]->machine->on_record(
      worker, task_result{run.spec.id, run.attempt, value, {1, 1}});
    settle();
  }

  /// Node 2 dies and the driver wants the last result: what runs again.
  std::vector<object_id> lose_and_want_last() {
    crash(2);
    home().on_record(driver, want_objects{{ids.back()}});
    settle();
    std::vector<object_id> again;
    for (auto [worker, run] = run_on(3); worker != 0;
         std::tie(worker, run) = run_on(3)) {
      again.push_back(run.spec.id);
      answer(3, worker, run);
    }
    return again;
  }

  std::vector<object_id> ids;
  std::uint64_t last_grant = 0;
};

} // namespace

TEST_CASE_METHOD(chain, "a lost chain of 1,000 tasks is made again in order",
                 "[machine]") {
  // Only the last result is referred to; the tasks keep what they take.
  home().on_record(driver, release_objects{{ids.begin(), ids.end() - 1}});
  settle();
  CHECK(lose_and_want_last() == ids);
  REQUIRE(nodes[1]->fetches.size() == 1);
  home().fetched(ids.back(), {0, 1 << 20});
  settle();
  home().on_record(driver, release_objects{{ids.back()}});
  settle();
  for (const auto& id : ids)
    CHECK(home().objects().find(id) == nullptr);
}

TEST_CASE_METHOD(chain, "only what is needed is made again", "[machine]") {
  const auto half = ids[length / 2 - 1];
  home().on_record(driver, want_objects{{half}});
  settle();
  REQUIRE(nodes[1]->fetches.size() == 1);
  home().fetched(half, {0, 1 << 20});
  settle();
  const std::vector<object_id> rest{ids.begin() + length / 2, ids.end()};
  CHECK(lose_and_want_last() == rest);
}

TEST_CASE_METHOD(chain, "nothing is made again that nobody needs",
                 "[machine]") {
  crash(2);
  CHECK(run_on(3).first == 0);
}
