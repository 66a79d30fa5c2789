#include "probe_actor.hpp"

#include "catch.hpp"

#include "transport/ask.hpp"

#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <thread>

#include <sys/socket.h>

using namespace rayd;

namespace {

using hey_atom = caf::atom_constant<caf::atom("hey")>;

struct socket_pair {
  owned_fd one, two;

  socket_pair() {
    int fds[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
    one.reset(fds[0]);
    two.reset(fds[1]);
  }
};

// BASP may drop a handshake that meets a heartbeat: dial again, as callers do.
caf::strong_actor_ptr connect(party& from, party& to) {
  for (int i = 0; i < 5; ++i) {
    socket_pair pair;
    hand_over_accept(to.system, std::move(pair.one), to.root);
    auto root = hand_over_dial(from.system, std::move(pair.two), 3s);
    if (root)
      return std::move(*root);
  }
  return nullptr;
}

} // namespace

TEST_CASE("no ring is lost between peek and wait", "[bell]") {
  bell to, back;
  std::atomic<int> sent{0}, seen{0};
  constexpr int rounds = 50'000;
  const auto await = [](bell& mine, std::atomic<int>& value, int wanted) {
    for (;;) {
      const auto at = mine.peek();
      if (value.load() >= wanted)
        return true;
      // Nobody waits 10 s unless a ring was lost.
      if (!mine.wait(at, bell::clock::now() + 10s))
        return false;
    }
  };
  bool fine = true;
  std::thread other{[&] {
    for (int i = 1; i <= rounds && fine; ++i) {
      fine = await(to, sent, i);
      seen = i;
      back.ring();
    }
  }};
  bool here = true;
  for (int i = 1; i <= rounds && here; ++i) {
    sent = i;
    to.ring();
    here = await(back, seen, i);
  }
  other.join();
  CHECK(here);
  CHECK(fine);
}

TEST_CASE("a bell without rings waits until the deadline", "[bell]") {
  bell one;
  CHECK_FALSE(one.wait(one.peek(), bell::clock::now() + 20ms));
  const auto before = one.peek();
  one.ring();
  CHECK(one.wait(before, bell::clock::now() + 10s));
}

TEST_CASE("many threads ringing at once lose nothing", "[bell]") {
  bell one;
  std::atomic<int> work{0};
  constexpr int each = 20'000;
  std::vector<std::thread> ringers;
  for (int i = 0; i < 4; ++i)
    ringers.emplace_back([&] {
      for (int k = 0; k < each; ++k) {
        ++work;
        one.ring();
      }
    });
  int done = 0;
  bool fine = true;
  while (done < 4 * each && fine) {
    const auto at = one.peek();
    const int got = work.exchange(0);
    done += got;
    if (got == 0)
      fine = one.wait(at, bell::clock::now() + 10s);
  }
  for (auto& ringer : ringers)
    ringer.join();
  CHECK(fine);
  CHECK(done == 4 * each);
}

TEST_CASE("a task-path actor takes bytes, structs, rings and deadlines",
          "[actor]") {
  party one;
  caf::scoped_actor self{one.system.get()};
  self->send(one.actor, hey_atom::value, std::string{"you"});
  const auto got = one.log->messages.take();
  CHECK(got.bytes == "you");
  CHECK(got.tag == hey_atom::value);
  CHECK(got.sender == caf::actor_cast<caf::strong_actor_ptr>(self));
  self->request(one.actor, 5s, probe_question{41})
    .receive([](int number) { CHECK(number == 42); },
             [](const caf::error&) { CHECK(false); });
  one.log->deadline_ms = 1;
  one.probe()->ring();
  CHECK(one.log->events.take() == "deadline");
}

TEST_CASE("messages go both ways after a hand-over", "[hand_over]") {
  party server, client;
  server.log->echo = true;
  const auto peer = connect(client, server);
  REQUIRE(peer);
  send_bytes(client.root, peer, link_atom::value, link_text(7));
  const auto first = server.log->messages.take();
  CHECK(parse_link(first.bytes) == 7);
  REQUIRE(first.sender);
  send_bytes(client.root, peer, hey_atom::value, "there");
  CHECK(client.log->messages.take().bytes == "re: there");
  CHECK(server.log->messages.take().bytes == "there");
  send_bytes(server.root, first.sender, hey_atom::value, "back");
  CHECK(client.log->messages.take().bytes == "back");
}

TEST_CASE("a lost connection is a down message", "[hand_over]") {
  party server;
  server.log->monitor = true;
  {
    party client;
    const auto peer = connect(client, server);
    REQUIRE(peer);
    send_bytes(client.root, peer, hey_atom::value, "once");
    CHECK(server.log->messages.take().bytes == "once");
  }
  CHECK(server.log->events.take() == "down");
}

TEST_CASE("a hand-over of a dead connection fails in time", "[hand_over]") {
  party client;
  socket_pair pair;
  pair.one.reset();
  CHECK_FALSE(hand_over_dial(client.system, std::move(pair.two), 3s));
}

TEST_CASE("a command asks over the gate, with and without TLS", "[ask]") {
  party server;
  server.log->echo = true;
  open_gate at;
  at.callbacks.accept = [&](accepted guest) {
    hand_over_accept(server.system, std::move(guest.messages), server.root);
  };
  at.open();
  for (const bool tcp : {false, true}) {
    result<std::string> got = failure{};
    for (int i = 0; i < 5 && !got; ++i) {
      caf_system mine;
      tls_pump pump;
      auto in = tcp ? at.dial() : dial_unix(at.path, {}, 5s);
      REQUIRE(in);
      got = ask(mine, &pump, std::move(*in), hey_atom::value, "status", 5s);
    }
    REQUIRE(got);
    CHECK(*got == "re: status");
  }
}

TEST_CASE("a command that gets no answer says so", "[ask]") {
  party server;
  open_gate at;
  at.callbacks.accept = [&](accepted guest) {
    hand_over_accept(server.system, std::move(guest.messages), server.root);
  };
  at.open();
  caf_system mine;
  auto in = dial_unix(at.path, {}, 5s);
  REQUIRE(in);
  const auto got
    = ask(mine, nullptr, std::move(*in), hey_atom::value, "", 100ms);
  REQUIRE_FALSE(got);
}
