#include "catch.hpp"

#include "head_world.hpp"

using namespace rayd;

namespace {

const object_id group_id = child_id(root_id(1, 1), 5, 1, 1);

struct groups_world : head_world {
  groups_world() {
    for (node_index index = 1; index <= 3; ++index) {
      join(index, 2);
      load(index, index, 2);
    }
  }

  void ask(ray::strategy how, std::vector<double> cpus) {
    group_request x;
    x.node = 1;
    x.group = group_id;
    x.job = 1;
    x.strategy = static_cast<std::uint8_t>(how);
    for (const auto amount : cpus)
      x.bundles.emplace_back().set("CPU", amount);
    tell(1, x);
    turn();
  }

  /// Orders of one kind since clear(), by node.
  std::map<link_id, bundle_order> orders(bundle_order::action what) const {
    std::map<link_id, bundle_order> found;
    for (const auto& [to, message] : sent)
      if (const auto* x = std::get_if<bundle_order>(&message);
          x && x->what == what)
        found[to] = *x;
    return found;
  }

  void answer_all(bool yes) {
    for (const auto& [to, order] : orders(bundle_order::reserve))
      tell(to, bundle_answer{static_cast<node_index>(to), order.group,
                             order.attempt, yes});
  }

  std::vector<group_news> news() const { return to<group_news>(1); }
};

} // namespace

TEST_CASE("a group is committed when every node has said yes", "[groups]") {
  groups_world head;
  head.ask(ray::strategy::strict_spread, {1, 1, 1});
  const auto asked = head.orders(bundle_order::reserve);
  REQUIRE(asked.size() == 3);
  CHECK(head.machine.groups().node_of(to_string(group_id), 0) == 0);
  const auto& first = asked.begin()->second;
  head.tell(1, bundle_answer{1, group_id, first.attempt, true});
  // A copy, and what another says for it, count for nothing.
  head.tell(1, bundle_answer{1, group_id, first.attempt, true});
  head.tell(1, bundle_answer{2, group_id, first.attempt, true});
  head.tell(2, bundle_answer{2, group_id, first.attempt, true});
  CHECK(head.orders(bundle_order::commit).empty());
  head.tell(3, bundle_answer{3, group_id, first.attempt, true});
  CHECK(head.orders(bundle_order::commit).size() == 3);
  REQUIRE(head.news().size() == 1);
  CHECK(head.news()[0].now == group_news::placed);
  CHECK(head.machine.groups().node_of(to_string(group_id), 0) != 0);
}

TEST_CASE("one no gives all back, and another try follows", "[groups]") {
  groups_world head;
  head.ask(ray::strategy::spread, {1, 1});
  head.answer_all(false);
  CHECK(head.orders(bundle_order::undo).size() == 2);
  CHECK(head.news().empty());
  head.clear();
  head.turn(30'000);
  head.answer_all(true);
  CHECK(head.orders(bundle_order::commit).size() == 2);
}

TEST_CASE("each strategy keeps its word", "[groups]") {
  groups_world head;
  SECTION("pack: one node when one has the room") {
    head.ask(ray::strategy::pack, {1, 1});
    CHECK(head.orders(bundle_order::reserve).size() == 1);
  }
  SECTION("pack: more when none has") {
    head.ask(ray::strategy::pack, {2, 1, 1});
    CHECK(head.orders(bundle_order::reserve).size() == 2);
  }
  SECTION("strict_pack: one node or none") {
    head.ask(ray::strategy::strict_pack, {1, 1});
    CHECK(head.orders(bundle_order::reserve).size() == 1);
  }
  SECTION("strict_pack that can never be") {
    head.ask(ray::strategy::strict_pack, {2, 1});
    REQUIRE(head.news().size() == 1);
    CHECK(head.news()[0].now == group_news::failed);
  }
  SECTION("spread: all nodes, then again") {
    head.ask(ray::strategy::spread, {1, 1, 1, 1});
    CHECK(head.orders(bundle_order::reserve).size() == 3);
  }
  SECTION("strict_spread that can never be") {
    head.ask(ray::strategy::strict_spread, {1, 1, 1, 1});
    REQUIRE(head.news().size() == 1);
    CHECK(head.news()[0].now == group_news::failed);
  }
  SECTION("what merely does not fit waits, and is told") {
    head.ask(ray::strategy::pack, {3});
    REQUIRE(head.news().size() == 1);
    CHECK(head.news()[0].now == group_news::waits);
  }
}

TEST_CASE("a dead node's bundles are placed again, others stay", "[groups]") {
  groups_world head;
  head.ask(ray::strategy::strict_spread, {1, 1});
  head.answer_all(true);
  const auto name = to_string(group_id);
  const auto& groups = head.machine.groups();
  const auto first = groups.node_of(name, 0);
  const auto second = groups.node_of(name, 1);
  const auto lost = first == 1 ? second : first;
  const auto kept = lost == first ? second : first;
  head.clear();
  head.machine.link_lost(head.now, lost, "gone");
  head.turn(30'000);
  const auto asked = head.orders(bundle_order::reserve);
  REQUIRE(asked.size() == 1);
  CHECK(asked.begin()->first != kept);
  CHECK(asked.begin()->second.bundles.size() == 1);
  head.answer_all(true);
  CHECK(groups.node_of(name, 0) != 0);
  CHECK(groups.node_of(name, 1) != 0);
}

TEST_CASE("the end of a group frees it everywhere", "[groups]") {
  groups_world head;
  head.ask(ray::strategy::spread, {1, 1});
  SECTION("removed while it is tried") {}
  SECTION("removed when it was placed") { head.answer_all(true); }
  group_request remove;
  remove.node = 1;
  remove.group = group_id;
  remove.remove = true;
  head.tell(1, remove);
  CHECK(head.orders(bundle_order::free).size() == 2);
  CHECK(head.machine.groups().size() == 0);
  // A late answer or a copy of the request does not bring it back.
  head.answer_all(true);
  head.ask(ray::strategy::spread, {1, 1});
  CHECK(head.machine.groups().size() == 0);
  node_wish wish{node_wish::placing::in_bundle, to_string(group_id), 0, {}};
  CHECK(head.machine.judge_shape(head_world::one_cpu(), wish).what
        == feasibility::kind::never);
}
