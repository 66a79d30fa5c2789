// rayd up and rayd down: on this machine, and over an sshd on loopback.

#include "system/processes.hpp"
#include "system/ssh_server.hpp"

#include "catch.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>
#include <sstream>
#include <sys/stat.h>

using namespace rayd::testing;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

/// Writes a cluster's file and gives its path.
std::string write_file(const cluster& place, const std::string& body) {
  const auto file = place.base() / "cluster.conf";
  std::ofstream{file} << "[cluster]\nname=\"lab\"\n" << body;
  return file.string();
}

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::size_t count_of(const std::string& text, const std::string& word) {
  std::size_t count = 0;
  for (auto at = text.find(word); at != std::string::npos;
       at = text.find(word, at + word.size()))
    ++count;
  return count;
}

std::vector<node_entry> running_nodes(const cluster& place) {
  auto nodes = place.nodes();
  std::erase_if(nodes, [](auto& one) { return !is_running(one.pid); });
  return nodes;
}

std::string free_port() {
  return std::to_string(free_ports(1).front());
}

} // namespace

TEST_CASE("up starts a cluster and what is missing of it; down ends it") {
  cluster place;
  // Another head of this user, which neither may touch.
  place.start_head({"--num-cpus=1"});
  const auto file = write_file(
    place, "redis-password-file=\"lab.secret\"\n"
           "head={host=\"localhost\", num-cpus=1, port="
             + free_port()
             + "}\nnodes=[{host=\"localhost\", count=2, num-cpus=1, "
               "labels={zone=\"it's a\"}}]\n");
  const auto plan = place.rayd({"up", "--dry-run", file});
  INFO(to_string(plan));
  CHECK(plan.exit_code == 0);
  CHECK(count_of(plan.out, "rayd start --address=localhost:") == 2);
  CHECK_THAT(plan.out, Contains("'--labels=zone=it'\\''s a'"));
  CHECK(running_nodes(place).size() == 1);
  const auto secret = place.base() / "lab.secret";
  CHECK_FALSE(std::filesystem::exists(secret));

  const auto first = place.rayd({"up", file});
  INFO(to_string(first) << '\n' << place.logs());
  REQUIRE(first.exit_code == 0);
  CHECK_FALSE(first.output_held);
  CHECK(count_of(first.out, "localhost: node n") == 3);
  struct stat info {};
  REQUIRE(::stat(secret.c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0600);
  CHECK(running_nodes(place).size() == 4);

  const auto second = place.rayd({"up", file});
  INFO(to_string(second));
  CHECK(second.exit_code == 0);
  CHECK(count_of(second.out, " runs already as lab/") == 3);
  CHECK(running_nodes(place).size() == 4);

  const auto nodes = running_nodes(place);
  const auto victim = std::find_if(nodes.begin(), nodes.end(),
                                   [](auto& one) { return one.id == "n3"; });
  REQUIRE(victim != nodes.end());
  ::kill(static_cast<pid_t>(victim->pid), SIGKILL);
  REQUIRE(eventually([&] { return !is_running(victim->pid); }, 5s));
  const auto third = place.rayd({"up", file});
  INFO(to_string(third));
  CHECK(third.exit_code == 0);
  CHECK(count_of(third.out, " runs already as lab/") == 2);
  CHECK_THAT(third.out, Contains("localhost: node n4 runs as node"));

  const auto down = place.rayd({"down", file});
  INFO(to_string(down));
  CHECK(down.exit_code == 0);
  CHECK(count_of(down.out, "localhost: stopped ") == 3);
  const auto left = running_nodes(place);
  REQUIRE(left.size() == 1);
  CHECK(left[0].pid == nodes[0].pid);
  CHECK(std::filesystem::exists(secret));
  const auto nothing = place.rayd({"down", file});
  CHECK(nothing.exit_code == 0);
  CHECK(nothing.err == "localhost: no node of lab runs there\n");
}

TEST_CASE("up right after the head has died starts all of it again") {
  cluster place;
  const auto file = write_file(
    place, "head={host=\"localhost\", num-cpus=1, port=" + free_port()
             + "}\nnodes=[{host=\"localhost\", num-cpus=1}]\n");
  const auto first = place.rayd({"up", file});
  INFO(to_string(first));
  REQUIRE(first.exit_code == 0);
  const auto before = running_nodes(place);
  REQUIRE(before.size() == 2);
  ::kill(static_cast<pid_t>(before[0].pid), SIGKILL);
  const auto again = place.rayd({"up", file});
  INFO(to_string(again) << '\n' << place.logs());
  CHECK(again.exit_code == 0);
  CHECK(count_of(again.out, "localhost: node n") == 2);
  CHECK_THAT(again.out, !Contains("already"));
  CHECK(running_nodes(place).size() == 2);

  // down cleans up after a head that died, too.
  for (const auto& node : running_nodes(place))
    if (node.is_head)
      ::kill(static_cast<pid_t>(node.pid), SIGKILL);
  const auto down = place.rayd({"down", file});
  INFO(to_string(down));
  CHECK(down.exit_code == 0);
  for (const auto& node : place.nodes())
    CHECK(node.state == "ended");
}

TEST_CASE("what fails is said in its place, and the rest runs") {
  cluster place;
  const auto head = "head={host=\"localhost\", num-cpus=1, port=" + free_port()
                    + "}\n";
  const auto file = write_file(place,
                               head
                                 + "nodes=[{host=\"localhost\", num-cpus=1},\n"
                                   "{host=\"localhost\", "
                                   "object-store-memory=\"1000000TiB\"}]\n");
  const auto up = place.rayd({"up", file});
  INFO(to_string(up));
  CHECK(up.exit_code == 1);
  CHECK(count_of(up.out, "localhost: node n") == 2);
  CHECK_THAT(up.err, Contains("localhost: --object-store-memory: "));
  CHECK_THAT(up.err, Contains("rayd: lab is not complete: 1 of 1 hosts"));

  // Another cluster that calls itself the same.
  const auto other = write_file(
    place, "head={host=\"localhost\", num-cpus=1, port=" + free_port() + "}\n");
  const auto confused = place.rayd({"up", other});
  INFO(to_string(confused));
  CHECK(confused.exit_code == 1);
  CHECK_THAT(confused.err, Contains("runs as lab/head of another cluster"));
  CHECK_THAT(confused.err, Contains("the head of lab did not start"));
  CHECK(place.rayd({"down", file}).exit_code == 0);
  CHECK(running_nodes(place).empty());
}

TEST_CASE("a cluster's file that is wrong is refused before anything runs") {
  cluster place;
  const auto file = write_file(place, "head={host=\"localhost\", num-cpu=1}\n");
  for (const auto* command : {"up", "down"}) {
    const auto done = place.rayd({command, file});
    INFO(to_string(done));
    CHECK(done.exit_code == 2);
    CHECK(done.err
          == "rayd: " + file
               + ":3: unknown key \"num-cpu\", did you "
                 "mean num-cpus?\n");
  }
  CHECK(place.rayd({"up", file + ".none"}).exit_code == 2);
  CHECK(place.rayd({"up"}).exit_code == 2);
  CHECK(place.nodes().empty());
}

TEST_CASE("up and down reach other hosts over ssh") {
  const auto obstacle = ssh_obstacle();
  RAYD_SKIP_IF(!obstacle.empty(), obstacle);
  cluster place;
  ssh_server server{place, {"127.0.0.2", "127.0.0.3"}};
  const auto begin = "redis-password-file=\"lab.secret\"\nssh={port="
                     + std::to_string(server.port()) + ", identity-file=\""
                     + server.identity_file().string() + "\"}\n";
  const auto head = "head={host=\"127.0.0.2\", num-cpus=1, port=" + free_port()
                    + "}\n";
  const auto file = write_file(
    place, begin + head
             + "nodes=[{host=\"127.0.0.3\", count=2, num-cpus=1, "
               "labels={zone=\"it's a\"}},\n{host=\"localhost\"}]\n");
  const auto rayd = [&](std::vector<std::string> words) {
    return run(place.program("rayd", std::move(words), server.environment()));
  };
  const auto up = rayd({"up", file});
  INFO(to_string(up) << '\n' << place.logs());
  REQUIRE(up.exit_code == 0);
  CHECK_THAT(up.out, Contains("127.0.0.2: node n1 runs as head"));
  CHECK(count_of(up.out, "127.0.0.3: node n") == 2);
  CHECK(count_of(up.out, "localhost: node n") == 1);
  CHECK(running_nodes(place).size() == 4);
  CHECK(count_of(server.calls(), "\n") == 2);

  // The secret is on the hosts, for this user alone, and nowhere else.
  const auto secret = text_of(place.base() / "lab.secret");
  REQUIRE(secret.size() == 38);
  const auto copy = place.base() / "config/rayd/lab.secret";
  CHECK(text_of(copy) == secret);
  struct stat info {};
  REQUIRE(::stat(copy.c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0600);
  const auto word = secret.substr(0, 37);
  CHECK_THAT(server.calls(), !Contains(word));
  const auto plan = rayd({"up", "--dry-run", file});
  CHECK_THAT(plan.out, !Contains(word));
  CHECK_THAT(plan.out, Contains("-- 127.0.0.3 sh <<'end-of-script'"));

  const auto again = rayd({"up", file});
  INFO(to_string(again));
  CHECK(again.exit_code == 0);
  CHECK(count_of(again.out, " runs already as lab/") == 4);
  CHECK(running_nodes(place).size() == 4);

  const auto down = rayd({"down", file});
  INFO(to_string(down));
  CHECK(down.exit_code == 0);
  CHECK_THAT(down.out, Contains("127.0.0.2: stopped "));
  CHECK(running_nodes(place).empty());
  CHECK_FALSE(std::filesystem::exists(copy));
}

TEST_CASE("hosts that cannot be reached are named, the others run") {
  const auto obstacle = ssh_obstacle();
  RAYD_SKIP_IF(!obstacle.empty(), obstacle);
  cluster place;
  ssh_server server{place, {"127.0.0.2"}, {"127.0.0.5"}};
  const auto begin = "redis-password-file=\"lab.secret\"\nssh={port="
                     + std::to_string(server.port()) + ", identity-file=\""
                     + server.identity_file().string() + "\"}\n";
  const auto head = "head={host=\"127.0.0.2\", num-cpus=1, port=" + free_port()
                    + "}\n";
  const auto rayd = [&](std::vector<std::string> words) {
    return run(place.program("rayd", std::move(words), server.environment()));
  };
  const auto file = write_file(
    place, begin + head
             + "nodes=[{host=\"127.0.0.4\"}, {host=\"127.0.0.5\"}, "
               "{host=\"127.0.0.2\", num-cpus=1}]\n");
  const auto up = rayd({"up", file});
  INFO(to_string(up));
  CHECK(up.exit_code == 1);
  CHECK(count_of(up.out, "127.0.0.2: node n") == 2);
  CHECK_THAT(up.err, Contains("127.0.0.4: ssh: connect to host 127.0.0.4 port "
                              + std::to_string(server.port())
                              + ": Connection refused"));
  CHECK_THAT(up.err, Contains("127.0.0.5: Host key verification failed. If "
                              "you trust that host, run once: ssh -p "
                              + std::to_string(server.port()) + " 127.0.0.5"));
  CHECK_THAT(up.err, Contains("2 of 3 hosts failed"));
  const auto down = rayd({"down", file});
  INFO(to_string(down));
  CHECK(down.exit_code == 1);
  CHECK_THAT(down.err, Contains("nodes of lab may still run there"));
  CHECK(running_nodes(place).empty());
}
