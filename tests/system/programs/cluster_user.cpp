// A program on a cluster of several nodes, some of which die. The resource
// "spot" is what a test gives to the nodes whose deaths it studies.

#include "cases.hpp"

#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <time.h>
#include <unistd.h>

using namespace std::chrono_literals;
using cases::expect;
using cases::expect_equal;
using cases::expect_throws;
using cases::say;

namespace {

const ray::with at_spot{.resources = {{"spot", 1}}};

/// Milliseconds of the clock that all processes of a machine share.
long now_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
}

/// Where, when and in which attempt a task began.
struct run {
  std::string node;
  long started_ms = 0;
  int attempt = 0;

  template <class Inspector>
  friend auto inspect(Inspector& f, run& x) {
    return f(x.node, x.started_ms, x.attempt);
  }
};

run work(int milliseconds) {
  const auto started = now_ms();
  const auto here = ray::runtime_context();
  std::this_thread::sleep_for(std::chrono::milliseconds{milliseconds});
  return {here.node_id, started, here.attempt};
}

/// "spread NODE COUNT ..." and for each task "run NODE STARTED ATTEMPT".
void say_runs(const std::vector<run>& runs) {
  std::map<std::string, int> counts;
  for (const auto& one : runs) {
    ++counts[one.node];
    say(fmt::format("run {} {} {}", one.node, one.started_ms, one.attempt));
  }
  for (const auto& [node, count] : counts)
    say(fmt::format("spread {} {}", node, count));
}

std::vector<ray::object_ref<run>> start(int count, int milliseconds,
                                        const ray::with& options = {}) {
  std::vector<ray::object_ref<run>> refs;
  for (int i = 0; i < count; ++i)
    refs.push_back(ray::remote<work>(options, milliseconds));
  return refs;
}

/// A test tells the program to go on by making this file.
void await_file(const char* variable) {
  const char* path = std::getenv(variable);
  while (path != nullptr && !std::filesystem::exists(path))
    std::this_thread::sleep_for(5ms);
}

// -- balancing ----------------------------------------------------------------

void forty() {
  say(fmt::format("started {}", now_ms()));
  say_runs(ray::get(start(40, 1000)));
  say(fmt::format("ended {}", now_ms()));
}

// -- objects of other nodes ---------------------------------------------------

std::uint64_t checksum(std::span<const std::uint64_t> values) {
  std::uint64_t hash = 14695981039346656037u;
  for (const auto value : values)
    hash = (hash ^ value) * 1099511628211u;
  return hash;
}

ray::array<std::uint64_t> make_numbers(std::size_t count) {
  return ray::array<std::uint64_t>::make(
    count, [](std::span<std::uint64_t> room) {
      std::uint64_t next = 1;
      for (auto& value : room)
        value = next = next * 6364136223846793005u + 1442695040888963407u;
    });
}

std::string make_text(std::size_t size) {
  return std::string(size, 'q');
}

std::string node_of_task() {
  return ray::runtime_context().node_id;
}

