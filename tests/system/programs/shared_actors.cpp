// Actors that share processes: class actors and CAF behaviours.

#include "cases.hpp"

#include <ray/caf.hpp>

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>

#include <atomic>
#include <csignal>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include <unistd.h>

using namespace std::chrono_literals;
using cases::expect;
using cases::expect_equal;
using cases::expect_throws;

namespace {

int square(int x) {
  return x * x;
}

std::atomic<bool> open{false}; // In each process its own.

class light {
public:
  explicit light(int first) : count_(first) {}

  int add(int by) { return count_ += by; }
  long pid() const { return ::getpid(); }
  std::string id() const { return ray::runtime_context().actor_id; }
  bool restarted() const { return ray::runtime_context().was_restarted; }

  /// Returns when another actor of this process has opened the door.
  int wait_for_door() {
    while (!open)
      std::this_thread::yield();
    return count_;
  }
  void open_door() { open = true; }

  int get(const ray::object_ref<int>& ref) { return ray::get(ref); }
  std::size_t look(const ray::object_ref<int>& ref) {
    return ray::wait(std::vector{ref}, 1, 0ns).pending.size();
  }
  std::size_t wait(const ray::object_ref<int>& ref) {
    return ray::wait(std::vector{ref}, 1, 1s).ready.size();
  }
  int first(const ray::object_ref<int>& ref) {
    for (const auto& each : ray::as_completed(std::vector{ref}))
      return static_cast<bool>(each);
    return 0;
  }
  ray::object_ref<int> pass_on(const ray::object_ref<int>& ref) {
    return ray::remote<square>(ref);
  }
  std::vector<ray::object_ref<int>>
  call(const ray::actor<light>& other, int times) {
    std::vector<ray::object_ref<int>> refs;
    for (int i = 0; i < times; ++i)
      refs.push_back(other.call<&light::add>(1));
    return refs;
  }

