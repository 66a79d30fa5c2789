// What tasks wish of the node that runs them, seen from their home.

#include "task_fixture.hpp"

#include "catch.hpp"

using namespace rayd;

namespace {

using placing = task_wishes::placing;

struct fixture : task_fixture {
  object_id submit_wish(std::uint64_t number, task_wishes wishes,
                        double cpus = 1) {
    auto out = spec(1, number);
    out.demand.set("CPU", cpus);
    out.wishes = std::make_shared<const task_wishes>(std::move(wishes));
    return submit(1, std::move(out));
  }

  static task_wishes to(placing where, std::string place = {}) {
    task_wishes wishes;
    wishes.where = where;
    wishes.place = std::move(place);
    return wishes;
  }

  node_load load(node_index of) {
    node_load x;
    nodes[of]->machine->fill_load(x);
    return x;
  }

  /// What the head would say to the first shape that waits on n1.
  void place(node_index target, std::uint64_t grant) {
    const auto shape = load(1).waiting.at(0);
    nodes[1]->machine->place({1, grant, shape.demand, shape.waiting, target,
                              shape.wish, shape.near});
    settle();
  }

  std::vector<std::string> told() {
    std::vector<std::string> texts;
    for (const auto& record : nodes[1]->sent[driver])
      if (const auto* x = std::get_if<tell_driver>(&record))
        texts.push_back(x->text);
    return texts;
  }
};

} // namespace

TEST_CASE("a wish that the home does not fulfil goes to the head",
          "[wishes]") {
  fixture all;
  all.add(1, 2);
  all.add(2, 2);
  all.begin(1);
  task_wishes wishes;
  SECTION("labels") { wishes.labels = {{"zone", "a"}}; }
  SECTION("a node") { wishes = fixture::to(placing::on_node, "n2"); }
  SECTION("a node, softly") { wishes = fixture::to(placing::near_node, "n2"); }
  SECTION("spread") { wishes = fixture::to(placing::spread); }
  const auto id = all.submit_wish(1, wishes);
  CHECK(all.next_run(1).first == 0);
  const auto load = all.load(1);
  REQUIRE(load.waiting.size() == 1);
  CHECK(load.waiting[0].waiting == 1);
  CHECK(load.waiting[0].wish.where == wishes.where);
  CHECK(load.waiting[0].wish.labels == wishes.labels);
  CHECK(load.available.amount("CPU") == 2);
  all.place(2, 1);
  const auto run = all.next_run(2);
  REQUIRE(run.first != 0);
  CHECK(run.second.spec.id == id);
}

TEST_CASE("the home's own node and labels need nobody", "[wishes]") {
  fixture all;
  all.add(1, 2);
  all.begin(1);
  all.submit_wish(1, fixture::to(placing::on_node, "n1"));
  CHECK(all.next_run(1).first != 0);
  all.submit_wish(2, fixture::to(placing::near_node, "n1"));
  CHECK(all.next_run(1).first != 0);
}

TEST_CASE("tasks with other wishes do not take the grant", "[wishes]") {
  fixture all;
  all.add(1, 1);
  all.add(2, 4);
  all.begin(1);
  all.submit(1, all.spec(1, 1)); // Takes the home's only CPU.
  all.submit(1, all.spec(1, 2));
  const auto id = all.submit_wish(3, fixture::to(placing::on_node, "n2"));
  for (const auto& shape : all.load(1).waiting)
    if (shape.wish.where == placing::on_node)
      all.nodes[1]->machine->place(
        {1, 1, shape.demand, 5, 2, shape.wish, shape.near});
  all.settle();
  CHECK(all.next_run(2).second.spec.id == id);
  CHECK(all.next_run(2).first == 0);
}

TEST_CASE("the head may send spread work home, where it counts", "[wishes]") {
  fixture all;
  all.add(1, 2);
  all.begin(1);
  const auto id = all.submit_wish(1, fixture::to(placing::spread));
  all.place(1, 1);
  const auto load = all.load(1);
  CHECK(load.waiting.empty());
  CHECK(load.grants_seen == std::vector<std::uint64_t>{1});
  CHECK(load.grants_done == std::vector<std::uint64_t>{1});
  REQUIRE(load.spread.size() == 1);
  CHECK(load.spread[0].waiting == 1);
  const auto [worker, run] = all.next_run(1);
  REQUIRE(worker != 0);
  all.answer(1, worker, run, fixture::text("x"));
  CHECK(all.ready(1, id));
  CHECK(all.load(1).spread.empty());
}

TEST_CASE("what never can be is unschedulable", "[wishes]") {
  fixture all;
  all.add(1, 2);
  all.begin(1);
  const auto id = all.submit_wish(1, fixture::to(placing::on_node, "n9"));
  const auto shape = all.load(1).waiting.at(0);
  all.nodes[1]->machine->judged({1, shape.demand, shape.wish, true, "gone"});
  all.settle();
  const auto* ready = all.ready(1, id);
  REQUIRE(ready);
  const auto failure = decode_failure(ready->value.bytes);
  CHECK(failure.code == ray::errc::unschedulable);
  CHECK(failure.message == "square cannot be placed: gone");
}

TEST_CASE("the driver hears once why its tasks wait", "[wishes]") {
  fixture all;
  all.add(1, 2);
  all.begin(1);
  all.submit_wish(1, {}, 100);
  all.submit_wish(2, {}, 100);
  const auto shape = all.load(1).waiting.at(0);
  for (int i = 0; i < 2; ++i) {
    all.nodes[1]->machine->judged({1, shape.demand, shape.wish, false, "no"});
    all.settle();
  }
  CHECK(all.told() == std::vector<std::string>{"square waits (2 times): no"});
}

TEST_CASE("a driver elsewhere hears it, too", "[wishes]") {
  fixture all;
  all.add(1, 2);
  all.add(2, 2);
  all.begin(1);
  all.nodes[2]->machine->on_peer_record(1, describe_job{fixture::job, 1, "{}"});
  auto inner = all.spec(2, 7);
  inner.demand.set("CPU", 100);
  all.submit(2, std::move(inner));
  const auto shape = all.load(2).waiting.at(0);
  all.nodes[2]->machine->judged({1, shape.demand, shape.wish, false, "no"});
  all.settle();
  CHECK(all.told() == std::vector<std::string>{"square waits: no"});
}

TEST_CASE("the node of most argument bytes is told, and nothing fetched",
          "[wishes]") {
  fixture all;
  all.add(1, 0);
  all.add(2, 4);
  all.add(3, 4);
  all.begin(1);
  const auto data = all.submit_wish(1, {});
  all.place(3, 1);
  const auto [worker, run] = all.next_run(3);
  REQUIRE(worker != 0);
  all.answer(3, worker, run, fixture::stored(10'000'000));
  auto reader = all.spec(1, 2);
  reader.dependencies = {data};
  all.submit(1, std::move(reader));
  const auto load = all.load(1);
  REQUIRE(load.waiting.size() == 1);
  CHECK(load.waiting[0].near == 3);
  CHECK(all.nodes[1]->fetches.empty());
  all.place(3, 2);
  CHECK(all.next_run(3).first != 0);
}
