#pragma once

#include "catch.hpp"
#include "object_store/object_store.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/after.hpp>
#include <caf/exit_reason.hpp>
#include <caf/scoped_actor.hpp>

#include <chrono>
#include <optional>
#include <variant>

namespace rayd {

inline constexpr std::uint64_t MiB = 1ull << 20;

inline std::shared_ptr<segment> make_arena(std::uint64_t capacity,
                                           std::string directory = "") {
  segment_options options;
  options.capacity = capacity;
  options.directory = std::move(directory);
  auto made = segment::create(options);
  REQUIRE(made);
  return *made;
}

/// A real store actor, and this thread as its local scheduler.
struct store_fixture {
  explicit store_fixture(std::shared_ptr<segment> memory,
                         std::uint64_t prefault = 0)
    : arena(std::move(memory)) {
    store_options options;
    options.arena = arena;
    options.prefault = prefault;
    store = spawn_object_store(system, options);
  }

  ~store_fixture() {
    self->send_exit(store, caf::exit_reason::user_shutdown);
  }

  template <class Message>
  void tell(Message x) {
    self->send(store, std::move(x));
  }

  /// What the store answers to *question*; an extent or why not.
  std::variant<extent, store_refusal> ask(const create_object& question) {
    tell(question);
    std::variant<extent, store_refusal> answer;
    self->receive([&](const object_created& x) { answer = x.where; },
                  [&](const object_refused& x) { answer = x.code; },
                  caf::after(std::chrono::seconds(10)) >> [] { FAIL(); });
    return answer;
  }

  std::variant<extent, store_refusal> ask(const give_room& question) {
    tell(question);
    std::variant<extent, store_refusal> answer;
    self->receive([&](const room_given& x) { answer = x.where; },
                  [&](const room_refused& x) { answer = x.code; },
                  caf::after(std::chrono::seconds(10)) >> [] { FAIL(); });
    return answer;
  }

  store_usage usage() {
    tell(ask_store_usage{});
    store_usage answer;
    self->receive([&](const store_usage& x) { answer = x; },
                  caf::after(std::chrono::seconds(10)) >> [] { FAIL(); });
    CHECK(answer.used + answer.reserved + answer.free == answer.capacity);
    return answer;
  }

  caf::actor_system_config config;
  caf::actor_system system{config.set("scheduler.policy", caf::atom("sharing"))
                             .set("scheduler.max-threads", 1)};
  caf::scoped_actor self{system};
  std::shared_ptr<segment> arena;
  caf::actor store;
};

} // namespace rayd
