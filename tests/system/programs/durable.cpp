// Durable actors: what they did is there in their next life.

#include "cases.hpp"

#include <ray/caf.hpp>

#include <csignal>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using cases::ask;
using cases::expect;
using cases::expect_equal;
using cases::expect_throws;

namespace {

class plain {};

/// Keeps what it added up, if it is durable.
class ledger {
public:
  explicit ledger(std::string name) : name_(std::move(name)) {}

  long add(long by) {
    entries_.push_back(by);
    return total_ += by;
  }
  long total() const { return total_; }
  std::string state() const {
    return fmt::format("{} {} {}", name_, entries_.size(), total_);
  }
  std::string grow(std::size_t bytes) {
    name_.assign(bytes, 'x');
    return "grown";
  }
  long add_then_die(long by) {
    add(by);
    ::raise(SIGKILL);
    return 0;
  }
  int die() {
    ::raise(SIGKILL);
    return 0;
  }
  std::string node() const { return ray::runtime_context().node_id; }
  bool restarted() const { return ray::runtime_context().was_restarted; }

  template <class Inspector>
  friend auto inspect(Inspector& f, ledger& x) {
    return f(x.name_, x.entries_, x.total_);
  }

private:
  std::string name_;
  std::vector<long> entries_;
  long total_ = 0;
};

void durable() {
  const auto book = ray::spawn<ledger>(
    ray::with{.max_restarts = -1, .durable = true}, std::string{"book"});
  std::vector<ray::object_ref<long>> sums;
  for (long i = 1; i <= 1000; ++i)
    sums.push_back(book.call<&ledger::add>(i));
  expect_equal(ray::get(sums.back()), 500'500L, "in its first life");
  for (int life = 1; life <= 3; ++life) {
    const auto start = std::chrono::steady_clock::now();
    expect_throws<ray::actor_unavailable>(
      [&] { ray::get(book.call<&ledger::die>()); }, "restarts", "it dies");
    expect_equal(ask([&] { return book.call<&ledger::state>(); }),
                 fmt::format("book {} {}", 999 + life, 500'499 + life),
                 "what it has in another life");
    const auto took = cases::seconds_since(start);
    expect(took < 1, fmt::format("F26: it is back after {} s", took));
    expect(ray::get(book.call<&ledger::restarted>()), "was_restarted");
    expect_equal(ray::get(book.call<&ledger::add>(1)), 500'500L + life,
                 "and it goes on");
  }
  // What a call did is kept when its result was seen, and only then.
  expect_throws<ray::actor_unavailable>(
    [&] { ray::get(book.call<&ledger::add_then_die>(1'000'000)); }, "", "half");
  expect_equal(ask([&] { return book.call<&ledger::total>(); }), 500'503L,
               "the call that was cut off left nothing");
  expect_throws<ray::wrong_type>(
    [&] { ray::get(book.call<&ledger::grow>(2'000'000)); }, "1048576",
    "a state that is too large");
}

/// n2's ledger moves to n3 with what it has; the test kills n2.
void durable_moves() {
  const auto book = ray::spawn<ledger>(
    ray::with{.resources = {{"spot", 1}}, .max_restarts = -1, .durable = true},
    std::string{"book"});
  const auto first = ray::get(book.call<&ledger::node>());
  cases::say("lives " + first);
  // What was seen before the node died is there afterwards. Of the call that
  // was cut off nobody knows.
  long seen = 0, most = 0;
  auto now = first;
  while (now == first)
    try {
      const auto next = ray::get(book.call<&ledger::add>(1));
      ++most;
      expect(next > seen && next <= most,
             fmt::format("{} were seen, then {}", seen, next));
      seen = most = next;
      now = ray::get(book.call<&ledger::node>());
    } catch (const ray::actor_unavailable&) {
      ++most;
    }
  expect(seen > 0, "it ran");
  cases::say("then " + now);
}

using add_atom = caf::atom_constant<caf::atom("add")>;
using total_atom = caf::atom_constant<caf::atom("total")>;
using die_atom = caf::atom_constant<caf::atom("die")>;
using quit_atom = caf::atom_constant<caf::atom("quit")>;
using pause_atom = caf::atom_constant<caf::atom("pause")>;

struct account {
  long total = 0;
  std::vector<long> entries;

  template <class Inspector>
  friend auto inspect(Inspector& f, account& x) {
    return f(x.total, x.entries);
  }
};

caf::behavior teller(caf::stateful_actor<account>* self, long first) {
  self->state.total = first;
  const auto add = [=](long by) {
    self->state.entries.push_back(by);
    return self->state.total += by;
  };
  return {
    [=](add_atom, long by) { return add(by); },
    [=](total_atom) { return self->state.total; },
    [=](die_atom) -> long {
      add(1'000'000);
      ::raise(SIGKILL);
      return 0;
    },
    [=](quit_atom, long by) {
      self->quit(caf::sec::runtime_error);
      return add(by);
    },
    [=](pause_atom, long by) -> caf::result<long> {
      auto late = self->make_response_promise<long>();
      self->delayed_send(self, 20ms, add_atom::value, by);
      late.deliver(self->state.total);
      return late;
    },
  };
}

/// A behaviour's state is kept likewise; also when it shares its process.
void durable_behaviors(bool shared) {
  const auto bank = ray::spawn<teller>(
    ray::with{.max_restarts = -1, .durable = true, .shared = shared}, 100L);
  long seen = 0;
  for (long i = 1; i <= 500; ++i)
    seen = ray::get(bank.request<long>(add_atom::value, i));
  expect_equal(seen, 125'350L, "in its first life");
  expect_throws<ray::actor_unavailable>(
    [&] { ray::get(bank.request<long>(die_atom::value)); }, "", "it dies");
  const auto total = [&] {
    return ask([&] { return bank.request<long>(total_atom::value); });
  };
  expect_equal(total(), 125'350L, "what was seen, and no more");
  expect_equal(ray::get(bank.request<long>(quit_atom::value, 5L)), 125'355L,
               "its last answer in this life");
  expect_equal(total(), 125'355L, "is kept, too");
  // What it does without being asked is kept with the next answer.
  ray::get(bank.request<long>(pause_atom::value, 10L));
  while (total() != 125'365L)
    ;
  expect_throws<ray::actor_unavailable>(
    [&] { ray::get(bank.request<long>(die_atom::value)); }, "", "it dies");
  expect_equal(total(), 125'365L, "with what it did by itself");
}

void durable_behavior() {
  durable_behaviors(false);
}

void durable_shared() {
  durable_behaviors(true);
  const auto book = ray::spawn<ledger>(
    ray::with{.max_restarts = -1, .durable = true, .shared = true},
    std::string{"book"});
  expect_equal(ray::get(book.call<&ledger::add>(7)), 7L, "in its first life");
  expect_throws<ray::actor_unavailable>(
    [&] { ray::get(book.call<&ledger::die>()); }, "", "it dies");
  expect_equal(ask([&] { return book.call<&ledger::total>(); }), 7L,
               "a class actor in a shared process");
}

void durable_refused() {
  const ray::with lasting{.max_restarts = 1, .durable = true};
  expect_throws<ray::wrong_type>([&] { ray::spawn<plain>(lasting); },
                                 "inspect", "a class without inspect");
  expect_throws<ray::wrong_type>(
    [] {
      ray::spawn<ledger>(ray::with{.durable = true}, std::string{"x"});
    },
    "max_restarts", "one that never restarts");
}

constexpr cases::entry all[]{
  {"durable", &durable},
  {"durable_behavior", &durable_behavior},
  {"durable_moves", &durable_moves},
  {"durable_shared", &durable_shared},
  {"durable_refused", &durable_refused},
};

} // namespace

int main(int argc, char** argv) {
  return cases::run(argc, argv, all);
}
