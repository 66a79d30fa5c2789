// Cancelling reaches all that a task submitted, also by tasks that have ended.

#include "task_fixture.hpp"

#include "catch.hpp"

using namespace rayd;

namespace {

struct family : task_fixture {
  /// *from* is a driver, or the worker that runs *parent*.
  object_id submit_below(node_index at, process_id from,
                         const object_id& parent, std::uint64_t number) {
    auto task = spec(at, number);
    task.parent = parent;
    task.id = child_id(parent, number, at, job);
    const auto id = task.id;
    nodes[at]->machine->on_record(from, submit_task{std::move(task)});
    settle();
    return id;
  }

  void cancel(const object_id& id) {
    nodes[1]->machine->on_record(driver, cancel_object{id, true});
    settle();
  }

  task_state state_of(const object_id& id) {
    return nodes[id.home()]->records[id].state;
  }
};

} // namespace

TEST_CASE_METHOD(family, "children of a child that has ended are cancelled",
                 "[cancel]") {
  add(1, 8);
  begin(1);
  const auto other = submit(1, spec(1, 9));
  next_run(1);
  const auto root = submit(1, spec(1, 1));
  const auto first = next_run(1);
  REQUIRE(first.second.spec.id == root);
  const auto child = submit_below(1, first.first, root, 1);
  const auto second = next_run(1);
  REQUIRE(second.second.spec.id == child);
  const auto grandchild = submit_below(1, second.first, child, 1);
  REQUIRE(next_run(1).second.spec.id == grandchild);
  answer(1, second.first, second.second, text("over"));
  CHECK(state_of(grandchild) != task_state::cancelled);
  cancel(root);
  CHECK(state_of(grandchild) == task_state::cancelled);
  CHECK(state_of(other) != task_state::cancelled);
}

TEST_CASE_METHOD(family, "also when the child ran on another node",
                 "[cancel]") {
  add(1, 1);
  add(2, 4);
  begin(1);
  const auto root = submit(1, spec(1, 1));
  const auto first = next_run(1);
  const auto child = submit_below(1, first.first, root, 1);
  node_load load;
  nodes[1]->machine->fill_load(load);
  REQUIRE(load.waiting.size() == 1);
  nodes[1]->machine->place({1, 1, load.waiting[0].demand, 1, 2,
                            load.waiting[0].wish, 0});
  settle();
  const auto second = next_run(2);
  REQUIRE(second.second.spec.id == child);
  const auto grandchild = submit_below(2, second.first, child, 1);
  REQUIRE(next_run(2).second.spec.id == grandchild);
  answer(2, second.first, second.second, text("over"));
  cancel(root);
  CHECK(state_of(grandchild) == task_state::cancelled);
}

TEST_CASE_METHOD(family, "a task that has ended is not cancelled with its "
                         "children",
                 "[cancel]") {
  add(1, 8);
  begin(1);
  const auto root = submit(1, spec(1, 1));
  const auto first = next_run(1);
  const auto child = submit_below(1, first.first, root, 1);
  answer(1, first.first, first.second, text("over"));
  cancel(root);
  CHECK(state_of(child) != task_state::cancelled);
}
