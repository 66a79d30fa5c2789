// The serving side, asked by this thread over a pair of sockets; this thread
// is its local scheduler too.

#include "object_transfer/object_server.hpp"

#include "catch.hpp"
#include "shared_memory/segment.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/after.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <string>

using namespace rayd;
using namespace std::chrono_literals;

namespace {

const object_id wanted{7, 9};
const extent place{0, 3};

std::shared_ptr<arena_view> small_arena() {
  segment_options options;
  options.capacity = 1 << 20;
  auto made = segment::create(options);
  REQUIRE(made);
  REQUIRE((*made)->reserve(1 << 20));
  auto view = arena_view::open(::dup((*made)->readonly_fd()),
                               ::dup((*made)->writable_fd()));
  REQUIRE(view);
  auto room = (*view)->fill(place);
  REQUIRE(room);
  std::memcpy(room->data(), "abc", place.size);
  return std::move(*view);
}

struct holder {
  explicit holder(std::chrono::milliseconds restore_patience = 60s) {
    object_transfer_options options;
    options.arena = small_arena();
    options.scheduler = caf::actor_cast<caf::actor>(self);
    options.restore_patience = restore_patience;
    options.busy_interval = 1ms;
    server.emplace(system, options);
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    server->serve(stream{owned_fd{ends[0]}}, "a test");
    peer = stream{owned_fd{ends[1]}};
  }

  /// Sends a question. @returns who the server has ask for the object.
  caf::actor ask() {
    const transfer_question question{transfer_question::magic, 0, wanted.hi,
                                     wanted.lo, 0};
    REQUIRE(peer.write_all(&question, sizeof question, 10s));
    caf::actor asker;
    self->receive(
      [&](const read_object& x) {
        CHECK(x.object == wanted);
        asker = caf::actor_cast<caf::actor>(self->current_sender());
      },
      caf::after(10s) >> [] { FAIL("the scheduler was not asked"); });
    return asker;
  }

  transfer_answer answer() {
    transfer_answer got;
    REQUIRE(peer.read_exactly(&got, sizeof got, 10s));
    CHECK(got.mark == transfer_answer::magic);
    return got;
  }

  transfer_answer answer_but_busy() {
    auto got = answer();
    while (got.state == transfer_state::busy)
      got = answer();
    return got;
  }

  caf::actor_system_config config;
  caf::actor_system system{config.set("scheduler.policy", caf::atom("sharing"))
                             .set("scheduler.max-threads", 1)};
  caf::scoped_actor self{system};
  std::optional<object_server> server;
  stream peer;
};

} // namespace

TEST_CASE("a holder says that it is busy until the object is back",
          "[transfer]") {
  holder here;
  const auto asker = here.ask();
  CHECK(here.answer().state == transfer_state::busy);
  CHECK(here.answer().state == transfer_state::busy);
  here.self->send(asker, object_place{wanted, true, place});
  const auto got = here.answer_but_busy();
  CHECK(got.state == transfer_state::found);
  CHECK(got.size == place.size);
  std::string bytes(place.size, ' ');
  REQUIRE(here.peer.read_exactly(bytes.data(), bytes.size(), 10s));
  CHECK(bytes == "abc");
  here.self->receive([](const object_read& x) { CHECK(x.object == wanted); },
                     caf::after(10s) >> [] { FAIL("it stays pinned"); });
}

TEST_CASE("a peer that goes while the holder is busy is not waited for",
          "[transfer]") {
  holder here;
  auto asker = here.ask();
  here.self->monitor(asker);
  here.peer.shutdown();
  asker = nullptr;
  here.self->receive([](const caf::down_msg&) {},
                     caf::after(10s) >> [] { FAIL("it waits for ever"); });
}

TEST_CASE("what stays on disk is not told as absent", "[transfer]") {
  holder here;
  here.self->send(here.ask(), object_place{wanted, false, {}, true});
  CHECK(here.answer_but_busy().state == transfer_state::kept);
  here.self->send(here.ask(), object_place{wanted, false, {}, false});
  CHECK(here.answer_but_busy().state == transfer_state::absent);
}

TEST_CASE("a holder does not wait for ever", "[transfer]") {
  holder here{5ms};
  here.ask();
  CHECK(here.answer_but_busy().state == transfer_state::kept);
}
