#include "catch.hpp"

#include "head_world.hpp"

#include <optional>

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

  void ask(ray::strategy how, std::vector<double> cpus,
           object_id group = group_id) {
    group_request x;
    x.node = 1;
    x.group = group;
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

  /// Each node's load shows *cpus* left for all that time.
  void left_over(double cpus, time_us span) {
    for (time_us passed = 0; passed < span; passed += 100'000) {
      for (node_index index = 1; index <= 3; ++index)
        load(index, index, cpus);
      turn(100'000);
    }
  }

  /// The claim since clear(); nothing: there is none.
  std::optional<std::pair<link_id, bundle_order>> claim() const {
    const auto found = orders(bundle_order::claim);
    REQUIRE(found.size() <= 1);
    if (found.empty())
      return std::nullopt;
    return *found.begin();
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

TEST_CASE("a group that waits for 5 s claims what becomes free", "[groups]") {
  groups_world head;
  head.left_over(1, 100'000);
  head.ask(ray::strategy::pack, {2});
  head.left_over(1, 4'800'000);
  CHECK(head.orders(bundle_order::reserve).empty());
  CHECK_FALSE(head.claim());
  head.left_over(1, 300'000);
  const auto claim = head.claim();
  REQUIRE(claim);
  head.left_over(1, 1'000'000);
  CHECK(head.orders(bundle_order::reserve).empty());
  head.tell(claim->first,
            bundle_answer{static_cast<node_index>(claim->first), group_id,
                          claim->second.attempt, true});
  CHECK(head.orders(bundle_order::commit).size() == 1);
  REQUIRE_FALSE(head.news().empty());
  CHECK(head.news().back().now == group_news::placed);
  // Placed is placed: nothing is given back.
  head.left_over(1, 12'000'000);
  CHECK(head.orders(bundle_order::undo).empty());
}

TEST_CASE("a claim ends after 10 s, and the next group's turn comes",
          "[groups]") {
  const auto other = child_id(root_id(1, 1), 6, 1, 1);
  groups_world head;
  head.left_over(1, 100'000);
  head.ask(ray::strategy::pack, {2}, other);
  head.left_over(1, 100'000);
  head.ask(ray::strategy::pack, {2});
  head.left_over(1, 5'200'000);
  REQUIRE(head.claim());
  CHECK(head.claim()->second.group == other);
  head.clear();
  head.left_over(1, 9'500'000);
  CHECK(head.orders(bundle_order::undo).empty());
  head.left_over(1, 600'000);
  REQUIRE(head.orders(bundle_order::undo).size() == 1);
  CHECK(head.orders(bundle_order::undo).begin()->second.group == other);
  REQUIRE(head.claim());
  CHECK(head.claim()->second.group == group_id);
}

TEST_CASE("claims in vain come less and less often", "[groups]") {
  groups_world head;
  head.left_over(1, 100'000);
  head.ask(ray::strategy::pack, {2});
  head.left_over(1, 15'300'000);
  REQUIRE(head.orders(bundle_order::undo).size() == 1);
  head.clear();
  head.left_over(1, 9'500'000);
  CHECK_FALSE(head.claim());
  head.left_over(1, 1'000'000);
  CHECK(head.claim());
}

TEST_CASE("a claim that a node refuses is not held on others", "[groups]") {
  groups_world head;
  head.left_over(1, 100'000);
  head.ask(ray::strategy::strict_spread, {2, 2});
  head.left_over(1, 5'200'000);
  const auto claims = head.orders(bundle_order::claim);
  REQUIRE(claims.size() == 2);
  const auto& [link, order] = *claims.begin();
  head.tell(link, bundle_answer{static_cast<node_index>(link), group_id,
                                order.attempt, false});
  CHECK(head.orders(bundle_order::undo).size() == 2);
  head.clear();
  // And not asked for again at once.
  head.left_over(1, 4'500'000);
  CHECK(head.orders(bundle_order::claim).empty());
}
