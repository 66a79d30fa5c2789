#include "catch.hpp"

#include "transport/ring_lane.hpp"

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace rayd;
using namespace std::chrono_literals;

namespace {

/// Both ends in this process, each with a mapping of its own.
struct both_ends {
  explicit both_ends(std::size_t window = lane::default_window) {
    auto bells = bell_page::create();
    auto memory = lane_memory::create();
    REQUIRE(bells);
    REQUIRE(memory);
    bell = *bells;
    ours = *memory;
    const auto copy = [](int fd) { return ::fcntl(fd, F_DUPFD_CLOEXEC, 3); };
    auto bells_there = bell_page::open(copy(bell->fd()));
    auto memory_there = lane_memory::open(copy(ours->fd()));
    REQUIRE(bells_there);
    REQUIRE(memory_there);
    theirs = *memory_there;
    node = std::make_unique<ring_lane>(ours, bell, lane_end::node, window);
    client = std::make_unique<ring_lane>(theirs, *bells_there,
                                         lane_end::client, window);
  }

  std::shared_ptr<bell_page> bell;
  std::shared_ptr<lane_memory> ours, theirs;
  std::unique_ptr<ring_lane> node, client;
};

lane_outcome send(lane& to, std::string batch) {
  return to.send(batch);
}

std::string receive(lane& from) {
  auto batch = from.receive();
  if (!batch)
    return "";
  from.consumed(batch->size());
  return *batch;
}

std::string pattern(std::size_t size, std::size_t seed) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    text[i] = static_cast<char>((i + seed) * 2654435761u >> 13);
  return text;
}

} // namespace

TEST_CASE("batches cross in both directions and ring", "[ring]") {
  both_ends at;
  const auto before = at.bell->get().peek();
  CHECK_FALSE(at.node->turn());
  CHECK(send(*at.client, "one") == lane_outcome::sent);
  CHECK(send(*at.client, "two") == lane_outcome::sent);
  CHECK(at.bell->get().peek() != before);
  CHECK(at.node->turn());
  CHECK(receive(*at.node) == "one");
  CHECK(receive(*at.node) == "two");
  CHECK_FALSE(at.node->receive());
  const auto seen = at.theirs->client_bell().peek();
  CHECK(send(*at.node, "three") == lane_outcome::sent);
  CHECK(at.theirs->client_bell().peek() != seen);
  CHECK(receive(*at.client) == "three");
}

TEST_CASE("batches larger than the ring arrive whole", "[ring]") {
  both_ends at{1 << 20};
  const auto large = pattern(5 * lane_memory::ring_bytes + 17, 1);
  const auto small = pattern(100, 2);
  REQUIRE(send(*at.client, large) == lane_outcome::sent);
  REQUIRE(send(*at.client, small) == lane_outcome::no_credit);
  std::string got;
  int turns = 0;
  while (got.empty() && ++turns < 100) {
    const auto rung = at.bell->get().peek();
    got = receive(*at.node);
    at.client->turn(); // As its bell tells it to.
    if (got.empty())
      CHECK(at.bell->get().peek() != rung);
  }
  CHECK(got == large);
  CHECK(send(*at.client, small) == lane_outcome::sent);
  CHECK(receive(*at.node) == small);
}

TEST_CASE("a reader that does not read costs the window", "[ring]") {
  constexpr std::size_t window = 64 << 10;
  both_ends at{window};
  const std::string batch(1000, 'x');
  std::size_t sent = 0;
  while (send(*at.client, batch) == lane_outcome::sent)
    ++sent;
  CHECK(sent == (window + batch.size() + lane::batch_cost - 1)
                  / (batch.size() + lane::batch_cost));
  CHECK_FALSE(at.client->can_send());
  CHECK_FALSE(at.client->wait_for_credit(lane::clock::now() + 10ms));
  // Credit comes back with what is taken over, and rings.
  const auto rung = at.theirs->client_bell().peek();
  CHECK(receive(*at.node) == batch);
  CHECK(at.theirs->client_bell().peek() != rung);
  CHECK(at.client->can_send());
}

TEST_CASE("a thread that waits for credit is woken", "[ring]") {
  both_ends at{1000};
  REQUIRE(send(*at.client, std::string(2000, 'x')) == lane_outcome::sent);
  std::atomic<bool> woken{false};
  std::thread waits{[&] {
    woken = at.client->wait_for_credit(lane::clock::now() + 20s);
  }};
  auto seen = at.theirs->client_bell().peek();
  receive(*at.node);
  // The owner's part: its bell rings, it takes a turn.
  while (!woken) {
    at.theirs->client_bell().wait(seen, lane::clock::now() + 1s);
    seen = at.theirs->client_bell().peek();
    at.client->turn();
  }
  waits.join();
  CHECK(woken);

  REQUIRE(send(*at.client, std::string(2000, 'x')) == lane_outcome::sent);
  std::thread ends{[&] {
    CHECK_FALSE(at.client->wait_for_credit(lane::clock::now() + 20s));
  }};
  at.client->close();
  ends.join();
  CHECK(send(*at.client, "late") == lane_outcome::closed);
}

