// Where tasks and actors run, on a cluster whose nodes placement_test.cpp
// starts.

#include "cases.hpp"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
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
  {"labels", &labels},
  {"on_node", &on_node},
  {"on_node_gone", &on_node_gone},
  {"spread", &spread},
  {"locality", &locality},
};

} // namespace

int main(int argc, char** argv) {
  return cases::run(argc, argv, all);
}
