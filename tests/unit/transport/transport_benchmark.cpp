// Figures, not checks: unit_transport "[.bench]". Two processes over a Unix
// socket (and over TLS), each with one task-path actor.
#include "gate_fixture.hpp"

#include "catch.hpp"

#include "transport/basp_lane.hpp"
#include "transport/caf_system.hpp"
#include "transport/hand_over.hpp"
#include "transport/task_path_actor.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <thread>
#include <vector>

#include <sys/wait.h>

using namespace rayd;

namespace {

using ping_atom = caf::atom_constant<caf::atom("ping")>;
using steady = std::chrono::steady_clock;

constexpr std::size_t batch_bytes = 100 * 33;

// The far side: echoes pings, swallows batches.
class sink_actor final : public task_path_actor {
public:
  using task_path_actor::task_path_actor;

protected:
  void on_message(caf::atom_value tag, std::string& bytes,
                  const caf::strong_actor_ptr& from) override {
    if (tag == ping_atom::value)
      return send_bytes(from, tag, std::move(bytes));
    if (!lane_)
      lane_ = std::make_unique<basp_lane>(caf::strong_actor_ptr{ctrl()}, from);
    lane_->deliver(tag, bytes);
  }

  bool on_turn_end() override {
    while (lane_)
      if (const auto batch = lane_->receive())
        lane_->consumed(batch->size());
      else
        break;
    return false;
  }

private:
  std::unique_ptr<basp_lane> lane_;
};

struct figures {
  std::vector<double> round_trips_us;
  double records_per_second = 0;
};

// The near side: round trips first, then batches as credit allows.
class source_actor final : public task_path_actor {
public:
  source_actor(caf::actor_config& config, inbox<figures>* out)
    : task_path_actor(config), out_(out) {}

protected:
  static constexpr std::size_t trips = 20'000;
  static constexpr std::size_t batches = 60'000;

  void on_message(caf::atom_value tag, std::string& bytes,
                  const caf::strong_actor_ptr& from) override {
    if (tag == link_atom::value) { // From the test itself: begin.
      peer_ = from;
      lane_ = std::make_unique<basp_lane>(caf::strong_actor_ptr{ctrl()}, peer_);
      return ping();
    }
    if (tag == ping_atom::value) {
      const std::chrono::duration<double, std::micro> took
        = steady::now() - since_;
      seen_.round_trips_us.push_back(took.count());
      if (seen_.round_trips_us.size() < trips)
        return ping();
      since_ = steady::now();
      sending_ = true;
      return;
    }
    lane_->deliver(tag, bytes);
  }

  bool on_turn_end() override {
    for (; sending_ && sent_ < batches; ++sent_) {
      std::string batch(batch_bytes, 'r');
      if (lane_->send(batch) != lane_outcome::sent)
        return false;
    }
    if (!sending_ || lane_->credit() < 3 * (1 << 20))
      return false;
    const std::chrono::duration<double> took = steady::now() - since_;
    seen_.records_per_second = 100.0 * double(batches) / took.count();
    sending_ = false;
    out_->put(std::move(seen_));
    return false;
  }

private:
  void ping() {
    since_ = steady::now();
    send_bytes(peer_, ping_atom::value, std::string(64, 'p'));
  }

  inbox<figures>* out_;
  caf::strong_actor_ptr peer_;
  std::unique_ptr<basp_lane> lane_;
  steady::time_point since_;
  std::size_t sent_ = 0;
  bool sending_ = false;
  figures seen_;
};

// The far process: lives until the pipe closes.
[[noreturn]] void run_sink(open_gate& at, int ready, int ended) {
  caf_system system;
  auto sink = system->spawn<sink_actor>();
  at.callbacks.accept = [&](accepted guest) {
    hand_over_accept(system, std::move(guest.messages),
                     caf::actor_cast<caf::strong_actor_ptr>(sink));
  };
  at.open();
  const auto port = at.door->port();
  [[maybe_unused]] auto said = ::write(ready, &port, sizeof port);
  char byte = 0;
  [[maybe_unused]] auto got = ::read(ended, &byte, 1);
  at.door->stop();
  std::filesystem::remove_all(at.folder.path); // _exit runs no destructor.
  ::_exit(0);
}

void measure(bool tcp) {
  int ready[2], ended[2];
  REQUIRE((::pipe(ready) == 0 && ::pipe(ended) == 0));
  scratch folder;
  const auto path = folder.path + "/private/gate.sock";
  const auto child = ::fork();
  if (child == 0) {
    ::close(ended[1]);
    open_gate at;
    at.options.unix_path = path;
    run_sink(at, ready[1], ended[0]);
  }
  std::uint16_t port = 0;
  REQUIRE(::read(ready[0], &port, sizeof port) == sizeof port);
  {
    tls_pump pump;
    caf_system system;
    auto in = tcp ? dial_tcp("127.0.0.1", port, test_key(7), {}, 5s)
                  : dial_unix(path, {}, 5s);
    REQUIRE(in);
    auto root = hand_over_dial(
      system, std::move(*pump.carry(std::move(in->channel))), 5s);
    REQUIRE(root);
    inbox<figures> out;
    auto source = system->spawn<source_actor>(&out);
    send_bytes(*root, caf::actor_cast<caf::strong_actor_ptr>(source),
               link_atom::value, "");
    auto seen = out.take();
    auto& trips = seen.round_trips_us;
    REQUIRE_FALSE(trips.empty());
    std::sort(trips.begin(), trips.end());
    fmt::print("{}: round trip p50 {:.0f} us, p99 {:.0f} us; batches of "
               "100 x 33 B: {:.1f} M records/s\n",
               tcp ? "TLS over TCP" : "Unix socket", trips[trips.size() / 2],
               trips[trips.size() * 99 / 100],
               seen.records_per_second / 1e6);
    caf::actor_cast<source_actor*>(source)->stop();
  }
  ::close(ended[1]);
  ::waitpid(child, nullptr, 0);
}

} // namespace

TEST_CASE("transport's figures over a Unix socket", "[.bench]") {
  measure(false);
}

TEST_CASE("transport's figures over TLS", "[.bench]") {
  measure(true);
}

TEST_CASE("transport's figures of one bulk stream", "[.bench]") {
  open_gate at;
  at.open();
  hello greeting;
  greeting.use = link_use::bulk;
  const auto start = steady::now();
  constexpr int dials = 200;
  for (int i = 0; i < dials; ++i)
    REQUIRE(at.dial(greeting));
  const std::chrono::duration<double, std::milli> dialling
    = steady::now() - start;
  for (int i = 0; i < dials; ++i)
    (void)at.guests.take();
  auto in = at.dial(greeting);
  REQUIRE(in);
  auto guest = at.guests.take();
  constexpr std::size_t chunk = 1 << 20, chunks = 1024;
  std::thread writer{[&] {
    const std::vector<char> bytes(chunk, 'b');
    for (std::size_t i = 0; i < chunks; ++i)
      if (!guest.bulk.write_all(bytes.data(), chunk, 10s))
        return;
  }};
  std::vector<char> bytes(chunk);
  const auto begin = steady::now();
  for (std::size_t i = 0; i < chunks; ++i)
    REQUIRE(in->channel.read_exactly(bytes.data(), chunk, 10s));
  const std::chrono::duration<double> took = steady::now() - begin;
  writer.join();
  fmt::print("TLS dial {:.2f} ms; bulk stream in 1 MiB chunks {:.2f} GB/s\n",
             dialling.count() / dials,
             double(chunk * chunks) / took.count() / 1e9);
}
