// Where tasks and actors run, on a cluster whose nodes placement_test.cpp
// starts.

#include "cases.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using cases::expect;
using cases::expect_equal;
using cases::expect_throws;
using cases::say;

namespace {

std::string where(int milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds{milliseconds});
  return ray::runtime_context().node_id;
}

class Lodger {
public:
  std::string where() const { return ray::runtime_context().node_id; }
};

void wait_for_file() {
  const std::filesystem::path path{std::getenv("GO_FILE")};
  while (!std::filesystem::exists(path))
    std::this_thread::sleep_for(5ms);
}

// -- what fits nowhere --------------------------------------------------------

/// Waits one second, in which the reason must have come.
void infeasible() {
  const auto huge = ray::remote<where>(ray::with{.num_cpus = 100}, 0);
  const auto nowhere
    = ray::spawn<Lodger>(ray::with{.labels = {{"zone", "moon"}}});
  expect_throws<ray::get_timeout>([&] { ray::get(huge, 1s); }, "",
                                  "a task that fits nowhere waits");
  expect_equal(ray::get(ray::remote<where>(0)), "n1", "others go on");
}

void infeasible_until_told() {
  const auto huge = ray::remote<where>(
    ray::with{.num_cpus = 3, .labels = {{"zone", "b"}}}, 0);
  say("waits");
  say("ran on " + ray::get(huge));
}

// -- rayd why -----------------------------------------------------------------

int fails() {
  throw std::runtime_error{"it had no luck"};
}

int after(int before) {
  return before;
}

template <class Handle>
std::string id_of(const Handle& handle) {
  const auto& id = handle.id();
  return fmt::format("{:016x}{:016x}", id.hi, id.lo);
}

int zero() {
  return 0;
}

void say_id(const std::string& name, const ray::object_ref<int>& ref) {
  say(name + " " + id_of(ref.handle()));
}

/// One CPU, two nodes; says ids, and waits until it is told to go.
void why() {
  const ray::with one_cpu{.num_cpus = 1};
  const auto done = ray::remote<zero>();
  ray::get(done);
  const auto bad = ray::remote<fails>();
  ray::wait(std::vector{bad});
  const auto running
    = ray::remote<where>(ray::with{.scheduling = ray::on_node{"n1"}}, 3000);
  const auto away
    = ray::remote<where>(ray::with{.scheduling = ray::on_node{"n2"}}, 3000);
  ray::wait(std::vector{running, away}, 1, 100ms);
  const auto queued
    = ray::remote<zero>(ray::with{.scheduling = ray::on_node{"n1"}});
  const auto dependent = ray::remote<after>(queued);
  const auto huge = ray::remote<zero>(ray::with{.num_cpus = 100});
  const auto lodger = ray::spawn<Lodger>(
    ray::with{.scheduling = ray::on_node{"n1"}});
  const auto call = lodger.call<&Lodger::where>();
  say_id("done", done);
  say_id("bad", bad);
  say("running " + id_of(running.handle()));
  say("away " + id_of(away.handle()));
  say_id("queued", queued);
  say_id("dependent", dependent);
  say_id("huge", huge);
  say("call " + id_of(call.handle()));
  say("all");
  wait_for_file();
}

// -- wishes -------------------------------------------------------------------

void labels() {
  const ray::with in_a{.labels = {{"zone", "a"}}};
  for (int i = 0; i < 3; ++i)
    expect_equal(ray::get(ray::remote<where>(in_a, 0)), "n2", "a task's label");
  const auto lodger = ray::spawn<Lodger>(in_a);
  expect_equal(ray::get(lodger.call<&Lodger::where>()), "n2",
               "an actor's label");
}

void on_node() {
  for (const std::string id : {"n1", "n2", "n3"}) {
    for (const bool soft : {false, true}) {
      const ray::with there{.scheduling = ray::on_node{id, soft}};
      expect_equal(ray::get(ray::remote<where>(there, 0)), id, "on_node");
    }
    const auto lodger
      = ray::spawn<Lodger>(ray::with{.scheduling = ray::on_node{id}});
    expect_equal(ray::get(lodger.call<&Lodger::where>()), id, "an actor");
  }
  expect_throws<ray::unschedulable>(
    [] {
      ray::get(ray::remote<where>(
        ray::with{.scheduling = ray::on_node{"n77"}}, 0));
    },
    "n77", "a node that never was");
}

