// F40: however a node is told to end, nothing is left of it.

#include "system/processes.hpp"

#include "catch.hpp"

#include <csignal>
#include <memory>
#include <thread>

using namespace rayd::testing;
using namespace std::chrono_literals;

namespace {

/// A cluster of two nodes with a job that would go on for a minute.
struct busy_cluster {
  cluster place;
  std::unique_ptr<running> driver;
  std::vector<node_entry> nodes;

  busy_cluster() {
    place.start_head({"--num-cpus=2"});
    place.start_node({"--num-cpus=4", "--resources=spot=8"});
    driver = std::make_unique<running>(
      place.program("cluster_user", {"burden"}, {{"RAY_ADDRESS", "auto"}}));
    REQUIRE(driver->wait_for_output("burdened", 10s));
    nodes = place.nodes();
    REQUIRE(nodes.size() == 2);
  }

  /// The driver ends by itself, with a sentence.
  void expect_driver_fails() {
    const auto done = driver->wait(5s);
    INFO(to_string(done));
    CHECK(done.exit_code == 1);
    CHECK(done.out.find("FAILED: ") != std::string::npos);
  }

  /// Nothing is left, although nobody called `rayd stop`.
  void expect_nothing_left() {
    CHECK(eventually([&] { return place.processes().empty(); }, 1s));
    for (const auto& line : place.processes())
      FAIL_CHECK("left over: " << line);
    for (const auto& node : nodes)
      for (const auto* name : {"node.sock", "secret", "processes"})
        if (std::filesystem::exists(node.folder / name))
          FAIL_CHECK("left over: " << node.folder / name);
  }
};

} // namespace

TEST_CASE("rayd stop ends a busy cluster within 10 s") {
  busy_cluster busy;
  const auto done = busy.place.stop();
  INFO(to_string(done) << '\n' << busy.place.logs());
  std::printf("rayd stop of a busy cluster: %lld ms\n",
              static_cast<long long>(done.took.count()));
  CHECK(done.exit_code == 0);
  CHECK(done.took < 10s);
  CHECK(done.err.find("killed") == std::string::npos);
  CHECK(done.out.find("killed") == std::string::npos);
  busy.expect_driver_fails();
  busy.expect_nothing_left();
}

TEST_CASE("SIGTERM to its processes ends a busy cluster within 10 s") {
  busy_cluster busy;
  for (const auto& node : busy.nodes)
    ::kill(static_cast<pid_t>(node.pid), SIGTERM);
  for (const auto& node : busy.nodes)
    CHECK(eventually([&] { return !is_running(node.pid); }, 10s));
  busy.expect_driver_fails();
  busy.expect_nothing_left();
}

TEST_CASE("SIGINT twice ends a busy cluster at once") {
  busy_cluster busy;
  for (int i = 0; i < 2; ++i) {
    for (const auto& node : busy.nodes)
      ::kill(static_cast<pid_t>(node.pid), SIGINT);
    std::this_thread::sleep_for(20ms);
  }
  for (const auto& node : busy.nodes)
    CHECK(eventually([&] { return !is_running(node.pid); }, 2s));
  busy.expect_driver_fails();
  busy.expect_nothing_left();
}

TEST_CASE("SIGINT twice ends a node in the foreground") {
  cluster place;
  const auto port = free_ports(1).front();
  running node{
    place.program("rayd", {"start", "--head", "--block", "--num-cpus=1",
                           "--port=" + std::to_string(port)})};
  REQUIRE(eventually(
    [&] {
      const auto nodes = place.nodes();
      return nodes.size() == 1 && nodes[0].state == "running";
    },
    5s));
  node.signal(SIGINT);
  node.signal(SIGINT);
  const auto done = node.wait(3s);
  INFO(to_string(done));
  CHECK(done.exit_code >= 0);
  CHECK(eventually([&] { return place.processes().empty(); }, 1s));
}

TEST_CASE("a program that ends takes its private cluster with it") {
  cluster place;
  running program{place.program("counter", {}, {{"RAY_NUM_CPUS", "1"}})};
  REQUIRE(eventually(
    [&] {
      const auto nodes = place.nodes();
      return nodes.size() == 1 && nodes[0].state == "running";
    },
    5s));
  program.signal(SIGKILL);
  program.wait(1s);
  CHECK(eventually([&] { return place.processes().empty(); }, 2s));
}
