#include "head_world.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <functional>
#include <map>

using namespace rayd;

namespace {

/// A head with nodes that answer what waits for what from one table.
struct waiting_cluster : head_world {
  waiting_cluster() {
    for (link_id link = 1; link <= 2; ++link) {
      register_node x;
      x.node.host = "h";
      x.node.port = 1;
      x.node.total.set("CPU", 4);
      x.node.total.set("GPU", 1);
      tell(link, x);
      store_answers();
    }
    clear();
  }

  static object_id id(std::uint64_t number, node_index home = 1) {
    return child_id(root_id(home, 5), number, home, 5);
  }

  wait_state& on(const object_id& task, node_index at = 1) {
    auto& state = states[{at, task}];
    state.id = task;
    state.job = 5;
    state.title = "call f";
    return state;
  }

  /// *task* runs on *at* and waits in get for all of *others*.
  wait_state& runs(const object_id& task, std::vector<object_id> others,
                   node_index at = 1) {
    auto& state = on(task, at);
    state.what = wait_state::objects;
    state.need = static_cast<std::uint32_t>(others.size());
    state.on = std::move(others);
    state.node = at;
    state.number = 7;
    return state;
  }

  wait_state& behind(const object_id& task, const object_id& running) {
    auto& state = on(task);
    state.what = wait_state::calls;
    state.need = 1;
    state.on = {running};
    return state;
  }

  /// Both nodes say that some worker has been blocked for long.
  void loads() {
    for (link_id link = 1; link <= 2; ++link) {
      node_load x;
      x.node = static_cast<node_index>(link);
      x.epoch = machine.options().epoch;
      x.sequence = ++sequence;
      x.blocked = 1;
      tell(link, x);
    }
  }

  void answer(link_id link, const wait_question& question) {
    const auto node = static_cast<node_index>(link);
    wait_answer out{node, question.round, {}};
    for (const auto& task : question.ids) {
      const auto at = states.find({node, task});
      auto& state = out.states.emplace_back();
      state.id = task;
      if (at != states.end())
        state = at->second;
    }
    if (question.blocked)
      for (const auto& [key, state] : states)
        if (key.first == node && state.what == wait_state::objects)
          out.states.push_back(state);
    tell(link, out);
  }

  void answer_all() {
    while (!sent.empty()) {
      const auto taken = std::exchange(sent, {});
      for (const auto& [link, message] : taken)
        if (const auto* question = std::get_if<wait_question>(&message))
          answer(link, *question);
        else if (const auto* news = std::get_if<deadlock_news>(&message))
          told.emplace_back(link, news->text);
    }
  }

  void rounds(int count) {
    for (int i = 0; i < count; ++i) {
      loads();
      turn(2'000'000);
      answer_all();
    }
  }

  /// A deadlock of two actors that call each other, the second on node 2.
  void two_actors() {
    runs(id(1), {id(2)});
    behind(id(2), id(3));
    runs(id(3), {id(4)});
    behind(id(4), id(1));
  }

  std::map<std::pair<node_index, object_id>, wait_state> states;
  std::vector<std::pair<link_id, std::string>> told;
};

} // namespace

TEST_CASE_METHOD(waiting_cluster, "two actors that call each other are named",
                 "[deadlock]") {
  two_actors();
  rounds(2);
  CHECK(told.empty());
  rounds(1);
  REQUIRE(told.size() == 1);
  CHECK(told[0].first == 1);
  const auto& text = told[0].second;
  CHECK(text.starts_with("deadlock, tasks wait for each other: call f "));
  const auto says = [&](std::uint64_t from, const char* how,
                        std::uint64_t to) {
    const auto a = to_string(id(from)), b = to_string(id(to));
    return text.find(fmt::format("call f {} {} call f {}", a, how, b))
             != std::string::npos
           || text.find(fmt::format("call f {}, which {} call f {}", a, how,
                                    b))
                != std::string::npos;
  };
  CHECK(says(1, "waits in ray::get or ray::wait for", 2));
  CHECK(says(2, "waits on the same actor behind", 3));
  CHECK(says(3, "waits in ray::get or ray::wait for", 4));
  CHECK(says(4, "waits on the same actor behind", 1));
  for (std::uint64_t i = 1; i <= 4; ++i) {
    REQUIRE(machine.deadlocks().stuck(id(i)) != nullptr);
    CHECK(*machine.deadlocks().stuck(id(i)) == told[0].second);
  }
  CHECK(machine.deadlocks().deadlocks().size() == 1);
  rounds(5);
  CHECK(told.size() == 1);
}

