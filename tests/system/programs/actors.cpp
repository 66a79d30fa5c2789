// The programming model: actors, their names, their ends.

#include "cases.hpp"

#include <ray/caf.hpp>

#include <csignal>
#include <stdexcept>
#include <thread>
#include <vector>

#include <unistd.h>

using namespace std::chrono_literals;
using cases::expect;
using cases::expect_equal;
using cases::expect_throws;

namespace {

class account {
public:
  explicit account(int balance) : balance_(balance) {
    if (balance < 0)
      throw std::invalid_argument{"a balance below 0"};
  }

  int add(int amount) { return balance_ += amount; }
  int fail() { throw std::logic_error{"no such entry"}; }
  int slow(int milliseconds) {
    std::this_thread::sleep_for(std::chrono::milliseconds{milliseconds});
    return balance_;
  }
  long pid() const { return ::getpid(); }
  int die() {
    ::raise(SIGSEGV);
    return 0;
  }

private:
  int balance_;
};

class other {
public:
  int nothing() { return 0; }
};

using account_actor = ray::actor<account>;

int add_by_task(account_actor to, int amount) {
  return ray::get(to.call<&account::add>(amount));
}

account_actor opened_by_task(int balance) {
  return ray::spawn<account>(balance);
}

bool ends_within(long pid, std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (::kill(static_cast<pid_t>(pid), 0) == 0) {
    if (std::chrono::steady_clock::now() > until)
      return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

void calls() {
  const auto mine = ray::spawn<account>(10);
  std::vector<ray::object_ref<int>> refs;
  for (int i = 0; i < 1000; ++i)
    refs.push_back(mine.call<&account::add>(1));
  const auto found = ray::get(refs);
  for (int i = 0; i < 1000; ++i)
    expect_equal(found[static_cast<std::size_t>(i)], 11 + i, "calls in order");
  expect_throws<std::logic_error>(
    [&] { ray::get(mine.call<&account::fail>()); }, "no such entry",
    "an exception of a method");
  expect_equal(ray::get(mine.call<&account::add>(ray::put(5))), 1015,
               "it goes on, and takes refs");
  expect_equal(ray::get(ray::remote<add_by_task>(mine, 5)), 1020,
               "a handle as an argument");
  const auto made = ray::get(ray::remote<opened_by_task>(3));
  expect_equal(ray::get(made.call<&account::add>(4)), 7,
               "a handle as a result");
}

void names() {
  const auto hits = ray::spawn<account>(ray::with{.name = "bank"}, 1);
  expect_equal(ray::get(hits.call<&account::add>(1)), 2, "a named actor");
  expect_equal(ray::get(ray::get_actor<account>("bank").call<&account::add>(1)),
               3, "get_actor");
  expect_throws<ray::no_such_actor>([] { ray::get_actor<account>("shop"); },
                                    "shop", "a name that nobody has");
  expect_throws<ray::wrong_type>([] { ray::get_actor<other>("bank"); }, "other",
                                 "get_actor with another class");
  const auto second = ray::spawn<account>(ray::with{.name = "bank"}, 1);
  expect_throws<ray::name_taken>(
    [&] { ray::get(second.call<&account::add>(1)); }, "bank", "a name in use");
  expect_equal(ray::get(hits.call<&account::add>(1)), 4, "the first one lives");
  expect_throws<ray::no_such_actor>(
    [] { account_actor{}.call<&account::add>(1); }, "", "an empty handle");
}

void ends() {
  auto mine = ray::spawn<account>(ray::with{.name = "till"}, 1);
  const auto pid = ray::get(mine.call<&account::pid>());
  const auto queued = mine.call<&account::slow>(10'000);
  ray::kill(mine);
  expect_throws<ray::actor_died>([&] { ray::get(queued); }, "killed",
                                 "kill ends calls");
  expect_throws<ray::actor_died>([&] { ray::get(mine.call<&account::add>(1)); },
                                 "killed", "calls after the end");
  expect(ends_within(pid, 500ms), "its process ends after kill");
  mine = ray::spawn<account>(ray::with{.name = "till"}, 5);
  expect_equal(ray::get(mine.call<&account::add>(1)), 6, "its name is free");

  const auto next = ray::get(mine.call<&account::pid>());
  const auto last = mine.call<&account::slow>(100);
  mine = {};
  expect_equal(ray::get(last), 6, "accepted calls run after the last handle");
  expect(ends_within(next, 1000ms), "the last handle ends the actor");
  expect_throws<ray::no_such_actor>([] { ray::get_actor<account>("till"); },
                                    "till", "its name went too");

  const auto crash = ray::spawn<account>(1);
  expect_throws<ray::actor_died>([&] { ray::get(crash.call<&account::die>()); },
                                 "SIGSEGV",
                                 "an actor that crashes names the signal");
  const auto broke = ray::spawn<account>(-1);
  expect_throws<ray::actor_died>(
    [&] { ray::get(broke.call<&account::add>(1)); }, "a balance below 0",
    "a constructor that throws");
}

// -- behaviours ---------------------------------------------------------------

using inc_atom = caf::atom_constant<caf::atom("inc")>;
using get_atom = caf::atom_constant<caf::atom("get")>;
using fail_atom = caf::atom_constant<caf::atom("fail")>;

struct counter_state {
  int count = 0;
};

caf::behavior counter(caf::stateful_actor<counter_state>* self, int first) {
  self->state.count = first;
  return {
    [=](inc_atom, int by) { return self->state.count += by; },
    [=](get_atom) { return self->state.count; },
    [=](fail_atom) -> int { throw std::runtime_error{"handler gave up"}; },
  };
}

void behaviors() {
  const auto hits = ray::spawn<counter>(ray::with{.name = "hits"}, 5);
  expect_equal(ray::get(hits.request<int>(inc_atom::value, 2)), 7, "request");
  hits.tell(inc_atom::value, 1);
  expect_equal(
    ray::get(ray::get_actor<counter>("hits").request<int>(get_atom::value)), 8,
    "tell, then a request by name");
  expect_throws<ray::wrong_type>(
    [&] { ray::get(hits.request<std::string>(get_atom::value)); }, "",
    "a reply of another type");
  expect_throws<ray::actor_died>(
    [&] { ray::get(hits.request<int>(fail_atom::value)); }, "handler gave up",
    "an exception ends the behaviour");
  expect_throws<ray::actor_died>(
    [&] { ray::get(hits.request<int>(get_atom::value)); }, "handler gave up",
    "calls after the end");
}

// -- what does not work yet ---------------------------------------------------

int nothing() {
  return 0;
}

template <class Change>
void expect_refused(const char* field, Change change) {
  ray::with options;
  change(options);
  expect_throws<ray::wrong_type>([&] { ray::remote<nothing>(options); },
                                 std::string{"with::"} + field, field);
}

void refusals() {
  using ray::with;
  expect_refused("num_gpus", [](with& x) { x.num_gpus = 1.5; });
  expect_refused("timeout", [](with& x) { x.timeout = -1s; });
  expect_refused("max_restarts", [](with& x) { x.max_restarts = 1; });
  expect_refused("max_task_retries", [](with& x) { x.max_task_retries = 1; });
  expect_refused("max_concurrency", [](with& x) { x.max_concurrency = 2; });
  expect_refused("max_pending_calls", [](with& x) { x.max_pending_calls = 2; });
  expect_refused("lifetime",
                 [](with& x) { x.lifetime = ray::lifetime::detached; });
  expect_refused("get_if_exists", [](with& x) { x.get_if_exists = true; });
  expect_refused("durable", [](with& x) { x.durable = true; });
  expect_refused("shared", [](with& x) { x.shared = true; });
  expect_refused("env", [](with& x) { x.env["RAYD_JOB"] = "1"; });
  expect_refused("num_cpus", [](with& x) { x.num_cpus = -1; });
  expect_refused("max_retries", [](with& x) { x.max_retries = -2; });
  expect_equal(ray::get(ray::remote<nothing>()), 0, "the session goes on");
}

constexpr cases::entry all[]{
  {"calls", &calls},         {"names", &names},       {"ends", &ends},
  {"behaviors", &behaviors}, {"refusals", &refusals},
};

} // namespace

int main(int argc, char** argv) {
  return cases::run(argc, argv, all);
}
