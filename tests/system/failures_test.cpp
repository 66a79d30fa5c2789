// Parts die by kill -9, and the rest goes on.

#include "system/processes.hpp"

#include "catch.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>
#include <vector>

using namespace rayd::testing;
using namespace std::chrono_literals;

namespace {

std::map<std::string, std::string> on_this_cluster() {
  return {{"RAY_ADDRESS", "auto"}};
}

/// Microseconds that a condition took to become true; -1: it did not.
template <class Condition>
long micros_until(Condition condition, std::chrono::milliseconds limit) {
  const auto start = std::chrono::steady_clock::now();
  while (!condition()) {
    if (std::chrono::steady_clock::now() - start > limit)
      return -1;
    std::this_thread::sleep_for(200us);
  }
  return static_cast<long>(
    std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - start)
      .count());
}

} // namespace

TEST_CASE("F1: a worker's death is seen at once, and its task tried again") {
  cluster place;
  const auto done
    = run(place.program("crashes", {"workers"}, {{"RAY_NUM_CPUS", "2"}}));
  INFO(to_string(done) << '\n' << place.logs());
  std::printf("F1, from submission to error:\n%s", done.out.c_str());
  CHECK(done.exit_code == 0);
}

TEST_CASE("F4: a killed node's tasks run elsewhere, its actors are dead") {
  cluster place;
  place.start_head({"--num-cpus=1"});
  place.start_node({"--num-cpus=4", "--resources=spot=4"});
  auto environment = on_this_cluster();
  const auto go = place.base() / "go";
  environment["GO_FILE"] = go.string();
  running program{place.program("cluster_user", {"node_death"}, environment)};
  REQUIRE(program.wait_for_output("doomed n2", 10s));
  place.start_node({"--num-cpus=4", "--resources=spot=4"});
  std::ofstream{go} << "go";
  REQUIRE(program.wait_for_output("running", 5s));
  std::this_thread::sleep_for(200ms);

  const auto doomed = node_named(place, "n2");
  const auto workers = workers_of(doomed.pid);
  CHECK(workers.size() >= 4);
  const auto killed_at = now_ms();
  ::kill(static_cast<pid_t>(doomed.pid), SIGKILL);
  const auto gone = micros_until([&] { return count_running(workers) == 0; },
                                 1s);
  CHECK(gone >= 0);
  const bool known = eventually(
    [&] { return state_of(status_of(place), "n2") == "dead"; }, 1s);
  const auto known_after = now_ms() - killed_at;
  CHECK(known);
  CHECK(known_after <= 1000);

  const auto done = program.wait(20s);
  INFO(to_string(done) << '\n' << place.logs());
  CHECK(done.exit_code == 0);
  long last = 0;
  int again = 0;
  for (const auto& line : lines_of(done.out, "run")) {
    long started = 0;
    int attempt = 0;
    REQUIRE(std::sscanf(line.c_str(), "n%*d %ld %d", &started, &attempt) == 2);
    if (attempt > 0) {
      ++again;
      last = std::max(last, started - killed_at);
    }
  }
  std::printf("F4: %zu workers gone after %.1f ms, head knows after %ld ms, "
              "%d tasks run again, the last one after %ld ms\n",
              workers.size(), static_cast<double>(gone) / 1000, known_after,
              again, last);
  CHECK(again >= 1);
  CHECK(last <= 2000);
}

