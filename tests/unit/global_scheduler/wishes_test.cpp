#include "catch.hpp"

#include "head_world.hpp"

using namespace rayd;

namespace {

using placing = node_wish::placing;

/// A head with n1 (2 CPUs), n2 and n3 (4 CPUs each, zones a and b).
struct wishes_world : head_world {
  wishes_world() {
    join_in("", 2);
    join_in("a", 4);
    join_in("b", 4);
  }

  void join_in(const std::string& zone, double cpus) {
    register_node x;
    x.node.host = "h";
    x.node.port = 1;
    x.node.total.set("CPU", cpus);
    if (!zone.empty())
      x.node.labels = {{"zone", zone}};
    tell(last_index + 1, x);
    store_answers();
    load(last_index, last_index, cpus);
  }

  /// *count* tasks of *shape* wait on n1.
  void wait(shape_load shape, std::uint32_t count, double available = 0) {
    node_load x;
    x.node = 1;
    x.epoch = machine.options().epoch;
    x.sequence = ++sequence;
    x.available.set("CPU", available);
    shape.waiting = count;
    if (shape.demand.empty())
      shape.demand = one_cpu();
    x.waiting = {shape};
    tell(1, x);
    turn();
  }

  std::map<node_index, std::uint32_t> orders() const {
    std::map<node_index, std::uint32_t> sum;
    for (const auto& order : to<place_tasks>(1))
      sum[order.target] += order.count;
    return sum;
  }
};

shape_load wish(node_wish what) {
  shape_load shape;
  shape.wish = std::move(what);
  return shape;
}

using placed = std::map<node_index, std::uint32_t>;

} // namespace

TEST_CASE("labels choose the node", "[wishes]") {
  wishes_world head;
  head.wait(wish({placing::anywhere, "", 0, {{"zone", "b"}}}), 6);
  CHECK(head.orders() == placed{{3, 4}});
  CHECK(head.to<place_tasks>(1).at(0).wish.labels.at("zone") == "b");
}

TEST_CASE("on_node is that node, softly any with room", "[wishes]") {
  wishes_world head;
  head.wait(wish({placing::on_node, "n2", 0, {}}), 6);
  CHECK(head.orders() == placed{{2, 4}});
  head.clear();
  head.wait(wish({placing::near_node, "n3", 0, {}}), 5, 2);
  CHECK(head.orders() == placed{{1, 1}, {3, 4}});
}

TEST_CASE("spread goes where the fewest are, also home", "[wishes]") {
  wishes_world head;
  auto shape = wish({placing::spread, "", 0, {}});
  node_load there = head.machine.nodes().at(2).load;
  there.sequence = ++head.sequence;
  there.spread = {shape};
  there.spread[0].demand = head_world::one_cpu();
  there.spread[0].waiting = 2;
  head.tell(2, there);
  head.wait(shape, 4, 2);
  CHECK(head.orders() == placed{{1, 2}, {3, 2}});
  // What was granted counts.
  head.clear();
  head.wait(shape, 6, 2);
  CHECK(head.orders() == placed{{2, 1}, {3, 1}});
}

TEST_CASE("work goes where its arguments are while there is room",
          "[wishes]") {
  for (std::uint64_t round = 0; round < 20; ++round) {
    wishes_world head;
    shape_load shape;
    shape.near = 3;
    head.wait(shape, 1);
    CHECK(head.orders() == placed{{3, 1}});
    head.clear();
    head.wait(shape, 6);
    CHECK(head.orders() == placed{{2, 2}, {3, 3}});
  }
}

TEST_CASE("what fits no node is told after a moment, and again", "[wishes]") {
  wishes_world head;
  shape_load shape;
  shape.demand.set("CPU", 9);
  head.wait(shape, 2);
  CHECK(head.to<shape_verdict>(1).empty());
  head.turn(310'000);
  REQUIRE(head.to<shape_verdict>(1).size() == 1);
  const auto told = head.to<shape_verdict>(1)[0];
  CHECK(!told.never);
  CHECK(told.text == "it asks for CPU 9, and no node has that: the largest "
                     "there is, is n2 with CPU 4");
  head.turn(100'000);
  CHECK(head.to<shape_verdict>(1).size() == 1);
  head.turn(500'000);
  CHECK(head.to<shape_verdict>(1).size() == 2);

  SECTION("until a node comes") {
    head.join_in("c", 9);
    head.clear();
    head.load(1, 1, 0);
    head.wait(shape, 2);
    head.turn(900'000);
    CHECK(head.to<shape_verdict>(1).empty());
    CHECK(head.orders() == placed{{4, 1}});
  }
}

TEST_CASE("a hard wish for a node that is gone is refused at once",
          "[wishes]") {
  wishes_world head;
  head.machine.link_lost(head.now, 2, "it burnt");
  head.wait(wish({placing::on_node, "n2", 0, {}}), 1);
  REQUIRE(head.to<shape_verdict>(1).size() == 1);
  CHECK(head.to<shape_verdict>(1)[0].never);
  CHECK(head.to<shape_verdict>(1)[0].text
        == "it is to run on node n2, which is gone: it burnt");
  head.clear();
  head.wait(wish({placing::on_node, "n9", 0, {}}), 1);
  CHECK(head.to<shape_verdict>(1).at(0).never);
  head.clear();
  head.wait(wish({placing::near_node, "n2", 0, {}}), 1);
  CHECK(head.to<shape_verdict>(1).empty());
  CHECK(head.orders().size() == 1);
}