void on_node_gone() {
  const auto running
    = ray::remote<where>(ray::with{.scheduling = ray::on_node{"n2"}}, 60'000);
  say("runs");
  expect_throws<ray::unschedulable>([&] { ray::get(running); }, "n2",
                                    "its node died under it");
  expect_throws<ray::unschedulable>(
    [] {
      ray::get(ray::remote<where>(
        ray::with{.scheduling = ray::on_node{"n2"}}, 0));
    },
    "n2", "a node that is gone");
  const auto lodger
    = ray::spawn<Lodger>(ray::with{.scheduling = ray::on_node{"n2"}});
  expect_throws<ray::unschedulable>(
    [&] { ray::get(lodger.call<&Lodger::where>()); }, "n2", "an actor");
  expect_equal(ray::get(ray::remote<where>(
                 ray::with{.scheduling = ray::on_node{"n2", true}}, 0)),
               "n1", "soft");
}

void spread() {
  std::map<std::string, int> tasks, actors;
  const ray::with apart{.scheduling = ray::spread{}};
  std::vector<ray::object_ref<std::string>> refs;
  for (int i = 0; i < 6; ++i)
    refs.push_back(ray::remote<where>(apart, 500));
  for (const auto& node : ray::get(refs))
    ++tasks[node];
  std::vector<ray::actor<Lodger>> lodgers;
  for (int i = 0; i < 3; ++i) {
    lodgers.push_back(ray::spawn<Lodger>(apart));
    ++actors[ray::get(lodgers.back().call<&Lodger::where>())];
  }
  for (const std::string id : {"n1", "n2", "n3"}) {
    expect_equal(tasks[id], 2, "tasks on " + id);
    expect_equal(actors[id], 1, "actors on " + id);
  }
}

// -- placement groups ---------------------------------------------------------

std::string in_bundle(const ray::group& group, std::size_t index) {
  return ray::get(ray::remote<where>(
    ray::with{.num_cpus = 0.5, .scheduling = group.bundle(index)}, 0));
}

std::set<std::string> places(const ray::group& group, std::size_t count) {
  ray::get(group.ready(), 10s);
  std::set<std::string> nodes;
  for (std::size_t i = 0; i < count; ++i)
    nodes.insert(in_bundle(group, i));
  return nodes;
}

std::string through_a_task(const ray::group& group) {
  return in_bundle(group, 0);
}

/// Three nodes of 2 CPUs, all free.
void groups() {
  const ray::bundle one{.num_cpus = 1};
  auto packed
    = ray::placement_group({{.num_cpus = 0.5}, {.num_cpus = 0.5}});
  expect_equal(places(packed, 2).size(), 1u, "pack");
  auto apart = ray::placement_group({one, one, one}, ray::strategy::spread);
  expect_equal(places(apart, 3).size(), 3u, "spread");
  expect_equal(ray::get(ray::remote<through_a_task>(
                 ray::with{.num_cpus = 0}, apart)),
               in_bundle(apart, 0), "a group in a task's arguments");
  // No node has 2 CPUs left: this waits until another one is removed.
  auto waits = ray::placement_group({one, one}, ray::strategy::strict_pack);
  expect_throws<ray::get_timeout>([&] { ray::get(waits.ready(), 200ms); }, "",
                                  "all or nothing");
  const auto lodger
    = ray::spawn<Lodger>(ray::with{.scheduling = apart.bundle(1)});
  expect_equal(ray::get(lodger.call<&Lodger::where>()), in_bundle(apart, 1),
               "an actor in a bundle");
  apart.remove();
  ray::get(waits.ready(), 10s);
  expect_throws<ray::actor_died>(
    [&] {
      const auto until = std::chrono::steady_clock::now() + 10s;
      while (std::chrono::steady_clock::now() < until)
        ray::get(lodger.call<&Lodger::where>());
    },
    "", "removal ends what runs in it");
  expect_throws<ray::unschedulable>([&] { in_bundle(apart, 0); }, "removed",
                                    "a removed group");
  packed.remove();
  waits.remove();
  auto all
    = ray::placement_group({one, one, one}, ray::strategy::strict_spread);
  expect_equal(places(all, 3).size(), 3u, "strict_spread");
  expect_throws<ray::unschedulable>(
    [&] {
      ray::get(ray::placement_group({one, one, one, one},
                                    ray::strategy::strict_spread)
                 .ready());
    },
    "3 nodes", "strict_spread over more nodes than there are");
  expect_throws<ray::unschedulable>(
    [] {
      ray::get(ray::placement_group({{.num_cpus = 2}, {.num_cpus = 1}},
                                    ray::strategy::strict_pack)
                 .ready());
    },
    "strict_pack", "strict_pack beyond the largest node");
  expect_throws<ray::wrong_type>([] { ray::placement_group({}); }, "bundles",
                                 "no bundles");
}

/// n1 is the head's; the bundle's node is killed by the test.
void group_moves() {
  auto group = ray::placement_group({{.resources = {{"spot", 1}}},
                                     {.num_cpus = 1}});
  ray::get(group.ready(), 10s);
  const ray::with there{.num_cpus = 0,
                        .resources = {{"spot", 1}},
                        .scheduling = group.bundle(0)};
  say("first " + ray::get(ray::remote<where>(there, 0)));
  wait_for_file();
  say("then " + ray::get(ray::remote<where>(there, 0)));
}

/// One node of 2 CPUs, which small tasks fill all the time.
void group_beside_tasks() {
  auto group
    = ray::placement_group({{.num_cpus = 2}}, ray::strategy::strict_pack);
  const std::vector ready{group.ready()};
  const auto start = std::chrono::steady_clock::now();
  std::deque<ray::object_ref<std::string>> small;
  while (cases::seconds_since(start) < 20
         && ray::wait(ready, 1, 0ms).ready.empty()) {
    while (small.size() < 8)
      small.push_back(ray::remote<where>(20));
    ray::get(small.front());
    small.pop_front();
  }
  say(fmt::format("placed after {:.1f} s", cases::seconds_since(start)));
  expect(cases::seconds_since(start) < 10, "the group is placed");
  group.remove();
  for (const auto& ref : small)
    ray::get(ref, 10s);
}

void one_group() {
  auto group = ray::placement_group({{.num_cpus = 1}});
  ray::get(group.ready(), 10s);
  expect_equal(in_bundle(group, 0), "n1", "a task in it");
}

/// The test kills the head, which is the only node, while this waits.
void group_lost() {
  auto placed = ray::placement_group({{.num_cpus = 1}});
  ray::get(placed.ready(), 10s);
  auto waits
    = ray::placement_group({{.num_cpus = 2}}, ray::strategy::strict_pack);
  const auto ready = waits.ready();
  say("waits");
  expect_throws<ray::connection_failed>([&] { ray::get(ready, 30s); }, "",
                                        "one that waits");
  expect_throws<ray::connection_failed>([&] { in_bundle(placed, 0); }, "",
                                        "one that was placed");
}

// -- data ---------------------------------------------------------------------

ray::array<std::uint8_t> ten_megabytes() {
  return ray::array<std::uint8_t>::make(
    10'000'000, [](std::span<std::uint8_t> to) {
      std::fill(to.begin(), to.end(), std::uint8_t{7});
    });
}

std::string where_with(std::span<const std::uint8_t> bytes) {
  return ray::runtime_context().node_id
         + (bytes.size() == 10'000'000 && bytes.back() == 7 ? "" : " (wrong)");
}

/// The home has no room, both others have.
void locality() {
  for (const std::string id : {"n2", "n3", "n2", "n3"}) {
    const auto data = ray::remote<ten_megabytes>(
      ray::with{.scheduling = ray::on_node{id}});
    ray::wait(std::vector{data});
    expect_equal(ray::get(ray::remote<where_with>(data)), id,
                 "runs where its argument lies");
  }
}

constexpr cases::entry all[]{
  {"infeasible", &infeasible},
  {"infeasible_until_told", &infeasible_until_told},
  {"why", &why},
  {"labels", &labels},
  {"on_node", &on_node},
  {"on_node_gone", &on_node_gone},
  {"spread", &spread},
  {"locality", &locality},
  {"groups", &groups},
  {"group_moves", &group_moves},
  {"group_beside_tasks", &group_beside_tasks},
  {"one_group", &one_group},
  {"group_lost", &group_lost},
};

} // namespace

int main(int argc, char** argv) {
  return cases::run(argc, argv, all);
}