// Another process may just have the processor: the middle one of five counts.
TEST_CASE("F4: workers die with their node within 10 ms") {
  cluster place;
  place.start_head({"--num-cpus=1"});
  for (int i = 0; i < 5; ++i)
    place.start_node({"--num-cpus=4"});
  running program{
    place.program("cluster_user", {"fill_nodes"}, on_this_cluster())};
  REQUIRE(program.wait_for_output("filling", 5s));
  // Nothing starts any more: all slots are taken.
  REQUIRE(eventually(
    [&] { return status_of(place)["totals"]["tasks_running"] == 21; }, 20s));
  std::vector<long> gone;
  for (const auto* name : {"n2", "n3", "n4", "n5", "n6"}) {
    const auto node = node_named(place, name).pid;
    const auto workers = workers_of(node);
    REQUIRE(workers.size() >= 4);
    ::kill(static_cast<pid_t>(node), SIGKILL);
    gone.push_back(
      micros_until([&] { return count_running(workers) == 0; }, 1s));
    CHECK(gone.back() >= 0);
    // What others do about it does not take the next one's time.
    REQUIRE(eventually(
      [&] { return state_of(status_of(place), name) == "dead"; }, 1s));
  }
  std::sort(gone.begin(), gone.end());
  std::printf("F4: workers gone after %.1f to %.1f ms, the middle one %.1f\n",
              static_cast<double>(gone.front()) / 1000,
              static_cast<double>(gone.back()) / 1000,
              static_cast<double>(gone[2]) / 1000);
  CHECK(gone[2] <= 10'000);
}

TEST_CASE("a tree of tasks survives a node that dies in the middle") {
  cluster place;
  place.start_head({"--num-cpus=2"});
  place.start_node({"--num-cpus=2"});
  place.start_node({"--num-cpus=2"});
  running program{
    place.program("cluster_user", {"grow_tree"}, on_this_cluster())};
  REQUIRE(program.wait_for_output("growing", 5s));
  std::this_thread::sleep_for(250ms);
  REQUIRE(program.runs());
  ::kill(static_cast<pid_t>(node_named(place, "n3").pid), SIGKILL);
  const auto done = program.wait(25s);
  INFO(to_string(done) << '\n' << place.logs());
  std::printf("a tree with a node killed: %lld ms\n",
              static_cast<long long>(done.took.count()));
  CHECK(done.exit_code == 0);
}

TEST_CASE("F17: a killed driver leaves nothing of its job") {
  cluster place;
  place.start_head({"--num-cpus=2"});
  place.start_node({"--num-cpus=4", "--resources=spot=8"});
  const auto first = run(place.program("counter_caf", {}, on_this_cluster()));
  REQUIRE(first.exit_code == 0);
  const auto idle = [&] {
    const auto status = status_of(place);
    return status.is_object() && status["totals"]["workers"] == 0;
  };
  REQUIRE(eventually(idle, 5s));
  const auto before = accounts_of(status_of(place));
  const std::vector pids{node_named(place, "n1").pid,
                         node_named(place, "n2").pid};

  running driver{place.program("cluster_user", {"burden"}, on_this_cluster())};
  INFO(place.logs());
  REQUIRE(driver.wait_for_output("burdened", 10s));
  std::vector<long> workers = workers_of(pids[0]);
  for (const auto pid : workers_of(pids[1]))
    workers.push_back(pid);
  CHECK(workers.size() >= 6);
  CHECK(accounts_of(status_of(place)) != before);

  driver.signal(SIGKILL);
  const auto start = now_ms();
  const auto gone = micros_until([&] { return count_running(workers) == 0; },
                                 2s);
  CHECK(gone >= 0);
  std::string after;
  const bool same = eventually(
    [&] { return (after = accounts_of(status_of(place))) == before; },
    2s - std::chrono::milliseconds{now_ms() - start});
  std::printf("F17: %zu workers gone after %.1f ms, accounts as before after "
              "%ld ms\n",
              workers.size(), static_cast<double>(gone) / 1000,
              now_ms() - start);
  INFO("before:\n" << before << "after:\n" << after);
  CHECK(same);
  CHECK(workers_of(pids[0]).empty());
  CHECK(workers_of(pids[1]).empty());
  driver.wait(1s);
  // The actor's name is free again.
  running next{place.program("cluster_user", {"burden"}, on_this_cluster())};
  CHECK(next.wait_for_output("burdened", 10s));
}
