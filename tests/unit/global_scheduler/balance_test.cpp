#include "catch.hpp"

#include "head_world.hpp"

using namespace rayd;

namespace {

std::uint32_t total(const std::vector<place_tasks>& orders) {
  std::uint32_t sum = 0;
  for (const auto& order : orders)
    sum += order.count;
  return sum;
}

} // namespace

TEST_CASE("waiting tasks go to a node that joined a moment ago", "[balance]") {
  head_world head;
  head.join(1, 2);
  head.load(1, 1, 0, 38);
  head.turn();
  CHECK(head.to<place_tasks>(1).empty());
  head.join(2, 8);
  head.load(2, 2, 8);
  head.turn();
  const auto orders = head.to<place_tasks>(1);
  REQUIRE(!orders.empty());
  CHECK(total(orders) == 8);
  CHECK(orders[0].target == 2);
}

TEST_CASE("what was assigned counts until the target shows it", "[balance]") {
  head_world head;
  head.join(1, 2);
  head.join(2, 8);
  head.load(2, 2, 8);
  head.load(1, 1, 0, 38);
  head.turn();
  const auto grant = head.to<place_tasks>(1).at(0).grant;
  head.clear();

  SECTION("nothing more while nobody answers") {
    head.turn();
    head.load(1, 1, 0, 38);
    head.turn();
    CHECK(head.to<place_tasks>(1).empty());
  }
  SECTION("nor when the source is done and the target full") {
    head.load(1, 1, 0, 30, {}, {grant});
    head.turn();
    head.load(2, 2, 0, 0, {grant});
    head.turn();
    CHECK(head.to<place_tasks>(1).empty());
    CHECK(head.machine.open_grants() == 0);
  }
  SECTION("but room that is free again is given again") {
    head.load(1, 1, 0, 30, {}, {grant});
    head.load(2, 2, 3, 0, {grant});
    head.turn();
    CHECK(total(head.to<place_tasks>(1)) == 3);
  }
  SECTION("a void grant gives its room back after a moment") {
    head.load(1, 1, 0, 30, {}, {grant});
    head.turn(60'000);
    CHECK(total(head.to<place_tasks>(1)) == 8);
  }
  SECTION("a grant that nobody answers is void after a second") {
    head.turn(400'000);
    head.turn(400'000);
    CHECK(head.to<place_tasks>(1).empty());
    head.turn(400'000);
    CHECK(total(head.to<place_tasks>(1)) == 8);
  }
  SECTION("only the two ends may speak for a grant") {
    head.join(3, 1);
    head.load(3, 3, 0, 0, {grant}, {grant});
    CHECK(head.machine.open_grants() == 1);
  }
}

TEST_CASE("nothing is placed on a node that is not fully alive", "[balance]") {
  head_world head;
  head.join(1, 2);
  head.join(2, 8);
  head.load(2, 2, 8);

  SECTION("suspect") {
    for (int i = 0; i < 25; ++i) {
      head.turn(100'000);
      head.load(1, 1, 0);
    }
    CHECK(head.machine.nodes().at(2).state == node_state::suspect);
  }
  SECTION("dead") { head.machine.link_lost(head.now, 2, ""); }
  SECTION("left") { head.tell(2, node_leaves{2, "stop"}); }
  SECTION("draining") {
    node_load x = head.machine.nodes().at(2).load;
    x.sequence = ++head.sequence;
    x.draining = true;
    head.tell(2, x);
    CHECK(head.machine.nodes().at(2).state == node_state::draining);
  }
  SECTION("not ready yet") {
    head.machine.link_lost(head.now, 2, "");
    head.join(3, 8);
  }
  head.load(1, 1, 0, 38);
  head.turn();
  CHECK(head.to<place_tasks>(1).empty());
}

TEST_CASE("a node of 0 CPUs gives all away and takes nothing", "[balance]") {
  head_world head;
  head.join(1, 0);
  head.join(2, 2);
  head.load(1, 1, 0, 5);
  head.load(2, 2, 2, 0);
  head.turn();
  CHECK(total(head.to<place_tasks>(1)) == 2);
  head.load(2, 2, 0, 5);
  head.turn();
  CHECK(head.to<place_tasks>(2).empty());
}

TEST_CASE("tasks pack until a node is half used, then spread", "[balance]") {
  resource_set eight;
  eight.set("CPU", 8);
  dice random{5};
  const auto demand = head_world::one_cpu();

  std::vector<candidate> nodes{{1, eight, eight}, {2, eight, eight}};
  const auto few = distribute(demand, 4, nodes, random);
  CHECK(few.size() == 1);
  const auto more = distribute(demand, 4, nodes, random);
  CHECK(more.size() == 1);
  CHECK(more.begin()->first != few.begin()->first);
  const auto rest = distribute(demand, 100, nodes, random);
  CHECK(rest.at(1) == 4);
  CHECK(rest.at(2) == 4);
  CHECK(distribute(demand, 1, nodes, random).empty());
}

TEST_CASE("spreading keeps nodes level", "[balance]") {
  resource_set eight, three;
  eight.set("CPU", 8);
  three.set("CPU", 3);
  dice random{7};
  std::vector<candidate> nodes{{1, eight, three}, {2, eight, three}};
  const auto given = distribute(head_world::one_cpu(), 4, nodes, random);
  CHECK(given.at(1) == 2);
  CHECK(given.at(2) == 2);
}
