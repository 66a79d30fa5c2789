// Actors that die, live again, end themselves, and outlive their job.

#include "cases.hpp"

#include <csignal>
#include <stdexcept>
#include <thread>
#include <vector>

#include <unistd.h>

using namespace std::chrono_literals;
using cases::ask;
using cases::expect;
using cases::expect_equal;
using cases::expect_throws;

namespace {

class counter {
public:
  explicit counter(int first) : count_(first) {}

  int add(int by) { return count_ += by; }
  int slow_add(int by, int milliseconds) {
    std::this_thread::sleep_for(std::chrono::milliseconds{milliseconds});
    return add(by);
  }
  long pid() const { return ::getpid(); }
  bool restarted() const { return ray::runtime_context().was_restarted; }
  std::string node() const { return ray::runtime_context().node_id; }
  int die() {
    ::raise(SIGKILL);
    return 0;
  }
  int die_after(int milliseconds) {
    std::this_thread::sleep_for(std::chrono::milliseconds{milliseconds});
    return die();
  }
  int leave(int by) {
    ray::exit_actor();
    return add(by);
  }

private:
  int count_;
};

using counter_actor = ray::actor<counter>;

void restarts() {
  const auto made = ray::spawn<counter>(
    ray::with{.name = "phoenix", .max_restarts = 2}, ray::put(10));
  expect_equal(ray::get(made.call<&counter::add>(1)), 11, "the first life");
  expect(!ray::get(made.call<&counter::restarted>()), "it is new");
  for (int life = 1; life <= 2; ++life) {
    const auto before = ray::get(made.call<&counter::pid>());
    const auto cut = made.call<&counter::die_after>(500);
    const auto queued = made.call<&counter::add>(1);
    expect_throws<ray::actor_unavailable>([&] { ray::get(cut); }, "restarts",
                                          "the call that it died under");
    const auto start = std::chrono::steady_clock::now();
    expect_throws<ray::actor_unavailable>([&] { ray::get(queued); }, "",
                                          "a call that may have run");
    expect_equal(ask([&] { return made.call<&counter::add>(1); }), 11,
                 "its constructor ran again");
    const auto took = cases::seconds_since(start);
    expect(took < 1, fmt::format("F26: it is back after {} s", took));
    expect(ray::get(made.call<&counter::restarted>()), "was_restarted");
    expect(ray::get(made.call<&counter::pid>()) != before, "a new process");
    const auto found = ray::get_actor<counter>("phoenix");
    expect_equal(ray::get(found.call<&counter::add>(1)), 12,
                 "its name leads to it");
  }
  expect_throws<ray::actor_died>([&] { ray::get(made.call<&counter::die>()); },
                                 "SIGKILL", "after the last restart");
  expect_throws<ray::actor_died>(
    [&] { ray::get(made.call<&counter::add>(1)); }, "SIGKILL", "and later");
  expect_throws<ray::no_such_actor>(
    [] { ray::get_actor<counter>("phoenix"); }, "phoenix",
    "its name is free");
}

class once {
public:
  explicit once(long first_pid) : first_pid_(first_pid) {}
  /// Kills the process of the first life only.
  int die_in(int life) {
    if (life == 0 && !ray::runtime_context().was_restarted)
      ::raise(SIGKILL);
    return ++calls_;
  }
  int next() { return ++calls_; }
  long first_pid() const { return first_pid_; }

private:
  long first_pid_;
  int calls_ = 0;
};

void retries() {
  const auto made = ray::spawn<once>(
    ray::with{.max_restarts = 1, .max_task_retries = 1}, ::getpid());
  std::vector<ray::object_ref<int>> refs{made.call<&once::die_in>(0)};
  for (int i = 0; i < 300; ++i)
    refs.push_back(made.call<&once::next>());
  const auto found = ray::get(refs);
  for (int i = 0; i < 301; ++i)
    expect_equal(found[static_cast<std::size_t>(i)], i + 1,
                 "calls run again, once and in order");
}

void kills() {
  const auto made
    = ray::spawn<counter>(ray::with{.name = "mortal", .max_restarts = -1}, 1);
  const auto queued = made.call<&counter::slow_add>(1, 10'000);
  ray::kill(made);
  expect_throws<ray::actor_died>([&] { ray::get(queued); }, "killed",
                                 "kill ends it for good");
  expect_throws<ray::no_such_actor>([] { ray::get_actor<counter>("mortal"); },
                                    "mortal", "its name is free");
}

int leave_by_task(counter_actor which) {
  return ray::get(which.call<&counter::leave>(2));
}

void exits() {
  const auto made = ray::spawn<counter>(
    ray::with{.name = "retiree", .max_restarts = -1}, 1);
  const auto pid = ray::get(made.call<&counter::pid>());
  const auto busy = made.call<&counter::slow_add>(1, 500);
  const auto leaves = made.call<&counter::leave>(10);
  std::vector<ray::object_ref<int>> queued;
  for (int i = 0; i < 10; ++i)
    queued.push_back(made.call<&counter::add>(1));
  expect_equal(ray::get(busy), 2, "before the exit");
  expect_equal(ray::get(leaves), 12, "exit_actor returns");
  for (int i = 0; i < 10; ++i)
    expect_equal(ray::get(queued[static_cast<std::size_t>(i)]), 13 + i,
                 "queued calls run");
  expect_throws<ray::actor_died>([&] { ray::get(made.call<&counter::add>(1)); },
                                 "exit_actor", "calls after the exit");
  const auto until = std::chrono::steady_clock::now() + 5s;
  while (::kill(static_cast<pid_t>(pid), 0) == 0
         && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(5ms);
  expect(::kill(static_cast<pid_t>(pid), 0) != 0, "its process is gone");
  expect_throws<ray::no_such_actor>([] { ray::get_actor<counter>("retiree"); },
                                    "retiree", "its name is free");
  expect_throws<ray::no_such_actor>([] { ray::exit_actor(); }, "exit_actor",
                                    "exit_actor outside of an actor");
  const auto other = ray::spawn<counter>(1);
  expect_equal(ray::get(ray::remote<leave_by_task>(other)), 3,
               "exit under a call of a task");
}

// -- detached actors, over several programs -----------------------------------

class keeper {
public:
  int add(int by) { return count_ += by; }
  /// Starts work of its own.
  int sum(std::vector<int> parts) {
    std::vector<ray::object_ref<int>> refs;
    for (const int part : parts)
      refs.push_back(ray::remote<[](int x) { return x; }>(part));
    for (const int part : ray::get(refs))
      count_ += part;
    return count_;
  }
  long pid() const { return ::getpid(); }
  void die() { ::raise(SIGKILL); }

private:
  int count_ = 0;
};

void leave_detached() {
  const auto kept = ray::spawn<keeper>(
    ray::with{.resources = {{"away", 1}}, .name = "keeper",
              .max_restarts = 1, .lifetime = ray::lifetime::detached});
  const auto mortal = ray::spawn<keeper>(ray::with{.name = "mortal"});
  expect_equal(ray::get(kept.call<&keeper::add>(5)), 5, "it is made");
  expect_equal(ray::get(mortal.call<&keeper::add>(5)), 5, "the other, too");
  cases::say(fmt::format("pid {}", ray::get(kept.call<&keeper::pid>())));
}

void use_detached() {
  const auto kept = ray::get_actor<keeper>("keeper");
  expect_equal(ray::get(kept.call<&keeper::add>(1)), 6, "it lived on");
  expect_equal(ray::get(kept.call<&keeper::sum>(std::vector{1, 2, 3})), 12,
               "it starts tasks");
  expect_throws<ray::no_such_actor>([] { ray::get_actor<keeper>("mortal"); },
                                    "mortal", "the other ended with its job");
  expect_throws<ray::actor_unavailable>(
    [&] { ray::get(kept.call<&keeper::die>()); }, "", "it dies");
  expect_equal(ask([&] { return kept.call<&keeper::add>(2); }), 2,
               "it is restarted without its driver");
  cases::say(fmt::format("pid {}", ray::get(kept.call<&keeper::pid>())));
}

void end_detached() {
  const auto kept = ray::get_actor<keeper>("keeper");
  expect_equal(ray::get(kept.call<&keeper::add>(1)), 3, "it still lives");
  ray::kill(kept);
  expect_throws<ray::actor_died>([&] { ray::get(kept.call<&keeper::add>(1)); },
                                 "killed", "kill ends it");
  expect_throws<ray::no_such_actor>([] { ray::get_actor<keeper>("keeper"); },
                                    "keeper", "its name is free");
}

/// In a program whose node ends with it.
void refuse_detached() {
  expect_throws<ray::wrong_type>(
    [] {
      ray::spawn<keeper>(ray::with{.lifetime = ray::lifetime::detached});
    },
    "rayd start", "its home would not outlive the program");
  expect_equal(ray::get(ray::spawn<keeper>().call<&keeper::add>(1)), 1,
               "the session goes on");
}

// -- over nodes ---------------------------------------------------------------

/// Calls from another node than the actor's home.
int pester(counter_actor which, int times) {
  int answered = 0;
  for (int i = 0; i < times; ++i)
    try {
      ray::get(which.call<&counter::add>(1));
      ++answered;
      std::this_thread::sleep_for(2ms);
    } catch (const ray::actor_unavailable&) {
      // It is back before long.
    }
  return answered;
}

void move_away() {
  const auto made = ray::spawn<counter>(
    ray::with{.resources = {{"spot", 1}}, .max_restarts = -1,
              .max_task_retries = -1},
    100);
  const auto mortal
    = ray::spawn<counter>(ray::with{.resources = {{"spot", 1}}}, 0);
  ray::get(mortal.call<&counter::pid>());
  const auto first = ray::get(made.call<&counter::node>());
  const auto pest = ray::remote<pester>(
    ray::with{.resources = {{"elsewhere", 1}}}, made, 500);
  cases::say("lives " + first);
  std::vector<ray::object_ref<int>> refs;
  std::string now = first;
  while (now == first) {
    for (int i = 0; i < 20; ++i)
      refs.push_back(made.call<&counter::add>(1));
    now = ray::get(made.call<&counter::node>());
    std::this_thread::sleep_for(10ms);
  }
  int last = 0;
  bool restarted = false;
  for (const int value : ray::get(refs)) {
    if (value < last) {
      expect(!restarted, "one restart");
      restarted = true;
    } else {
      expect(value > last, "its state grows");
    }
    last = value;
  }
  expect(restarted || last > 100, "calls went on");
  expect(ray::get(made.call<&counter::restarted>()), "was_restarted");
  expect_equal(ray::get(pest), 500, "each call of the other node is answered");
  expect_throws<ray::actor_died>(
    [&] { ray::get(mortal.call<&counter::add>(1)); }, "died",
    "one without restarts is dead");
}

constexpr cases::entry all[]{
  {"restarts", &restarts},
  {"retries", &retries},
  {"kills", &kills},
  {"exits", &exits},
  {"leave_detached", &leave_detached},
  {"use_detached", &use_detached},
  {"end_detached", &end_detached},
  {"refuse_detached", &refuse_detached},
  {"move_away", &move_away},
};

} // namespace

int main(int argc, char** argv) {
  return cases::run(argc, argv, all);
}
