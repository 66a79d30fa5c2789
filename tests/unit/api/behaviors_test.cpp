#include "catch.hpp"
#include "fake_runtime.hpp"

#include <ray/caf.hpp>

#include <caf/response_promise.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <cmath>
#include <limits>

using namespace std::chrono_literals;

namespace {

using inc_atom = caf::atom_constant<caf::atom("inc")>;
using get_atom = caf::atom_constant<caf::atom("get")>;
using fail_atom = caf::atom_constant<caf::atom("fail")>;
using late_atom = caf::atom_constant<caf::atom("late")>;

struct sample {
  double value = 0;
  std::string label;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, sample& x) {
  return f(caf::meta::type_name("sample"), x.value, x.label);
}

struct sums {
  int total = 0;
  std::string name;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, sums& x) {
  return f(x.total, x.name);
}

caf::behavior keeper(caf::stateful_actor<sums>* self, int first) {
  self->state.total = first;
  return {
    [=](inc_atom, int by) { return self->state.total += by; },
    [=](get_atom) { return self->state.total; },
    [=](fail_atom) -> int {
      self->state.total = -1;
      throw std::out_of_range("half");
    },
    [=](fail_atom, int by) {
      self->state.total += by;
      self->quit(caf::sec::runtime_error);
      return self->state.total;
    },
  };
}

struct unnamed {
  int x = 0;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, unnamed& u) {
  return f(u.x);
}

struct counter_state {
  int count = 0;
  caf::response_promise late;
};

caf::behavior counter(caf::stateful_actor<counter_state>* self, int first) {
  self->state.count = first;
  return {
    [=](inc_atom, int by) { return self->state.count += by; },
    [=](get_atom) { return self->state.count; },
    [=](get_atom, const std::string& text) {
      return caf::make_message(self->state.count, text);
    },
    [=](fail_atom, const std::string& why) -> int {
      throw std::out_of_range(why);
    },
    [=](fail_atom) -> caf::result<int> { return caf::sec::invalid_argument; },
    [=](late_atom) -> caf::response_promise {
      return self->state.late = self->make_response_promise();
    },
    [=](late_atom, int value) {
      self->state.late.deliver(caf::make_message(value));
    },
    [](double x) { return x; },
    [](const sample& x) {
      return sample{2 * x.value, x.label + "!"};
    },
    [](ray::object_ref<int> ref) { return ray::get(ref) + 1; },
  };
}

caf::behavior echo(std::string prefix) {
  return {[prefix](const std::string& text) { return prefix + text; }};
}

caf::behavior stillborn(caf::event_based_actor*) {
  throw std::invalid_argument("not today");
}

using adder_type
  = caf::typed_actor<caf::replies_to<int, int>::with<int>,
                     caf::replies_to<std::string>::with<std::string, int>>;

adder_type::behavior_type adder(adder_type::pointer, int offset) {
  return {
    [=](int a, int b) { return a + b + offset; },
    [](const std::string& x) {
      return std::make_tuple(x, static_cast<int>(x.size()));
    },
  };
}

template <class T>
std::string failure_of(const ray::object_ref<T>& ref) {
  try {
    ray::get(ref);
  } catch (const ray::error& caught) {
    return caught.message();
  }
  return {};
}

inline const bool sample_known = ray::message_type<sample>("sample");

} // namespace

TEST_CASE("a behaviour runs as an actor", "[behaviors]") {
  fake_session fx;
  {
    const auto hits = ray::spawn<counter>(ray::with{.name = "hits"}, 0);
    const ray::object_ref<int> r = hits.request<int>(inc_atom::value, 5);
    hits.tell(inc_atom::value, 1);
    CHECK(ray::get(r) == 5);
    CHECK(ray::get(hits.request<int>(get_atom::value)) == 6);
    const auto both
      = hits.request<std::tuple<int, std::string>>(get_atom::value, "x");
    CHECK(ray::get(both) == std::tuple{6, std::string{"x"}});
    const auto inf = std::numeric_limits<double>::infinity();
    CHECK(ray::get(hits.request<double>(inf)) == inf);
    CHECK(std::isnan(ray::get(hits.request<double>(std::nan("")))));
    CHECK(ray::get(hits.request<sample>(sample{2, "y"})).label == "y!");
    CHECK(ray::get(hits.request<int>(ray::put(7))) == 8);
  }
  CHECK(fx.process->becomes_empty());
}

