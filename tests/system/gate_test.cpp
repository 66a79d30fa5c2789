// What a stranger on the network meets.

#include "system/cluster.hpp"
#include "system/kernel_view.hpp"

#include "catch.hpp"

#include <algorithm>
#include <fstream>
#include <random>
#include <utility>

#include <sys/resource.h>

using namespace rayd::testing;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

/// Listening TCP sockets of everything that runs in *place*, but for the
/// dashboard's, which is always on loopback here.
std::vector<tcp_listener> listeners_of(const cluster& place) {
  std::uint16_t dashboard = 0;
  for (const auto& node : place.nodes())
    if (is_running(node.pid) && node.is_head)
      dashboard = dashboard_port(node.folder);
  std::vector<tcp_listener> all;
  for (const long pid : pids_of(place.processes()))
    for (const auto& one : tcp_listeners(pid))
      if (one.port == dashboard)
        CHECK(one.loopback);
      else
        all.push_back(one);
  return all;
}

/// CAF's first bytes: a handshake with the magic number and protocol version.
std::string basp_handshake() {
  std::string bytes(40, '\0');
  bytes[4] = 12; // Length of the payload.
  bytes[15] = 5; // Version.
  return bytes + std::string(64, 'x');
}

std::string random_bytes(std::size_t count) {
  std::mt19937 random{42};
  std::string bytes(count, '\0');
  for (auto& byte : bytes)
    byte = static_cast<char>(random());
  return bytes;
}

/// A client's first TLS record, with a length that never comes.
std::string half_a_hello() {
  return std::string{"\x16\x03\x01\x40\x00\x01\x00\x3f\xfc\x03\x03", 11};
}

void raise_descriptor_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 16384);
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

void check_squares(const cluster& place) {
  const auto done = run(
    place.program("squares", {}, {{"RAY_ADDRESS", "auto"}}));
  INFO(to_string(done) << place.logs());
  CHECK(done.exit_code == 0);
  CHECK_THAT(done.out, Contains("0 1 4 9 16 25 36 49 64 81 \n"));
}

} // namespace

TEST_CASE("without a given secret nothing listens beyond loopback") {
  RAYD_NEEDS_PROGRAM("census");
  cluster place;
  place.start_head({"--num-cpus=2"});
  place.start_node({"--num-cpus=2"});
  const auto go = place.base() / "tmp" / "go";
  running driver{place.program("census", {go.string()},
                               {{"RAY_ADDRESS", "auto"}})};
  REQUIRE(driver.wait_for_output("ready", 10s));
  // Drivers, workers and Redis have no port at all.
  std::vector<long> with_port;
  for (const auto& one : listeners_of(place)) {
    INFO("process " << one.pid << " listens at port " << one.port);
    CHECK(one.loopback);
    with_port.push_back(one.pid);
  }
  const auto nodes = place.nodes();
  REQUIRE(nodes.size() == 2);
  std::sort(with_port.begin(), with_port.end());
  std::vector<long> expected{nodes[0].pid, nodes[1].pid};
  std::sort(expected.begin(), expected.end());
  CHECK(with_port == expected);
  CHECK(place.processes().size() > 5);
  std::ofstream{go};
  CHECK(driver.wait(5s).exit_code == 0);
  std::filesystem::remove(go);
}

TEST_CASE("a given secret opens all interfaces, --host just the one it names") {
  cluster place;
  const auto file = place.base() / "secret.txt";
  std::ofstream{file} << "given by a person\n";
  std::filesystem::permissions(file, std::filesystem::perms::owner_read);
  const auto secret = "--redis-password-file=" + file.string();
  const auto beyond = [&](const std::vector<std::string>& flags) {
    place.start_head(flags);
    const auto found = listeners_of(place);
    REQUIRE(found.size() == 1);
    CHECK(found[0].port == place.port());
    CHECK(place.stop().exit_code == 0);
    return !found[0].loopback;
  };
  CHECK(beyond({"--num-cpus=0", secret}));
  CHECK_FALSE(beyond({"--num-cpus=0", secret, "--host=127.0.0.1"}));
  CHECK_FALSE(beyond({"--num-cpus=0"}));
  CHECK(beyond({"--num-cpus=0", "--host=0.0.0.0"}));
}

