// The desk between those who ask about the state and the control store.

#include "catch.hpp"
#include "global_scheduler/read_row.hpp"
#include "global_scheduler/state_desk.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/response_promise.hpp>
#include <caf/scoped_actor.hpp>

#include <chrono>
#include <deque>
#include <memory>
#include <string>

using namespace rayd;

namespace {

constexpr std::chrono::seconds patience{20};

const std::string jobs = R"({"what":"list","kind":"jobs"})";
const std::string workers = R"({"what":"list","kind":"workers"})";

/// A desk between a store that answers when told to, and a head without nodes.
struct desk_world {
  caf::actor_system_config config;
  caf::actor_system system{config};
  caf::scoped_actor self{system};
  caf::actor store;
  caf::actor head;
  caf::actor desk;

  desk_world() {
    store = system.spawn([](caf::event_based_actor* me) -> caf::behavior {
      auto open = std::make_shared<std::deque<caf::response_promise>>();
      return {
        [=](const list_store&) {
          open->push_back(me->make_response_promise());
          return open->back();
        },
        [=](bool answer) { // "How many are being read?", after an answer.
          if (answer && !open->empty()) {
            open->front().deliver(std::string{"{}"});
            open->pop_front();
          }
          return open->size();
        },
      };
    });
    head = system.spawn(
      [this, reader = self.ptr()](caf::event_based_actor* me) -> caf::behavior {
        me->send(caf::actor_cast<caf::actor>(reader),
                 spawn_state_desk(
                   me, caf::actor_cast<control_store_actor>(store)));
        return {[](const survey&) { return survey_answer{}; }};
      });
    self->receive([this](const caf::actor& made) { desk = made; },
                  caf::after(patience) >> [] { FAIL("there is no desk"); });
  }

  ~desk_world() {
    self->send_exit(head, caf::exit_reason::kill);
    self->send_exit(store, caf::exit_reason::kill);
  }

  std::string answer() {
    std::string text;
    self->receive([&](const std::string& x) { text = x; },
                  caf::after(patience) >> [] { FAIL("there is no answer"); });
    return text;
  }

  /// How many the store reads; *after_answer*: the oldest ends before.
  std::size_t being_read(bool after_answer) {
    std::size_t count = 0;
    self->request(store, patience, after_answer)
      .receive([&](std::size_t x) { count = x; },
               [](const caf::error&) { FAIL("the store is silent"); });
    return count;
  }
};

} // namespace

TEST_CASE("three read at once, the others wait in a row", "[state_desk]") {
  read_row row;
  for (std::uint64_t number : {1, 2, 3})
    CHECK(row.begin(number, 0));
  CHECK_FALSE(row.begin(4, 0));
  CHECK_FALSE(row.begin(5, 0));
  CHECK_FALSE(row.next(0));
  row.end(2);
  const auto first = row.next(1);
  REQUIRE(first);
  CHECK(first->number == 4);
  CHECK_FALSE(first->late);
  CHECK_FALSE(row.next(1));
  // Nobody waits for the fifth any more; it takes no place.
  const auto late = row.next(read_row::patience_us + 1);
  REQUIRE(late);
  CHECK(late->number == 5);
  CHECK(late->late);
  row.end(4);
  CHECK(row.begin(6, 2));
}

TEST_CASE("many questions at once are all answered", "[state_desk]") {
  desk_world world;
  constexpr int asked = 12;
  for (int i = 0; i < asked; ++i)
    world.self->send(world.desk, state_asked{jobs, i % 2 == 1});
  // It asks no store, and is answered although the row is full.
  world.self->send(world.desk, state_asked{workers, false});
  CHECK(world.answer().find("workers") != std::string::npos);
  CHECK(world.being_read(false) == read_row::most_open);
  for (int i = 0; i < asked; ++i) {
    CHECK(world.being_read(true) < read_row::most_open);
    CHECK(world.answer() == "{}");
    if (i == 0) // The next ones may come while none has ended.
      CHECK(world.being_read(false) <= read_row::most_open);
  }
}

TEST_CASE("the desk bounds who waits", "[state_desk]") {
  desk_world world;
  for (int i = 0; i < 40; ++i)
    world.self->send(world.desk, state_asked{jobs, true});
  for (int i = 0; i < 8; ++i)
    CHECK(world.answer().find("many queries") != std::string::npos);
}
