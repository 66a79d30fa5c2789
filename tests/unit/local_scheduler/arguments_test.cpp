// Arguments of tasks when the arena is full: which of them may leave.

#include "task_fixture.hpp"

#include "catch.hpp"

using namespace rayd;

namespace {

constexpr std::uint64_t one = 1 << 20;

/// One node without a worker; what its driver put lies in the arena.
struct arguments : task_fixture {
  arguments() : node(add(1, 1)) {
    node.auto_start = false;
    begin(1);
  }

  object_id put(std::uint64_t number) {
    const auto id = child_id(root_id(1, job), 100 + number, 1, job);
    node.machine->on_record(driver,
                            seal_object_room{id, {number * one, one}, {}});
    settle();
    return id;
  }

  object_id submit_with(std::uint64_t number, std::vector<object_id> given) {
    auto task = spec(1, number);
    task.dependencies = std::move(given);
    return submit(1, std::move(task));
  }

  /// What the store's wish for *bytes* has the driver give back.
  std::vector<object_id> asked_for(std::uint64_t bytes) {
    node.sent[driver].clear();
    node.machine->want_space(++wish, bytes);
    settle();
    std::vector<object_id> ids;
    for (const auto& record : node.sent[driver])
      if (const auto* question = std::get_if<give_back_places>(&record)) {
        ids = question->ids;
        serial = question->serial;
      }
    return ids;
  }

  void spill(const object_id& id) {
    REQUIRE(asked_for(one) == std::vector{id});
    node.machine->on_record(driver, places_given_back{serial, {id}});
    node.machine->spilled(id, true);
    settle();
  }

  machine_world::node& node;
  std::uint64_t wish = 0;
  std::uint64_t serial = 0;
};

} // namespace

TEST_CASE_METHOD(arguments, "two of one task do not put each other out",
                 "[arguments]") {
  const auto a = put(1);
  const auto b = put(2);
  spill(a);
  const auto task = submit_with(1, {a, b});
  CHECK(node.moves.back() == std::pair{std::string{"restore"}, a});
  CHECK(asked_for(one).empty());
  CHECK(node.no_space.back() == wish);
  // Both are there and nobody can run it yet: they stay.
  node.machine->fetched(a, {9 * one, one});
  settle();
  CHECK(asked_for(one).empty());
  node.auto_start = true;
  node.machine->worker_joined(100, job, 4000);
  settle();
  const auto run = next_run(1).second;
  CHECK(run.spec.id == task);
  CHECK(run.values.size() == 2);
}

TEST_CASE_METHOD(arguments, "those of other tasks leave for the first one's",
                 "[arguments]") {
  const auto a = put(1);
  const auto b = put(2);
  const auto c = put(3);
  spill(a);
  submit_with(1, {c});
  submit_with(2, {a, b});
  CHECK(asked_for(one) == std::vector{c});
  node.machine->on_record(driver, places_given_back{serial, {c}});
  node.machine->spilled(c, true);
  settle();
  CHECK(asked_for(one).empty());
}

TEST_CASE_METHOD(arguments, "what waits for a value keeps nothing in",
                 "[arguments]") {
  const auto a = put(1);
  const auto later = submit_with(1, {});
  submit_with(2, {a, later});
  CHECK(asked_for(one) == std::vector{a});
}