  int leave(int by) {
    ray::exit_actor();
    return add(by);
  }
  int die() {
    ::raise(SIGSEGV);
    return 0;
  }

private:
  int count_;
};

using light_actor = ray::actor<light>;

light_actor make(int first, int max_restarts = 0) {
  return ray::spawn<light>(
    ray::with{.max_restarts = max_restarts, .shared = true}, first);
}

template <class Call>
auto ask(Call call) {
  for (;;) {
    try {
      return ray::get(call());
    } catch (const ray::actor_unavailable&) {
      std::this_thread::sleep_for(5ms);
    }
  }
}

void packs() {
  std::vector<light_actor> actors;
  for (int i = 0; i < 50; ++i)
    actors.push_back(make(100 * i));
  std::vector<ray::object_ref<long>> pids;
  std::vector<ray::object_ref<std::string>> ids;
  for (const auto& each : actors) {
    pids.push_back(each.call<&light::pid>());
    ids.push_back(each.call<&light::id>());
  }
  const auto seen = ray::get(pids);
  expect_equal(std::set<long>(seen.begin(), seen.end()).size(), 1u,
               "one process");
  const auto names = ray::get(ids);
  expect_equal(std::set<std::string>(names.begin(), names.end()).size(), 50u,
               "each knows who it is");
  expect(ray::get(ray::remote<[] { return long{::getpid()}; }>()) != seen[0],
         "tasks run elsewhere");
  std::vector<ray::object_ref<int>> sums;
  for (int call = 1; call <= 100; ++call)
    for (const auto& each : actors)
      sums.push_back(each.call<&light::add>(1));
  const auto found = ray::get(sums);
  for (std::size_t i = 0; i < found.size(); ++i)
    if (found[i] != static_cast<int>(100 * (i % 50) + i / 50 + 1))
      return expect(false, fmt::format("call {} is out of order", i));
}

/// A door that only another actor of the same process can open.
void slow() {
  const auto waiter = make(7);
  const auto opener = make(8);
  const auto waits = waiter.call<&light::wait_for_door>();
  std::vector<ray::object_ref<int>> others;
  for (int i = 0; i < 100; ++i)
    others.push_back(opener.call<&light::add>(1));
  expect_equal(ray::get(others).back(), 108, "another one goes on");
  const auto queued = waiter.call<&light::add>(1);
  opener.call<&light::open_door>();
  expect_equal(ray::get(waits), 7, "the door opens");
  expect_equal(ray::get(queued), 8, "and its next call runs after it");
}

void blocks() {
  const auto actor = make(1);
  const auto ref = ray::put(6);
  const auto* words = "request(...).then";
  expect_throws<ray::would_block>(
    [&] { ray::get(actor.call<&light::get>(ref)); }, words, "get");
  expect_throws<ray::would_block>(
    [&] { ray::get(actor.call<&light::wait>(ref)); }, words, "wait");
  expect_throws<ray::would_block>(
    [&] { ray::get(actor.call<&light::first>(ref)); }, words, "as_completed");
  const auto slow = ray::remote<[](int ms) {
    std::this_thread::sleep_for(std::chrono::milliseconds{ms});
    return ms;
  }>(300);
  expect_equal(ray::get(actor.call<&light::look>(slow)), 1u,
               "one may look, without waiting");
  expect_equal(ray::get(ray::get(actor.call<&light::pass_on>(ref))), 36,
               "it may pass references on");
  expect_equal(ray::get(actor.call<&light::add>(1)), 2, "it lives");
}

void calls() {
  const auto caller = make(0);
  const auto target = make(0);
  std::vector<ray::object_ref<std::vector<ray::object_ref<int>>>> made;
  for (int i = 0; i < 20; ++i)
    made.push_back(caller.call<&light::call>(target, 20));
  int last = 0;
  for (const auto& refs : ray::get(made))
    for (const int value : ray::get(refs))
      if (value != ++last)
        return expect(false, fmt::format("{} comes after {}", value, last - 1));
}

void ends() {
  const auto killed = make(1, -1);
  const auto leaver = make(2, -1);
  const auto other = make(3);
  const auto pid = ray::get(other.call<&light::pid>());
  expect_equal(ray::get(killed.call<&light::pid>()), pid, "one process");
  ray::kill(killed);
  expect_throws<ray::actor_died>(
    [&] { ray::get(killed.call<&light::add>(1)); }, "killed", "kill ends it");
  const auto leaves = leaver.call<&light::leave>(10);
  expect_equal(ray::get(leaves), 12, "exit_actor returns");
  expect_throws<ray::actor_died>(
    [&] { ray::get(leaver.call<&light::add>(1)); }, "exit_actor",
    "it has left");
  expect_throws<ray::actor_died>(
    [] {
      const auto failed = ray::spawn<light>(
        ray::with{.shared = true}, ray::remote<[]() -> int {
          throw std::out_of_range{"no first"};
        }>());
      ray::get(failed.call<&light::add>(1));
    },
    "no first", "one that was never made");
  for (int i = 0; i < 1200; ++i)
    make(i); // Gone at once; their places serve again.
  expect_equal(ray::get(other.call<&light::add>(1)), 4, "the other goes on");
  expect_equal(ray::get(make(5).call<&light::pid>()), pid, "also for new ones");
}

void dies() {
  const auto mortal = make(1);
  const auto phoenix = make(2, 1);
  const auto killer = make(3);
  const auto pid = ray::get(phoenix.call<&light::pid>());
  expect_equal(ray::get(mortal.call<&light::add>(1)), 2, "it lives");
  expect_throws<ray::actor_died>(
    [&] { ray::get(killer.call<&light::die>()); }, "SIGSEGV", "it dies");
  const auto start = std::chrono::steady_clock::now();
  expect_throws<ray::actor_died>(
    [&] { ray::get(mortal.call<&light::add>(1)); }, "SIGSEGV",
    "and the others with it");
  expect_equal(ask([&] { return phoenix.call<&light::add>(1); }), 3,
               "one that may lives again");
  const auto took = cases::seconds_since(start);
  expect(took < 1, fmt::format("F26: it is back after {} s", took));
  expect(ray::get(phoenix.call<&light::restarted>()), "was_restarted");
  expect(ray::get(phoenix.call<&light::pid>()) != pid, "elsewhere");
}

// -- behaviours ---------------------------------------------------------------

using add_atom = caf::atom_constant<caf::atom("add")>;
using pid_atom = caf::atom_constant<caf::atom("pid")>;
using id_atom = caf::atom_constant<caf::atom("id")>;
using ask_atom = caf::atom_constant<caf::atom("ask")>;
using wait_atom = caf::atom_constant<caf::atom("wait")>;
using open_atom = caf::atom_constant<caf::atom("open")>;
using get_atom = caf::atom_constant<caf::atom("get")>;
using exit_atom = caf::atom_constant<caf::atom("exit")>;
using fail_atom = caf::atom_constant<caf::atom("fail")>;
using tick_atom = caf::atom_constant<caf::atom("tick")>;

struct hits_state {
  int count = 0;
};

caf::behavior hits(caf::stateful_actor<hits_state>* self, int first) {
  self->state.count = first;
  return {
    [=](add_atom, int by) { return self->state.count += by; },
    [=](pid_atom) { return std::int64_t{::getpid()}; },
    [=](id_atom) { return ray::runtime_context().actor_id; },
    [=](wait_atom) {
      while (!open)
        std::this_thread::yield();
      return self->state.count;
    },
    [=](open_atom) { open = true; },
    [=](get_atom, const ray::object_ref<int>& ref) { return ray::get(ref); },
    [=](exit_atom) {
      ray::exit_actor();
      return self->state.count;
    },
    [=](fail_atom) -> int { throw std::out_of_range{"no more"}; },
    [=](tick_atom) {
      caf::delayed_anon_send(caf::actor{self}, 1ms, add_atom::value, 1000);
    },
  };
}
using hits_actor = ray::behavior_actor<hits>;

/// Asks another actor without blocking.
caf::behavior asker(caf::event_based_actor* self, hits_actor other) {
  const auto handle = other.handle();
  return {[=](ask_atom, int by) {
    auto promise = self->make_response_promise<int>();
    self->request(handle, 10s, add_atom::value, by)
      .then([=](int sum) mutable { promise.deliver(sum * 10); },
            [=](caf::error& e) mutable { promise.deliver(std::move(e)); });
    return promise;
  }};
}

hits_actor make_hits(int first, int max_restarts = 0) {
  return ray::spawn<hits>(
    ray::with{.max_restarts = max_restarts, .shared = true}, first);
}

void behaviors() {
  std::vector<hits_actor> all;
  for (int i = 0; i < 20; ++i)
    all.push_back(make_hits(i));
  std::vector<ray::object_ref<int>> sums;
  std::vector<ray::object_ref<std::string>> ids;
  const auto pid = ray::get(all[0].request<std::int64_t>(pid_atom::value));
  for (const auto& each : all) {
    expect_equal(ray::get(each.request<std::int64_t>(pid_atom::value)), pid,
                 "one process");
    sums.push_back(each.request<int>(add_atom::value, 5));
    ids.push_back(each.request<std::string>(id_atom::value));
  }
  const auto found = ray::get(sums);
  for (int i = 0; i < 20; ++i)
    expect_equal(found[static_cast<std::size_t>(i)], i + 5, "its own state");
  const auto names = ray::get(ids);
  expect_equal(std::set<std::string>(names.begin(), names.end()).size(), 20u,
               "each knows who it is");
  expect_equal(std::int64_t{ray::get(make(1).call<&light::pid>())}, pid,
               "class actors share it, too");
  const auto waits = all[1].request<int>(wait_atom::value);
  expect_equal(ray::get(all[2].request<int>(add_atom::value, 0)), 7,
               "one that computes leaves the others");
  all[2].tell(open_atom::value);
  expect_equal(ray::get(waits), 6, "the door opens");
  const auto friendly
    = ray::spawn<asker>(ray::with{.shared = true}, all[3]);
  expect_equal(ray::get(friendly.request<int>(ask_atom::value, 2)), 100,
               "request(...).then works");
  all[4].tell(tick_atom::value);
  while (ray::get(all[4].request<int>(add_atom::value, 0)) < 1000)
    std::this_thread::sleep_for(1ms);
}

void behaviors_end() {
  const auto other = make_hits(1);
  const auto pid = ray::get(other.request<std::int64_t>(pid_atom::value));
  const auto killed = make_hits(2, -1);
  ray::get(killed.request<int>(add_atom::value, 1));
  ray::kill(killed);
  expect_throws<ray::actor_died>(
    [&] { ray::get(killed.request<int>(add_atom::value, 1)); }, "killed",
    "kill");
  const auto leaver = make_hits(3, -1);
  expect_equal(ray::get(leaver.request<int>(exit_atom::value)), 3, "exit");
  expect_throws<ray::actor_died>(
    [&] { ray::get(leaver.request<int>(add_atom::value, 1)); }, "exit_actor",
    "it has left");
  expect_throws<ray::actor_died>(
    [&] { ray::get(make_hits(4).request<int>(get_atom::value, ray::put(1))); },
    "request(...).then", "get there ends it, as any exception does");
  const auto phoenix = make_hits(5, 1);
  expect_throws<ray::actor_unavailable>(
    [&] { ray::get(phoenix.request<int>(fail_atom::value)); }, "no more",
    "an exception ends a life");
  expect_equal(
    ask([&] { return phoenix.request<int>(add_atom::value, 1); }), 6,
    "its function ran again");
  expect_equal(ray::get(phoenix.request<std::int64_t>(pid_atom::value)), pid,
               "in the same process");
  expect_equal(ray::get(other.request<int>(add_atom::value, 1)), 2,
               "the other lives");
}

void refusals() {
  expect_throws<ray::wrong_type>(
    [] { ray::spawn<light>(ray::with{.num_gpus = 1, .shared = true}, 1); },
    "num_gpus", "GPUs");
  expect_throws<ray::wrong_type>(
    [] {
      ray::spawn<light>(ray::with{.max_concurrency = 2, .shared = true}, 1);
    },
    "max_concurrency", "several calls at once");
  expect_throws<ray::wrong_type>(
    [] { ray::remote<square>(ray::with{.shared = true}, 1); }, "with::shared",
    "tasks");
}

/// For the test, which looks at the processes meanwhile.
void many() {
  const auto start = std::chrono::steady_clock::now();
  std::vector<light_actor> actors;
  std::vector<ray::object_ref<long>> pids;
  for (int i = 0; i < 1500; ++i) {
    actors.push_back(make(i));
    pids.push_back(actors.back().call<&light::pid>());
  }
  const auto seen = ray::get(pids);
  const auto took = cases::seconds_since(start);
  expect_equal(std::set<long>(seen.begin(), seen.end()).size(), 2u,
               "1,000 in a process");
  cases::say(fmt::format("1,500 actors live after {:.2f} s", took));
}

constexpr cases::entry all[]{
  {"packs", &packs},         {"slow", &slow},   {"blocks", &blocks},
  {"calls", &calls},         {"ends", &ends},   {"dies", &dies},
  {"behaviors", &behaviors}, {"many", &many},   {"refusals", &refusals},
  {"behaviors_end", &behaviors_end},
};

} // namespace

int main(int argc, char** argv) {
  return cases::run(argc, argv, all);
}
