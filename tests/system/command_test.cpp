#include "system/command.hpp"

#include "catch.hpp"
#include "system/cluster.hpp"

#include <csignal>
#include <set>

using namespace rayd::testing;
using namespace std::chrono_literals;

TEST_CASE("a command's output, errors and exit code are kept apart") {
  const auto done = run({{"sh", "-c", "cat; echo b >&2; exit 7"}, {}, "a"});
  CHECK(done.out == "a");
  CHECK(done.err == "b\n");
  CHECK(done.exit_code == 7);
  CHECK_FALSE(done.output_held);
}

TEST_CASE("more output than a pipe holds is read while the command runs") {
  const auto done = run({{"head", "-c", "1000000", "/dev/zero"}});
  CHECK(done.exit_code == 0);
  CHECK(done.out.size() == 1'000'000);
}

TEST_CASE("a command that is too slow is killed with its children") {
  const auto done = run({{"sh", "-c", "sleep 20; true"}}, 100ms);
  CHECK(done.exit_code == -1);
  CHECK(done.took < 10s);
}

TEST_CASE("a daemon that keeps the output open does not hold up the test") {
  const auto done = run({{"sh", "-c", "setsid sleep 2 & echo started"}});
  CHECK(done.exit_code == 0);
  CHECK(done.out == "started\n");
  CHECK(done.output_held);
  CHECK(done.took < 2s);
}

TEST_CASE("a running command can be watched and signalled") {
  running process{{{"sh", "-c", "echo ready; exec sleep 20"}}};
  CHECK(process.wait_for_output("ready\n", 10s));
  CHECK(process.runs());
  CHECK(is_running(process.pid()));
  process.signal(SIGTERM);
  CHECK(process.wait(10s).exit_code == 128 + SIGTERM);
  CHECK_FALSE(process.runs());
  CHECK_FALSE(is_running(process.pid()));
}

TEST_CASE("a program that does not exist is reported by name") {
  CHECK_THROWS_WITH(run({{"no-such-program"}}),
                    Catch::Matchers::Contains("no-such-program"));
}

TEST_CASE("the environment of this process does not reach a cluster") {
  ::setenv("RAY_ADDRESS", "elsewhere:1", 1);
  const auto done = run({{"env"}, {{"RAYD_X", "y"}}});
  ::unsetenv("RAY_ADDRESS");
  CHECK(done.out.find("RAY_ADDRESS") == std::string::npos);
  CHECK(done.out.find("RAYD_X=y\n") != std::string::npos);
}

TEST_CASE("free ports differ") {
  const auto ports = free_ports(20);
  CHECK(std::set(ports.begin(), ports.end()).size() == 20);
}