void fetch() {
  const auto here = ray::runtime_context().node_id;
  int known = 0;
  for (const auto& node : ray::nodes()) {
    expect(node.state == "alive" && node.host == "127.0.0.1",
           "node " + node.id + " is " + node.state + " on " + node.host);
    known += node.id == here || node.resources.contains("spot") ? 1 : 0;
  }
  expect_equal(known, 2, "this node and the one with spots");
  expect(ray::get(ray::remote<node_of_task>(at_spot)) != here,
         "a task where its resource is");
  for (const std::size_t count : {20'000, 4'000'000}) {
    const auto made = ray::remote<make_numbers>(at_spot, count);
    const auto sum = ray::get(ray::remote<checksum>(at_spot, made));
    expect_equal(checksum(ray::get(made)), sum,
                 fmt::format("{} numbers fetched by the driver", count));
    expect_equal(ray::get(ray::remote<checksum>(made)), sum,
                 "read again by a task");
  }
  const auto mine = ray::put(std::string(3'000'000, 'p'));
  expect_equal(
    ray::get(ray::remote<[](const std::string& s) { return s.size(); }>(at_spot,
                                                                        mine)),
    3'000'000u, "a put of the driver fetched by a task");
  expect_equal(ray::get(ray::remote<make_text>(at_spot, 50'000)).size(),
               50'000u, "a result within the message");
}

// -- a node dies --------------------------------------------------------------

class resident {
public:
  std::string node() const { return ray::runtime_context().node_id; }
  int slow() {
    std::this_thread::sleep_for(60s);
    return 0;
  }
};

ray::object_ref<int> put_there() {
  return ray::put(7);
}

void node_death() {
  const auto actor = ray::spawn<resident>(at_spot);
  const auto doomed = ray::get(actor.call<&resident::node>());
  const auto numbers = ray::remote<make_numbers>(at_spot, 100'000);
  const auto sum = ray::get(ray::remote<checksum>(at_spot, numbers));
  const auto lost_put = ray::get(ray::remote<put_there>(at_spot));
  say("doomed " + doomed);
  await_file("GO_FILE");
  const auto refs = start(16, 300, at_spot);
  const auto call = actor.call<&resident::slow>();
  say("running");
  const auto runs = ray::get(refs);
  say(fmt::format("done {}", now_ms()));
  say_runs(runs);
  expect_throws<ray::actor_died>([&] { ray::get(call, 5s); }, doomed,
                                 "a call that ran on the dead node");
  expect_throws<ray::actor_died>(
    [&] { ray::get(actor.call<&resident::node>(), 5s); }, doomed,
    "a later call");
  expect_equal(checksum(ray::get(numbers, 5s)), sum,
               "an object that only the dead node held");
  expect_throws<ray::object_lost>([&] { ray::get(lost_put, 5s); }, "",
                                  "a put of the dead node");
  say("over");
}

/// More tasks than slots, until it is killed.
void fill_nodes() {
  const auto refs = start(40, 60'000);
  say("filling");
  (void)ray::get(refs);
}

// -- trees of tasks -----------------------------------------------------------

/// 150 kB: passes through the store.
std::string leaf(int milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds{milliseconds});
  return std::string(150'000, 'l');
}

std::size_t measure(const std::string& a, const std::string& b) {
  return a.size() + b.size();
}

/// The sizes of all leaves below.
std::size_t tree(int depth) {
  if (depth == 1)
    return ray::get(
      ray::remote<measure>(ray::remote<leaf>(20), ray::remote<leaf>(20)));
  const auto left = ray::remote<tree>(depth - 1);
  const auto right = ray::remote<tree>(depth - 1);
  return ray::get(left) + ray::get(right);
}

/// 64 leaves below tasks that wait for tasks, on all nodes.
void grow_tree() {
  say("growing");
  expect_equal(ray::get(ray::remote<tree>(6), 20s), 64u * 150'000u,
               "the sum of all leaves");
}

// -- burdens ------------------------------------------------------------------

/// Takes all that a job can take, says so, and waits to be killed.
void burden() {
  const auto actor = ray::spawn<resident>(ray::with{.name = "burden"});
  const auto away = ray::spawn<resident>(at_spot);
  (void)ray::get(actor.call<&resident::node>(), away.call<&resident::node>());
  std::vector<ray::object_ref<std::string>> kept;
  for (int i = 0; i < 20; ++i)
    kept.push_back(ray::put(std::string(1'000'000, 'k')));
  for (int i = 0; i < 4; ++i)
    kept.push_back(ray::remote<make_text>(at_spot, 2'000'000));
  for (const auto& one : kept)
    (void)ray::get(one);
  const auto running = start(20, 60'000);
  const auto there = start(4, 60'000, at_spot);
  const auto call = actor.call<&resident::slow>();
  const auto queued = actor.call<&resident::slow>();
  (void)ray::wait(running, 1, 400ms);
  say("burdened");
  (void)ray::get(call);
}

int nothing(int x) {
  return x;
}

/// Submits tasks for ever, with results that it never takes.
void flood_tasks() {
  say("flooding");
  for (long count = 1;; ++count) {
    (void)ray::remote<nothing>(1);
    if (count % 100'000 == 0)
      say(fmt::format("submitted {}", count));
  }
}

std::string reply(std::size_t size) {
  return std::string(size, 'r');
}

/// Has results made, in thousands, and takes them one by one.
void take_results() {
  for (;;) {
    std::vector<ray::object_ref<std::string>> refs;
    for (int i = 0; i < 2000; ++i)
      refs.push_back(ray::remote<reply>(5'000));
    say("flooding");
    for (auto& ref : refs) {
      (void)ray::get(ref);
      ref = {};
    }
  }
}

class sink {
public:
  std::string node() const { return ray::runtime_context().node_id; }
  int take(const std::string&) { return ++taken_; }

private:
  int taken_ = 0;
};

/// Calls an actor of another node 5,000 times with 20 kB each.
void flood_calls() {
  const auto away = ray::spawn<sink>(at_spot);
  (void)ray::get(away.call<&sink::node>());
  say("flooding");
  await_file("GO_FILE");
  const std::string text(20'000, 'c');
  for (int i = 0; i < 5000; ++i)
    (void)away.call<&sink::take>(text);
  say("submitted 5000");
  // A node that is silent for 5 s is dead.
  expect_throws<ray::actor_died>(
    [&] { ray::get(away.call<&sink::take>(text)); }, "silent",
    "a call of an actor of a stopped node");
}

constexpr cases::entry all[]{
  {"forty", &forty},
  {"fetch", &fetch},
  {"node_death", &node_death},
  {"fill_nodes", &fill_nodes},
  {"grow_tree", &grow_tree},
  {"burden", &burden},
  {"flood_tasks", &flood_tasks},
  {"take_results", &take_results},
  {"flood_calls", &flood_calls},
};

} // namespace

int main(int argc, char** argv) {
  return cases::run(argc, argv, all);
}
