// CAF behaviours as actors: what CAF offers works in them, and their handles
// work in ordinary CAF code, here, in other actors and over nodes.

#include "cases.hpp"

#include <ray/caf.hpp>

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/response_promise.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <csignal>
#include <future>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using cases::expect;
using cases::expect_equal;
using cases::expect_throws;

namespace {

using inc_atom = caf::atom_constant<caf::atom("inc")>;
using get_atom = caf::atom_constant<caf::atom("get")>;
using die_atom = caf::atom_constant<caf::atom("die")>;
using ask_atom = caf::atom_constant<caf::atom("ask")>;
using run_atom = caf::atom_constant<caf::atom("run")>;
using quit_atom = caf::atom_constant<caf::atom("quit")>;
using fail_atom = caf::atom_constant<caf::atom("fail")>;

struct counter_state {
  int count = 0;
};

caf::behavior counter(caf::stateful_actor<counter_state>* self, int first) {
  self->state.count = first;
  return {
    [=](inc_atom, int by) { return self->state.count += by; },
    [=](get_atom) { return self->state.count; },
    [=](die_atom) -> int {
      ::raise(SIGKILL);
      return 0;
    },
    [=](fail_atom) -> int { throw std::runtime_error{"no more"}; },
    [=](quit_atom) { self->quit(); },
  };
}
using counter_actor = ray::behavior_actor<counter>;

/// Without self and state.
caf::behavior doubler(int factor) {
  return {[=](int x) { return factor * x; },
          [=](const std::string& text) { return text + text; }};
}

using adder_type = caf::typed_actor<
  caf::replies_to<inc_atom, int>::with<int>,
  caf::replies_to<get_atom>::with<int, std::string>>;

adder_type::behavior_type
adder(adder_type::stateful_pointer<counter_state> self, int first) {
  self->state.count = first;
  return {[=](inc_atom, int by) { return self->state.count += by; },
          [=](get_atom) {
            return std::make_tuple(self->state.count, std::string{"sum"});
          }};
}

ray::session* session = nullptr;

/// The answer of *handle*, asked by CAF code of this program.
template <class Result = int, class Handle, class... Args>
Result ask(const Handle& handle, Args... args) {
  caf::scoped_actor self{session->system()};
  Result found{};
  std::string problem;
  self->request(handle, 10s, args...)
    .receive([&](Result value) { found = std::move(value); },
             [&](const caf::error& error) {
               problem = self->system().render(error);
             });
  if (!problem.empty())
    throw std::runtime_error{problem};
  return found;
}

void kinds() {
  const auto hits = ray::spawn<counter>(5);
  expect_equal(ray::get(hits.request<int>(inc_atom::value, 2)), 7, "stateful");
  const auto plain = ray::spawn<doubler>(ray::put(2));
  expect_equal(ray::get(plain.request<int>(21)), 42, "without self");
  expect_equal(ray::get(plain.request<std::string>(std::string{"ab"})),
               std::string{"abab"}, "another handler");
  const auto sums = ray::spawn<adder>(1);
  expect_equal(ray::get(sums.request(inc_atom::value, 4)), 5, "typed");
  const auto [sum, unit] = ray::get(sums.request(get_atom::value));
  expect_equal(sum, 5, "several values");
  expect_equal(unit, std::string{"sum"}, "several values");
  sums.tell(inc_atom::value, 1);
  expect_equal(std::get<0>(ray::get(sums.request(get_atom::value))), 6,
               "tell");
  const adder_type handle = sums.handle();
  expect_equal(ask(handle, inc_atom::value, 4), 10, "a typed handle");
  expect_throws<ray::wrong_type>(
    [&] { ray::get(hits.request<std::string>(get_atom::value)); },
    "(int) where request<std::", "a reply of another type");
  expect_throws<ray::wrong_type>(
    [&] { ray::get(hits.request<int>(3.5)); }, "no handler",
    "a message that nobody handles");
  expect_throws<ray::wrong_type>(
    [] { ray::spawn<doubler>(ray::with{.max_concurrency = 2}, 1); },
    "max_concurrency", "one message after the other");
}

// -- what CAF offers ----------------------------------------------------------

struct tricks_state {
  caf::actor helper;
  int downs = 0;
  int exits = 0;
  bool open = false;
};

caf::behavior helper() {
  return {[](int x) { return x + 1; },
          [](fail_atom) -> int { throw std::runtime_error{"helper fell"}; }};
}

using delegate_atom = caf::atom_constant<caf::atom("delegate")>;
using promise_atom = caf::atom_constant<caf::atom("promise")>;
using delayed_atom = caf::atom_constant<caf::atom("delayed")>;
using later_atom = caf::atom_constant<caf::atom("later")>;
using open_atom = caf::atom_constant<caf::atom("open")>;
using pass_atom = caf::atom_constant<caf::atom("pass")>;
using down_atom = caf::atom_constant<caf::atom("down")>;
using exit_atom = caf::atom_constant<caf::atom("exit")>;
using block_atom = caf::atom_constant<caf::atom("block")>;

caf::behavior tricks(caf::stateful_actor<tricks_state>* self) {
  self->set_default_handler(caf::skip);
  self->set_down_handler([=](caf::down_msg&) { ++self->state.downs; });
  self->set_exit_handler([=](caf::exit_msg& x) {
    ++self->state.exits;
    if (x.reason == caf::exit_reason::kill)
      self->quit(x.reason);
  });
  self->state.helper = self->spawn(helper);
  const caf::behavior first{
    [=](delegate_atom, int x) {
      return self->delegate(self->state.helper, x);
    },
    [=](promise_atom, int x) {
      auto promise = self->make_response_promise<int>();
      self->request(self->state.helper, 10s, x).then([=](int y) mutable {
        promise.deliver(10 * y);
      });
      return promise;
    },
    [=](delayed_atom, int x) {
      auto promise = self->make_response_promise<int>();
      self->delayed_send(self, 20ms, later_atom::value, promise, x);
      return promise;
    },
    [=](later_atom, caf::typed_response_promise<int> promise, int x) {
      promise.deliver(x);
    },
    [=](down_atom) {
      auto watched = self->spawn<caf::monitored>(helper);
      self->send_exit(watched, caf::exit_reason::user_shutdown);
    },
    [=](exit_atom) {
      auto linked = self->spawn<caf::linked>(helper);
      self->send(linked, fail_atom::value);
    },
    [=](get_atom) {
      return std::make_tuple(self->state.downs, self->state.exits);
    },
    [=](block_atom, int x) {
      return ray::get(ray::remote<[](int y) { return y * y; }>(x));
    },
  };
  const caf::behavior all
    = caf::message_handler{[=](pass_atom, int x) { return x; }}.or_else(first);
  return caf::message_handler{[=](open_atom) {
           self->become(all);
           return true;
         }}
    .or_else(first);
}

void caf_offers() {
  const auto made = ray::spawn<tricks>();
  expect_equal(ray::get(made.request<int>(delegate_atom::value, 1)), 2,
               "delegation to a local CAF actor");
  expect_equal(ray::get(made.request<int>(promise_atom::value, 1)), 20,
               "a response promise and request.then");
  expect_equal(ray::get(made.request<int>(delayed_atom::value, 7)), 7,
               "a delayed send");
  const auto skipped = made.request<int>(pass_atom::value, 3);
  expect(ray::wait(std::vector{skipped}, 1, 100ms).ready.empty(),
         "a skipped message waits");
  expect(ray::get(made.request<bool>(open_atom::value)), "become");
  expect_equal(ray::get(skipped), 3, "and is handled by the next behaviour");
  made.tell(down_atom::value);
  made.tell(exit_atom::value);
  const auto until = std::chrono::steady_clock::now() + 10s;
  std::tuple<int, int> seen;
  while (seen != std::tuple{1, 1} && std::chrono::steady_clock::now() < until)
    seen = ray::get(made.request<std::tuple<int, int>>(get_atom::value));
  expect_equal(std::get<0>(seen), 1, "a down handler");
  expect_equal(std::get<1>(seen), 1, "an exit handler");
  expect_equal(ray::get(made.request<int>(block_atom::value, 5)), 25,
               "ray::get blocks in a behaviour");
}

// -- handles ------------------------------------------------------------------

/// Asks another Ray actor as CAF actors ask each other.
caf::behavior asker(caf::event_based_actor* self, counter_actor other) {
  const caf::actor handle = other.handle();
  return {[=](ask_atom, int by) {
    auto promise = self->make_response_promise<int>();
    self->request(handle, 10s, inc_atom::value, by)
      .then([=](int value) mutable { promise.deliver(value); },
            [=](caf::error& problem) mutable {
              promise.deliver(std::move(problem));
            });
    return promise;
  }};
}

int ask_in_task(counter_actor other, int by) {
  return ray::get(other.request<int>(inc_atom::value, by));
}

void handles() {
  auto hits = ray::spawn<counter>(0);
  const caf::actor plain = hits.handle();
  expect_equal(ask(plain, inc_atom::value, 1), 1, "CAF code of the driver");
  caf::anon_send(plain, inc_atom::value, 1);
  expect_equal(ask(plain, get_atom::value), 2, "an anonymous message");
  const auto other = ray::spawn<asker>(hits);
  expect_equal(ray::get(other.request<int>(ask_atom::value, 3)), 5,
               "request.then from one actor to another");
  expect_equal(ask(other.handle(), ask_atom::value, 3), 8,
               "a handle's handle");
  expect_equal(ray::get(ray::remote<ask_in_task>(hits, 2)), 10, "in a task");
  expect_throws<std::runtime_error>(
    [&] { ask(plain, std::vector<std::uint16_t>{1}); }, "message_type",
    "a type that nobody named");
  expect_throws<std::runtime_error>([&] { ask(plain, 3.5); }, "no handler",
                                    "a message without a handler");
  hits = {};
  expect_equal(ask(plain, inc_atom::value, 1), 11,
               "the handle keeps the actor");
}

void handle_ends() {
  const auto hits = ray::spawn<counter>(0);
  const caf::actor plain = hits.handle();
  std::promise<void> ended;
  caf::scoped_actor self{session->system()};
  self->monitor(plain);
  expect_equal(ask(plain, get_atom::value), 0, "it lives");
  hits.tell(quit_atom::value);
  expect_throws<ray::actor_died>(
    [&] {
      for (;;)
        ray::get(hits.request<int>(get_atom::value));
    },
    "counter", "quit ends it");
  expect_throws<std::runtime_error>([&] { ask(plain, get_atom::value); },
                                    "ended", "its handle says so");
  bool down = false;
  self->receive([&](const caf::down_msg&) { down = true; },
                caf::after(10s) >> [] {});
  expect(down, "the handle ends with it");
}

template <class Handle>
int ask_until(const Handle& handle) {
  for (;;)
    try {
      return ask(handle, inc_atom::value, 1);
    } catch (const std::runtime_error& problem) {
      const std::string text = problem.what();
      if (text.find("restarts") == std::string::npos)
        throw;
      std::this_thread::sleep_for(5ms);
    }
}

void restarts() {
  const auto hits
    = ray::spawn<counter>(ray::with{.max_restarts = 2}, 100);
  const caf::actor plain = hits.handle();
  expect_equal(ask(plain, inc_atom::value, 1), 101, "the first life");
  expect_throws<std::runtime_error>([&] { ask(plain, die_atom::value); },
                                    "restarts", "the call that it died under");
  expect_equal(ask_until(plain), 101, "the handle leads to the next life");
  expect_throws<ray::actor_unavailable>(
    [&] { ray::get(hits.request<int>(fail_atom::value)); }, "no more",
    "an exception ends a life");
  expect_equal(ask_until(plain), 101, "and the next begins");
  expect_throws<ray::actor_died>(
    [&] { ray::get(hits.request<int>(fail_atom::value)); }, "no more",
    "or it was the last one");
  const auto quits = ray::spawn<counter>(ray::with{.max_restarts = -1}, 0);
  ray::get(quits.request<int>(get_atom::value));
  quits.tell(quit_atom::value);
  expect_throws<ray::actor_died>(
    [&] {
      for (;;)
        ray::get(quits.request<int>(get_atom::value));
    },
    "", "who quits is not restarted");
}

/// On a cluster: the actor's node dies, its handle goes on.
void move_away() {
  const auto hits = ray::spawn<counter>(
    ray::with{.resources = {{"spot", 1}}, .max_restarts = -1}, 100);
  const caf::actor plain = hits.handle();
  const auto other = ray::spawn<asker>(
    ray::with{.resources = {{"elsewhere", 1}}}, hits);
  const caf::actor outside = other.handle();
  expect_equal(ask(plain, inc_atom::value, 1), 101, "on another node");
  expect_equal(ask(outside, ask_atom::value, 1), 102, "between nodes");
  cases::say("lives");
  int last = 102;
  for (int now = last; now >= last;) {
    last = now;
    now = ask_until(plain);
    std::this_thread::sleep_for(5ms);
  }
  expect(ask(outside, ask_atom::value, 1) > 101, "between nodes, afterwards");
}

constexpr cases::entry all[]{
  {"kinds", &kinds},       {"caf_offers", &caf_offers},
  {"handles", &handles},   {"handle_ends", &handle_ends},
  {"restarts", &restarts}, {"move_away", &move_away},
};

} // namespace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caf::typed_response_promise<int>)

int main(int argc, char** argv) {
  try {
    auto mine = ray::init(argc, argv);
    session = &mine;
    for (const auto& one : all)
      if (argc > 1 && one.name == argv[1])
        one.run();
    return cases::failures == 0 ? 0 : 1;
  } catch (const std::exception& problem) {
    fmt::print("FAILED: {}\n", problem.what());
    return 1;
  }
}