TEST_CASE("private clusters have no port") {
  RAYD_NEEDS_PROGRAM("census");
  cluster place;
  const auto go = place.base() / "tmp" / "go";
  running driver{place.program("census", {go.string()})};
  REQUIRE(driver.wait_for_output("ready", 10s));
  CHECK(place.processes().size() > 3);
  CHECK(listeners_of(place).empty());
  std::ofstream{go};
  CHECK(driver.wait(5s).exit_code == 0);
  std::filesystem::remove(go);
}

TEST_CASE("no byte of a stranger gets past the gate") {
  RAYD_NEEDS_PROGRAM("squares");
  cluster place;
  place.start_head({"--num-cpus=5"});
  place.start_node({"--num-cpus=5"});
  const auto ports = listeners_of(place);
  REQUIRE(ports.size() == 2);
  for (int round = 0; round < 20; ++round)
    for (const auto& port : ports)
      for (const auto& bytes :
           {basp_handshake(), random_bytes(64 << 10), std::string(1, '\0'),
            std::string{"GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
            half_a_hello() + random_bytes(100'000)}) {
        plain_client stranger{port.port};
        REQUIRE(stranger.connected());
        stranger.send(bytes);
        if (bytes.size() == 1)
          continue; // It waits for more, and the client goes.
        CHECK(stranger.closed_within(5s));
        // Nothing, or an alert of TLS.
        CHECK((stranger.received().empty() || stranger.received()[0] == 0x15));
      }
  check_squares(place);
  const auto status = place.rayd({"status"});
  CHECK_THAT(status.out, Contains("n1    head  alive"));
  CHECK_THAT(status.out, Contains("n2    node  alive"));
  CHECK_THAT(place.logs(), !Contains("terminate"));
}

TEST_CASE("1,000 silent connections at each port are closed within 5 s") {
  RAYD_NEEDS_PROGRAM("squares");
  raise_descriptor_limit();
  cluster place;
  place.start_head({"--num-cpus=5"});
  place.start_node({"--num-cpus=5"});
  const auto nodes = place.nodes();
  const auto ports = listeners_of(place);
  REQUIRE(ports.size() == 2);
  using clock = std::chrono::steady_clock;
  std::vector<std::pair<plain_client, clock::time_point>> silent;
  for (const auto& port : ports)
    for (int i = 0; i < 1000; ++i) {
      silent.emplace_back(plain_client{port.port}, clock::now());
      if (i % 2 == 1)
        silent.back().first.send(half_a_hello());
    }
  for (const auto& node : nodes)
    for (int i = 0; i < 1000; ++i)
      silent.emplace_back(plain_client{node.folder / "node.sock"},
                          clock::now());
  CHECK(std::all_of(silent.begin(), silent.end(),
                    [](auto& one) { return one.first.connected(); }));
  // They are served while the strangers are there.
  running squares{place.program("squares", {}, {{"RAY_ADDRESS", "auto"}})};
  const auto status = place.rayd({"status"});
  CHECK(status.exit_code == 0);
  CHECK(status.took < 1s);
  int open = 0;
  for (auto& [one, since] : silent) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      since + 5s - clock::now());
    if (one.connected() && !one.closed_within(std::max(left, 0ms)))
      ++open;
  }
  CHECK(open == 0);
  const auto done = squares.wait(20s);
  INFO(to_string(done));
  CHECK(done.exit_code == 0);
  CHECK_THAT(done.out, Contains("0 1 4 9 16 25 36 49 64 81 \n"));
  // Another node joins right after.
  place.start_node({"--num-cpus=1"});
}
