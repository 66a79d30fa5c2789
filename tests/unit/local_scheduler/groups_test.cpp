// Bundles on a node: taken once, given back in full.

#include "task_fixture.hpp"

#include "catch.hpp"

using namespace rayd;

namespace {

struct fixture : task_fixture {
  const object_id group = child_id(root_id(1, job), 77, 1, job);

  fixture() {
    add(1, 4);
    begin(1);
  }

  local_scheduler_machine& machine() { return *nodes[1]->machine; }

  bool order(bundle_order::action what, std::uint64_t attempt,
             double cpus = 2) {
    nodes[1]->head.clear();
    bundle_order x{1, group, job, attempt, what, {}};
    x.bundles.push_back({0, {}});
    x.bundles[0].resources.set("CPU", cpus);
    machine().ordered(x);
    settle();
    return !nodes[1]->head.empty()
           && std::get<bundle_answer>(nodes[1]->head[0]).reserved;
  }

  object_id submit_inside(std::uint64_t number) {
    task_wishes wishes;
    wishes.where = task_wishes::placing::in_bundle;
    wishes.place = to_string(group);
    auto out = spec(1, number);
    out.wishes = std::make_shared<const task_wishes>(std::move(wishes));
    const auto id = submit(1, std::move(out));
    node_load load;
    machine().fill_load(load);
    REQUIRE(load.waiting.size() == 1);
    machine().place({1, number, load.waiting[0].demand, 9, 1,
                     load.waiting[0].wish, 0});
    settle();
    return id;
  }

  double free() { return machine().available().amount("CPU"); }
};

} // namespace

TEST_CASE("a bundle is taken once and given back once", "[groups]") {
  fixture all;
  CHECK(all.order(bundle_order::reserve, 1));
  CHECK(all.order(bundle_order::reserve, 1)); // A copy.
  CHECK(all.free() == 2);
  CHECK(!all.order(bundle_order::reserve, 2, 3)); // No room.
  CHECK(all.free() == 2);
  SECTION("undone") { all.order(bundle_order::undo, 1); }
  SECTION("freed") { all.order(bundle_order::free, 2); }
  SECTION("by the end of its job") {
    all.machine().process_left(fixture::driver, "ended");
    all.settle();
  }
  CHECK(all.free() == 4);
  CHECK(all.machine().bundles().empty());
  CHECK(!all.order(bundle_order::reserve, 1)); // A late copy.
  CHECK(all.free() == 4);
}

TEST_CASE("work in a bundle takes out of it, once it is committed",
          "[groups]") {
  fixture all;
  all.order(bundle_order::reserve, 1);
  all.submit_inside(1);
  CHECK(all.next_run(1).first == 0);
  // It waits for the head again.
  node_load load;
  all.machine().fill_load(load);
  REQUIRE(load.waiting.size() == 1);
  all.order(bundle_order::commit, 1);
  all.machine().place({1, 5, load.waiting[0].demand, 1, 1,
                       load.waiting[0].wish, 0});
  all.settle();
  const auto [worker, run] = all.next_run(1);
  REQUIRE(worker != 0);
  CHECK(all.free() == 2);
  CHECK(all.machine().bundles().begin()->second.free.amount("CPU") == 1);

  SECTION("and gives it back") {
    all.answer(1, worker, run, fixture::text("x"));
    CHECK(all.machine().bundles().begin()->second.free.amount("CPU") == 2);
    all.order(bundle_order::free, 1);
    CHECK(all.free() == 4);
  }
  SECTION("and is ended with it") {
    all.order(bundle_order::free, 1);
    CHECK(all.free() == 3);
    REQUIRE(all.nodes[1]->ended == std::vector<process_id>{worker});
    all.machine().process_left(worker, "was ended");
    all.settle();
    CHECK(all.free() == 4);
  }
}

TEST_CASE("the group's object is there when the group is", "[groups]") {
  fixture all;
  all.machine().on_record(
    fixture::driver, make_group{all.group, fixture::job, {{}}, 0, ""});
  all.settle();
  REQUIRE(all.nodes[1]->head.size() == 1);
  CHECK(std::get<group_request>(all.nodes[1]->head[0]).group == all.group);
  CHECK(!all.ready(1, all.group));
  SECTION("placed") {
    all.machine().group_changed({1, all.group, group_news::placed, ""});
    all.settle();
    REQUIRE(all.ready(1, all.group));
    CHECK(all.ready(1, all.group)->value.what
          == object_value::kind::inline_bytes);
  }
  SECTION("failed") {
    all.machine().group_changed({1, all.group, group_news::failed, "no"});
    all.settle();
    REQUIRE(all.ready(1, all.group));
    CHECK(decode_failure(all.ready(1, all.group)->value.bytes).code
          == ray::errc::unschedulable);
  }
}

namespace {

/// A node whose 4 CPUs four tasks have, while others wait.
struct busy : fixture {
  busy() {
    for (std::uint64_t i = 1; i <= 6; ++i)
      submit(1, spec(1, i));
    for (int i = 0; i < 4; ++i)
      running.push_back(next_run(1));
    REQUIRE(running.back().first != 0);
    REQUIRE(next_run(1).first == 0);
  }

  void end_one() {
    const auto [worker, run] = running.back();
    running.pop_back();
    answer(1, worker, run, text("x"));
  }

  /// What the head was told of the claim since the last order.
  std::vector<bool> answers() const {
    std::vector<bool> found;
    for (const auto& message : nodes.at(1)->head)
      if (const auto* x = std::get_if<bundle_answer>(&message))
        found.push_back(x->reserved);
    return found;
  }

  std::vector<std::pair<process_id, run_task>> running;
};

} // namespace

TEST_CASE("a claim gets what becomes free before later tasks do",
          "[groups]") {
  busy all;
  all.order(bundle_order::claim, 1, 2);
  CHECK(all.answers().empty());
  all.end_one();
  CHECK(all.next_run(1).first == 0);
  CHECK(all.answers().empty());
  all.order(bundle_order::claim, 1, 2); // A copy.
  CHECK(all.answers().empty());
  SECTION("until all is there") {
    all.end_one();
    CHECK(all.answers() == std::vector{true});
    CHECK(all.free() == 0);
    all.end_one();
    CHECK(all.next_run(1).first != 0);
  }
  SECTION("until it is given up") {
    all.order(bundle_order::undo, 1);
    CHECK(all.next_run(1).first != 0);
    CHECK(all.free() == 0);
  }
  SECTION("until its job is over") {
    all.machine().process_left(fixture::driver, "ended");
    all.settle();
    CHECK(all.answers() == std::vector{false});
  }
  SECTION("and others are told that tasks wait") {
    node_load load;
    all.machine().fill_load(load);
    REQUIRE(load.waiting.size() == 1);
    CHECK(load.waiting[0].waiting == 2);
    CHECK(load.available.amount("CPU") == -1);
  }
}

TEST_CASE("what actors have cannot be claimed", "[groups]") {
  fixture all;
  auto creation = all.spec(1, 1, task_kind::actor_creation);
  creation.keeps_cpu = true;
  all.submit(1, creation);
  const auto [worker, run] = all.next_run(1);
  REQUIRE(worker != 0);
  all.answer(1, worker, run, fixture::text(""));
  REQUIRE(all.free() == 3);
  all.nodes[1]->head.clear();
  CHECK_FALSE(all.order(bundle_order::claim, 1, 4));
  REQUIRE(all.nodes[1]->head.size() == 1);
  CHECK(all.order(bundle_order::claim, 2, 3));
}
