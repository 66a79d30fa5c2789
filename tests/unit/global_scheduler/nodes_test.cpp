#include "catch.hpp"

#include "head_world.hpp"

using namespace rayd;

TEST_CASE("a node gets its index once the store has it", "[head]") {
  head_world head;
  head.tell(7, register_node{});
  CHECK(head.to<node_registered>(7).empty());
  const auto [ticket, number] = head.numbers.at(0);
  head.machine.number_given(head.now, ticket, number);
  CHECK(head.to<node_registered>(7).empty());
  head.machine.stored(head.now, head.syncs.at(0));
  REQUIRE(head.to<node_registered>(7).size() == 1);
  CHECK(head.to<node_registered>(7)[0].index == 1);
  CHECK(head.to<node_registered>(7)[0].epoch == head.machine.options().epoch);
}

TEST_CASE("a node that registers twice has one index", "[head]") {
  head_world head;
  head.tell(7, register_node{});
  head.tell(7, register_node{});
  head.store_answers();
  head.tell(7, register_node{});
  head.store_answers();
  CHECK(head.last_index == 1);
  CHECK(head.to<node_registered>(7).size() == 2);
}

TEST_CASE("the newcomer hears of all who came before and they of it",
          "[head]") {
  head_world head;
  head.join(1, 1);
  head.join(2, 1);
  head.join(3, 1);
  REQUIRE(head.to<node_registered>(3).at(0).peers.size() == 2);
  CHECK(head.to<node_registered>(3)[0].peers[1].index == 2);
  CHECK(head.to<node_registered>(1)[0].peers.empty());
  CHECK(head.to<peer_joined>(1).size() == 2);
  CHECK(head.to<peer_joined>(2).size() == 1);
}

TEST_CASE("a node whose store write fails is refused", "[head]") {
  head_world head;
  head.tell(7, register_node{});
  head.machine.store_failed(head.now, head.numbers.at(0).first, "no Redis");
  REQUIRE(head.to<node_refused>(7).size() == 1);
  CHECK(head.machine.nodes().empty());
}

TEST_CASE("a silent node is suspect after 2 s and dead after 5 s", "[head]") {
  head_world head;
  head.join(1, 1);
  head.join(2, 1);
  for (int i = 0; i < 19; ++i) {
    head.turn(100'000);
    head.load(1, 1, 1);
  }
  CHECK(head.machine.nodes().at(2).state == node_state::alive);
  head.turn(100'000);
  CHECK(head.machine.nodes().at(2).state == node_state::suspect);
  CHECK(head.machine.nodes().at(1).state == node_state::alive);

  SECTION("it comes back with its next load") {
    head.load(2, 2, 1);
    CHECK(head.machine.nodes().at(2).state == node_state::alive);
  }
  SECTION("all hear of its death, itself included") {
    for (int i = 0; i < 30; ++i) {
      head.load(1, 1, 1);
      head.turn(100'000);
    }
    CHECK(head.machine.nodes().at(2).state == node_state::dead);
    CHECK(head.to<peer_dead>(1).at(0).node == 2);
    CHECK(head.to<peer_dead>(2).at(0).node == 2);
    head.clear();
    head.load(2, 2, 1);
    CHECK(head.to<peer_dead>(2).size() == 1);
    CHECK(head.machine.nodes().at(2).state == node_state::dead);
  }
}

TEST_CASE("a pause of the head is not its nodes' silence", "[head]") {
  head_world head;
  head.join(1, 1);
  head.turn();
  head.turn(60'000'000);
  CHECK(head.machine.nodes().at(1).state == node_state::alive);
}

TEST_CASE("a lost link is a dead node at once", "[head]") {
  head_world head;
  head.join(1, 1);
  head.join(2, 1);
  head.machine.link_lost(head.now, 2, "reset");
  CHECK(head.machine.nodes().at(2).state == node_state::dead);
  CHECK(head.to<peer_dead>(1).at(0).node == 2);
  head.machine.link_lost(head.now, 2, "reset");
  CHECK(head.to<peer_dead>(1).size() == 1);
}

TEST_CASE("what a node says of another or of an old epoch has no effect",
          "[head]") {
  head_world head;
  head.join(1, 4);
  head.join(2, 4);
  node_load x;
  x.node = 1;
  x.epoch = 1;
  x.sequence = 1;
  head.tell(2, x);
  CHECK(head.machine.nodes().at(1).load.sequence == 0);
  x.node = 2;
  x.epoch = 0;
  head.tell(2, x);
  CHECK(head.machine.nodes().at(2).load.sequence == 0);
  head.tell(2, node_leaves{1, "no"});
  CHECK(head.machine.nodes().at(1).state == node_state::alive);
  head.tell(2, begin_job{1, 1, 0, "", ""});
  CHECK(head.numbers.empty());
}

TEST_CASE("older loads and second copies are ignored", "[head]") {
  head_world head;
  head.join(1, 4);
  head.load(1, 1, 3);
  auto old = head.machine.nodes().at(1).load;
  head.load(1, 1, 1);
  head.tell(1, old);
  CHECK(head.machine.nodes().at(1).load.available.amount("CPU") == 1);
}