TEST_CASE("two threads with bells lose and mix nothing", "[ring]") {
  both_ends at{256 << 10};
  constexpr std::size_t batches = 3'000;
  const auto size_of = [](std::size_t i) {
    return i % 97 == 0 ? 300'000 + i : 1 + i % 5'000;
  };
  std::atomic<bool> stop{false};
  std::thread writer{[&] {
    for (std::size_t i = 0; i < batches; ++i) {
      auto batch = pattern(size_of(i), i);
      while (at.client->send(batch) == lane_outcome::no_credit)
        at.client->wait_for_credit(lane::clock::now() + 10s);
    }
  }};
  std::thread owner{[&] {
    auto& own = at.theirs->client_bell();
    while (!stop) {
      const auto seen = own.peek();
      at.client->turn();
      own.wait(seen, lane::clock::now() + 10s);
    }
  }};
  std::size_t wrong = 0;
  bool lost = false;
  for (std::size_t i = 0; i < batches && !lost;) {
    const auto seen = at.bell->get().peek();
    if (auto batch = at.node->receive()) {
      wrong += *batch == pattern(size_of(i), i) ? 0 : 1;
      at.node->consumed(batch->size());
      ++i;
    } else {
      lost = !at.bell->get().wait(seen, lane::clock::now() + 10s);
    }
  }
  stop = true;
  at.theirs->client_bell().ring();
  if (lost)
    at.client->close();
  writer.join();
  owner.join();
  CHECK_FALSE(lost);
  CHECK(wrong == 0);
}

TEST_CASE("what a killed process wrote can be read", "[ring]") {
  both_ends at;
  const auto batch = pattern(10'000, 3);
  const auto child = ::fork();
  if (child == 0) {
    send(*at.client, batch);
    // In the middle of the next batch.
    auto writer = at.theirs->counts(true).written.load();
    at.theirs->counts(true).written.store(writer + 2);
    ::kill(::getpid(), SIGKILL);
  }
  REQUIRE(child > 0);
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WIFSIGNALED(status));
  CHECK(receive(*at.node) == batch);
  CHECK_FALSE(at.node->receive());
  CHECK_FALSE(at.node->closed());
}

TEST_CASE("a peer that writes nonsense is cut off", "[ring]") {
  both_ends at;
  auto& to_node = at.theirs->counts(true);
  SECTION("more bytes written than the ring has") {
    to_node.written = lane_memory::ring_bytes + 1;
    CHECK(at.node->turn());
    CHECK_FALSE(at.node->receive());
    CHECK(at.node->closed());
  }
  SECTION("a batch without bytes, or with too many") {
    const auto length = GENERATE(0u, 16u << 20 | 1u, 0xffffffffu);
    auto writer = at.theirs->writer(true);
    writer.write(reinterpret_cast<const char*>(&length), sizeof length);
    writer.publish();
    CHECK_FALSE(at.node->receive());
    CHECK(at.node->closed());
  }
  SECTION("credit for what was never sent") {
    at.theirs->counts(false).consumed = 1;
    CHECK(send(*at.node, "x") == lane_outcome::closed);
  }
  SECTION("bytes read that were never written") {
    REQUIRE(send(*at.node, std::string(300'000, 'x')) == lane_outcome::sent);
    at.theirs->counts(false).read = 1u << 30;
    at.node->turn();
    CHECK(at.node->closed());
  }
  CHECK_FALSE(at.node->complaint().empty());
}

TEST_CASE("descriptors that are no lane are refused", "[ring]") {
  int pipe[2];
  REQUIRE(::pipe2(pipe, O_CLOEXEC) == 0);
  CHECK_FALSE(lane_memory::open(pipe[0]));
  CHECK_FALSE(bell_page::open(pipe[1]));
  auto memory = lane_memory::create();
  REQUIRE(memory);
  CHECK_FALSE(bell_page::open(::fcntl((*memory)->fd(), F_DUPFD_CLOEXEC, 3)));
  CHECK(::ftruncate((*memory)->fd(), 0) != 0);
}

TEST_CASE("the end of one side is told to the other, after what it sent",
          "[ring]") {
  both_ends at;
  CHECK_FALSE(at.client->ended());
  REQUIRE(send(*at.node, "last") == lane_outcome::sent);
  const auto seen = at.theirs->client_bell().peek();
  at.node->close();
  CHECK(at.theirs->client_bell().peek() != seen);
  CHECK_FALSE(at.client->ended());
  CHECK(receive(*at.client) == "last");
  CHECK(at.client->ended());
}

TEST_CASE("credit for what was not read does not grow the backlog for ever",
          "[ring]") {
  both_ends at{1 << 20};
  const std::string batch(8 << 20, 'x');
  std::uint64_t sent = 0;
  for (int i = 0; i < 10 && !at.node->closed(); ++i) {
    auto copy = batch;
    if (at.node->send(copy) == lane_outcome::sent)
      sent += batch.size() + lane::batch_cost;
    at.theirs->counts(false).consumed = sent;
  }
  CHECK(at.node->closed());
  CHECK(at.node->complaint().find("did not read") != std::string::npos);
}
