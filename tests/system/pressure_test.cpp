// F33: a reader that is stopped for 10 s (60 s with RAYD_LONG_TESTS=1) makes no
// sender grow by more than 64 MiB beyond the records of accepted tasks.

#include "system/processes.hpp"

#include "catch.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <thread>

using namespace rayd::testing;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t mebibyte = 1 << 20;
constexpr std::int64_t limit = 64 * mebibyte;

/// How long readers are stopped.
std::chrono::seconds pause_length() {
  const char* wish = std::getenv("RAYD_LONG_TESTS");
  return wish != nullptr && *wish == '1' ? 60s : 10s;
}

/// The largest growth of *sender* while *reader* is stopped, in bytes.
std::int64_t growth_of(long sender, long reader,
                       const std::function<void()>& meanwhile = {}) {
  const auto before = static_cast<std::int64_t>(pss_of(sender));
  std::int64_t most = 0;
  ::kill(static_cast<pid_t>(reader), SIGSTOP);
  if (meanwhile)
    meanwhile();
  const auto until = std::chrono::steady_clock::now() + pause_length();
  while (std::chrono::steady_clock::now() < until) {
    most = std::max(most, static_cast<std::int64_t>(pss_of(sender)) - before);
    std::this_thread::sleep_for(100ms);
  }
  ::kill(static_cast<pid_t>(reader), SIGCONT);
  std::printf("grew by %.1f MiB\n",
              static_cast<double>(most) / static_cast<double>(mebibyte));
  return most;
}

/// A driver that is under way.
running start_flood(const cluster& place, const char* kind,
                    std::map<std::string, std::string> environment = {}) {
  environment["RAY_ADDRESS"] = "auto";
  running driver{place.program("cluster_user", {kind}, environment)};
  REQUIRE(driver.wait_for_output("flooding", 10s));
  return driver;
}

} // namespace

TEST_CASE("F33: a stopped driver does not make its node grow") {
  cluster place;
  place.start_head({"--num-cpus=2"});
  const auto head = place.nodes().at(0).pid;
  for (const char* kind : {"flood_tasks", "take_results"}) {
    const auto driver = start_flood(place, kind);
    std::this_thread::sleep_for(300ms);
    INFO(kind);
    CHECK(growth_of(head, driver.pid()) <= limit);
    CHECK(driver.runs());
  }
}

TEST_CASE("F33: a stopped node does not make its driver grow") {
  cluster place;
  place.start_head({"--num-cpus=2"});
  const auto head = place.nodes().at(0).pid;
  const auto driver = start_flood(place, "flood_tasks");
  CHECK(growth_of(driver.pid(), head) <= limit);
  CHECK(driver.runs());
}

TEST_CASE("F33: a stopped node does not make another node grow") {
  cluster place;
  place.start_head({"--num-cpus=1"});
  place.start_node({"--num-cpus=1", "--resources=spot=1"});
  const auto go = place.base() / "go";
  auto driver = start_flood(place, "flood_calls", {{"GO_FILE", go.string()}});
  const auto head = node_named(place, "n1").pid;
  const auto away = node_named(place, "n2").pid;
  // 5,000 records of 20 kB and 1 kB of what belongs to them.
  constexpr std::int64_t records = 5000 * 21'000;
  CHECK(growth_of(head, away, [&] { std::ofstream{go} << "go"; })
        <= limit + records);
  const auto done = driver.wait(20s);
  INFO(to_string(done) << '\n' << place.logs());
  CHECK(done.exit_code == 0);
}