TEST_CASE("a behaviour without self takes its arguments", "[behaviors]") {
  fake_session fx;
  const auto e = ray::spawn<echo>("a-");
  CHECK(ray::get(e.request<std::string>("b")) == "a-b");
}

TEST_CASE("a late answer does not hold up later messages", "[behaviors]") {
  fake_session fx;
  const auto c = ray::spawn<counter>(0);
  const auto late = c.request<int>(late_atom::value);
  CHECK_THROWS_AS(ray::get(late, 1ms), ray::get_timeout);
  ray::get(c.request<void>(late_atom::value, 9));
  CHECK(ray::get(late) == 9);
}

TEST_CASE("a reply of another type names both", "[behaviors]") {
  fake_session fx;
  const auto c = ray::spawn<counter>(3);
  const auto wrong = c.request<std::string>(get_atom::value);
  CHECK_THROWS_AS(ray::get(wrong), ray::wrong_type);
  CHECK(contains(failure_of(wrong), "int"));
  CHECK(contains(failure_of(wrong), "string"));
  CHECK(contains(failure_of(wrong), "counter"));
  CHECK_THROWS_AS(ray::get(c.request<int>("no handler")), ray::wrong_type);
  CHECK_THROWS_AS(ray::get(c.request<int>(fail_atom::value)), ray::task_error);
  CHECK(ray::get(c.request<int>(get_atom::value)) == 3);
}

TEST_CASE("an exception ends the behaviour and callers hear which",
          "[behaviors]") {
  fake_session fx;
  const auto c = ray::spawn<counter>(0);
  const auto open = c.request<int>(late_atom::value);
  const auto bad = c.request<int>(fail_atom::value, "broken");
  CHECK(contains(failure_of(bad), "std::out_of_range"));
  CHECK(contains(failure_of(bad), "broken"));
  CHECK_THROWS_AS(ray::get(bad), ray::actor_died);
  CHECK_THROWS_AS(ray::get(open), ray::actor_died);
  CHECK_THROWS_AS(ray::get(c.request<int>(get_atom::value)), ray::actor_died);
  CHECK_FALSE(fx.process->end_of_actor().empty());
}

TEST_CASE("a function that throws makes no actor", "[behaviors]") {
  fake_session fx;
  const auto s = ray::spawn<stillborn>();
  CHECK_THROWS_AS(ray::get(s.request<int>(1)), ray::actor_died);
}

TEST_CASE("an open request of an actor that is let go fails", "[behaviors]") {
  fake_session fx;
  const auto c = ray::spawn<counter>(0);
  const auto open = c.request<int>(late_atom::value);
  ray::kill(c);
  CHECK_THROWS_AS(ray::get(open), ray::actor_died);
}

TEST_CASE("a typed behaviour's reply types are known", "[behaviors]") {
  fake_session fx;
  const auto a = ray::spawn<adder>(100);
  const ray::object_ref<int> sum = a.request(1, 2);
  CHECK(ray::get(sum) == 103);
  CHECK(ray::get(a.request(std::string{"abc"}))
        == std::tuple{std::string{"abc"}, 3});
  const adder_type handle = a.handle();
  caf::scoped_actor self{fx.process->system()};
  self->request(handle, 5s, 1, 2)
    .receive([](int x) { CHECK(x == 103); },
             [](const caf::error&) { FAIL("no reply"); });
}