TEST_CASE_METHOD(waiting_cluster, "a deadlock that ends is forgotten",
                 "[deadlock]") {
  two_actors();
  rounds(3);
  states.erase({1, id(3)});
  rounds(1);
  CHECK(machine.deadlocks().deadlocks().empty());
  CHECK(machine.deadlocks().stuck(id(1)) == nullptr);
}

TEST_CASE_METHOD(waiting_cluster, "what waits for a deadlock is told of it",
                 "[deadlock]") {
  two_actors();
  runs(id(9), {id(8), id(1)});
  rounds(3);
  CHECK(told.size() == 1);
  REQUIRE(machine.deadlocks().stuck(id(9)) != nullptr);
  CHECK(*machine.deadlocks().stuck(id(9)) == told.at(0).second);
  CHECK(machine.deadlocks().stuck(id(8)) == nullptr);
}

TEST_CASE_METHOD(waiting_cluster, "waits that change are no deadlock",
                 "[deadlock]") {
  two_actors();
  for (std::uint64_t i = 0; i < 10; ++i) {
    // Each round it looks like one, but it is another wait each time.
    states.at({1, id(1)}).number = 100 + i;
    rounds(1);
  }
  CHECK(told.empty());
}

TEST_CASE_METHOD(waiting_cluster, "one way out is enough", "[deadlock]") {
  two_actors();
  SECTION("a wait for any of two") {
    auto& any = runs(id(3), {id(4), id(5)});
    any.need = 1;
    rounds(5);
    CHECK(told.empty());
  }
  SECTION("a wait for both is stuck") {
    runs(id(3), {id(4), id(5)});
    rounds(5);
    CHECK(told.size() == 1);
  }
  SECTION("an actor that runs two calls") {
    auto& waits = behind(id(2), id(3));
    waits.on.push_back(id(6));
    rounds(5);
    CHECK(told.empty());
  }
  SECTION("a node that does not answer") {
    states.erase({1, id(4)});
    rounds(5);
    CHECK(told.empty());
  }
}

TEST_CASE_METHOD(waiting_cluster, "a chain of waits is no deadlock",
                 "[deadlock]") {
  for (std::uint64_t i = 1; i < 3000; ++i)
    runs(id(i), {id(i + 1)}, i % 2 == 0 ? 1 : 2);
  rounds(5);
  CHECK(told.empty());
  CHECK(machine.deadlocks().deadlocks().empty());
}

TEST_CASE_METHOD(waiting_cluster, "a task that waits for itself is named",
                 "[deadlock]") {
  runs(id(1), {id(1)});
  rounds(3);
  REQUIRE(told.size() == 1);
  CHECK(told[0].second.starts_with("deadlock, a task waits for itself: "));
}

TEST_CASE_METHOD(waiting_cluster, "resources that a stuck task keeps",
                 "[deadlock]") {
  resource_set gpu;
  gpu.set("GPU", 1);
  const auto keeps = [&](std::uint64_t task, std::uint64_t child,
                         node_index at) {
    runs(id(task), {id(child)}, at).amount = gpu;
    auto& waits = on(id(child));
    waits.what = wait_state::resources;
    waits.amount = gpu;
  };
  keeps(1, 2, 1);
  SECTION("on one of two nodes") {
    rounds(5);
    CHECK(told.empty());
  }
  SECTION("on all nodes") {
    keeps(3, 4, 2);
    rounds(3);
    REQUIRE(told.size() == 1);
    CHECK(told[0].second.find("waits for GPU 1, of which a part is kept by ")
          != std::string::npos);
  }
  SECTION("when only CPUs are waited for") {
    keeps(3, 4, 2);
    resource_set cpu;
    cpu.set("CPU", 4);
    states.at({1, id(2)}).amount = cpu;
    states.at({1, id(4)}).amount = cpu;
    rounds(5);
    CHECK(told.empty());
  }
}

TEST_CASE_METHOD(waiting_cluster, "a task is asked for where it was sent",
                 "[deadlock]") {
  runs(id(1), {id(2)});
  auto& sent_away = on(id(2));
  sent_away.what = wait_state::elsewhere;
  sent_away.node = 2;
  runs(id(2), {id(1)}, 2);
  rounds(3);
  CHECK(told.size() == 1);
}

TEST_CASE_METHOD(waiting_cluster, "answers of earlier rounds are ignored",
                 "[deadlock]") {
  two_actors();
  rounds(2);
  loads();
  turn(2'000'000);
  const auto questions = std::exchange(sent, {});
  turn(2'000'000); // Nobody has answered in time.
  turn(2'000'000);
  sent.clear();
  for (const auto& [link, message] : questions)
    if (const auto* question = std::get_if<wait_question>(&message))
      answer(link, *question);
  CHECK(told.empty());
  CHECK(machine.deadlocks().deadlocks().empty());
}
