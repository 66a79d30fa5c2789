// Whose lines are those that a worker printed.

#include "task_fixture.hpp"

#include "catch.hpp"

using namespace rayd;

TEST_CASE("lines are those of the task that ran when they were read",
          "[worker_names]") {
  task_fixture all;
  all.add(1, 1);
  all.begin(1);
  auto& machine = *all.nodes[1]->machine;
  all.submit(1, all.spec(1, 1));
  const auto [worker, first] = all.next_run(1);
  REQUIRE(worker != 0);
  const auto since = machine.works_since(worker);
  CHECK(since > 0);
  CHECK(machine.work_of(worker, since + 1) == "square");

  auto named = all.spec(1, 2);
  named.name = "nightly";
  all.submit(1, named);
  all.answer(1, worker, first, task_fixture::text("49"));
  const auto [again, second] = all.next_run(1);
  if (again == worker) {
    const auto later = machine.works_since(worker);
    CHECK(machine.work_of(worker, later + 1) == "nightly");
    // Read before: the first one's, although the second one runs by now.
    CHECK(machine.work_of(worker, later - 1) == "square");
    all.answer(1, worker, second, task_fixture::text("1"));
  }
  CHECK(machine.work_of(worker, since + 1'000'000'000) == "nightly");
  CHECK(machine.works_since(worker) == 0);
  CHECK(machine.work_of(99'999, 1).empty());
}