TEST_CASE("handle() forwards messages of named types", "[behaviors]") {
  fake_session fx;
  {
    const auto c = ray::spawn<counter>(1);
    const caf::actor plain = c.handle();
    caf::scoped_actor self{fx.process->system()};
    const auto fail = [&](const caf::error& problem) {
      FAIL(fx.process->system().render(problem));
    };
    self->send(plain, inc_atom::value, 1);
    self->request(plain, 5s, inc_atom::value, 5)
      .receive([](int x) { CHECK(x == 7); }, fail);
    self->request(plain, 5s, sample{1, "s"})
      .receive([](const sample& x) { CHECK(x.label == "s!"); }, fail);
    std::string sentence;
    self->request(plain, 5s, unnamed{1})
      .receive([](int) { FAIL("it was forwarded"); },
               [&](const caf::error& problem) {
                 CHECK(problem.category() == caf::atom("ray"));
                 sentence = problem.context().get_as<std::string>(0);
               });
    CHECK(contains(sentence, "unnamed"));
    CHECK(contains(sentence, "message_type"));
    self->monitor(plain);
    self->request(plain, 5s, fail_atom::value, std::string{"end"})
      .receive([](int) { FAIL("it answered"); },
               [&](const caf::error& problem) {
                 CHECK(problem.code()
                       == static_cast<int>(ray::errc::actor_died));
               });
    bool down = false;
    self->receive([&](const caf::down_msg&) { down = true; },
                  caf::after(5s) >> [] {});
    CHECK(down);
  }
  CHECK(fx.process->becomes_empty());
}

TEST_CASE("handle() keeps the actor alive until it goes", "[behaviors]") {
  fake_session fx;
  caf::actor plain = ray::spawn<counter>(1).handle();
  {
    caf::scoped_actor self{fx.process->system()};
    self->request(plain, 5s, get_atom::value)
      .receive([](int x) { CHECK(x == 1); },
               [](const caf::error&) { FAIL("no reply"); });
  }
  plain = caf::actor{};
  CHECK(fx.process->becomes_empty());
}

TEST_CASE("get_actor finds a behaviour", "[behaviors]") {
  fake_session fx;
  const auto c = ray::spawn<counter>(4);
  const auto name = fx.process->last_name;
  CHECK(ray::get(ray::get_actor<counter>(name).request<int>(get_atom::value))
        == 4);
  CHECK_THROWS_AS(ray::get_actor<echo>(name), ray::wrong_type);
}

TEST_CASE("a behaviour without a thread of its own says when it runs",
          "[behavior]") {
  fake_session session;
  session.process->own_threads = false;
  const auto hits = ray::spawn<counter>(1);
  CHECK(ray::get(hits.request<int>(inc_atom::value, 5)) == 6);
  CHECK(ray::get(hits.request<int>(get_atom::value)) == 6);
  CHECK(session.process->entered > 0);
  CHECK_THROWS_AS(
    ray::get(hits.request<int>(fail_atom::value, std::string{"now"})),
    ray::actor_died);
  CHECK(contains(session.process->end_of_actor(), "now"));
  CHECK(session.process->left <= session.process->entered);
}

TEST_CASE("a durable behaviour's state is kept before its answer",
          "[behaviors]") {
  fake_session fx;
  fx.process->durable = true;
  fx.process->own_threads = GENERATE(true, false);
  const auto kept = ray::spawn<keeper>(5);
  const auto five = fx.process->states().back();
  CHECK(ray::get(kept.request<int>(inc_atom::value, 3)) == 8);
  const auto eight = fx.process->states().back();
  CHECK(eight != five);

  fx.process->snapshot = eight;
  const auto again = ray::spawn<keeper>(5);
  CHECK(fx.process->states().back() == eight);
  CHECK(ray::get(again.request<int>(get_atom::value)) == 8);
  // Its last answer, too, is seen with the state that goes with it.
  CHECK(ray::get(again.request<int>(fail_atom::value, 100)) == 108);
  fx.process->snapshot = fx.process->states().back();
  const auto last = ray::spawn<keeper>(5);
  CHECK(ray::get(last.request<int>(get_atom::value)) == 108);

  // A handler that throws leaves nothing.
  const auto before = fx.process->states().back();
  CHECK_THROWS_AS(ray::get(last.request<int>(fail_atom::value)),
                  ray::actor_died);
  CHECK(fx.process->states().back() == before);

  fx.process->snapshot = "no state";
  const auto damaged = ray::spawn<keeper>(5);
  CHECK_THROWS_AS(ray::get(damaged.request<int>(get_atom::value)),
                  ray::error);
}

TEST_CASE("durable wants a behaviour with a state", "[behaviors]") {
  fake_session fx;
  const ray::with lasting{.max_restarts = 1, .durable = true};
  CHECK_THROWS_AS(ray::spawn<echo>(lasting, std::string{"x"}),
                  ray::wrong_type);
  CHECK_THROWS_AS(ray::spawn<counter>(lasting, 1), ray::wrong_type);
}
