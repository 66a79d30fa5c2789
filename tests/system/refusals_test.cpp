// What is refused: at once, in one sentence, and with nothing left behind.

#include "system/cluster.hpp"
#include "system/kernel_view.hpp"

#include "catch.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>

using namespace rayd::testing;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

using arguments = std::vector<std::string>;

/// One line on standard error with all of *words*, nothing on standard output,
/// within a second.
void check_refusal(const outcome& done, int code, const arguments& words) {
  INFO(to_string(done));
  CHECK(done.exit_code == code);
  CHECK(done.took < 1s);
  CHECK(done.out.empty());
  CHECK(std::count(done.err.begin(), done.err.end(), '\n') == 1);
  for (const auto& word : words)
    CHECK_THAT(done.err, Contains(word));
}

/// What stands below the session base, but for what a test put there.
std::vector<std::string> sessions_in(const cluster& place) {
  std::vector<std::string> names;
  std::error_code none;
  for (const auto& entry :
       std::filesystem::directory_iterator{place.base() / "rayd", none})
    names.push_back(entry.path().filename());
  return names;
}

void check_nothing_changed(const cluster& place) {
  CHECK(sessions_in(place).empty());
  CHECK(place.processes() == std::vector<std::string>{});
}

} // namespace

TEST_CASE("a wrong command, flag or value is usage, with the nearest name") {
  cluster place;
  const auto refused = [&](const arguments& args, const arguments& words) {
    check_refusal(place.rayd(args), 2, words);
  };
  refused({"strat"}, {"unknown command strat", "did you mean start?"});
  refused({"statsu"}, {"did you mean status?"});
  refused({"start", "--heda"}, {"--heda", "did you mean --head?"});
  refused({"stop", "--nod=n1"}, {"--nod", "did you mean --node?"});
  refused({"status", "--jsno"}, {"did you mean --json?"});
  refused({"list", "node"}, {"did you mean nodes?"});
  refused({"version", "--vrebose"}, {"version"});
  refused({"start"}, {"--head", "--address"});
  refused({"start", "--head", "--address=a"}, {"contradict"});
  refused({"start", "--head", "--port=99999"}, {"--port", "99999"});
  refused({"start", "--head", "--num-cpus=many"}, {"--num-cpus", "many"});
  refused({"start", "--head", "--memory=2XB"}, {"--memory", "2XB"});
  refused({"start", "--head", "--node-port=1"}, {"--node-port"});
  refused({"start", "--address=h", "--port=1"}, {"--port"});
  refused({"start", "--head", "--host=203.0.113.7", "--port=0"},
          {"203.0.113.7"});
  refused({"start", "--head", "--dashboard-host=203.0.113.7", "--port=0"},
          {"--dashboard-host", "203.0.113.7"});
  refused({"start", "--head", "--dashboard-port=99999"},
          {"--dashboard-port", "99999"});
  refused({"start", "--head", "--object-store-dir=/none/of/it", "--port=0"},
          {"/none/of/it"});
  check_nothing_changed(place);
}

TEST_CASE("flags that do not work yet are refused by name") {
  cluster place;
  check_refusal(place.rayd({"start", "--head", "--control-store=127.0.0.1:1"}),
                2, {"--control-store", "does not work yet"});
  check_refusal(place.rayd({"report"}), 2, {"rayd report -o run.html"});
  check_nothing_changed(place);
}

TEST_CASE("a bad config file is refused with its line and the nearest name") {
  cluster place;
  const auto file = (place.base() / "bad.conf").string();
  const auto refused = [&](const std::string& text, const arguments& words) {
    std::ofstream{file} << text;
    check_refusal(place.rayd({"start", "--config=" + file}), 2, words);
  };
  refused("[rayd]\nhead=true\nnum-cpu=2\n",
          {file + ":3: ", "\"num-cpu\"", "did you mean num-cpus?"});
  refused("[raid]\nhead=true\n", {file, "[raid]", "did you mean rayd?"});
  refused("[rayd]\nhead=true\nport=\"x\"\n", {file + ":3: ", "port"});
  refused("[rayd]\nhead=true\nport=99999\n", {file + ":3: ", "99999"});
  refused("[rayd]\nhead=true\nnonsense\n", {file + ":3: "});
  refused("[rayd]\nhead=true\nload=\"/none/libtasks.so\"\n",
          {file + ":3: ", "load", "/none/libtasks.so"});
  // A secret that others of this machine can read.
  refused("[rayd]\nhead=true\nredis-password=\"canary\"\n",
          {file, "chmod 600"});
  std::filesystem::remove(file);
  check_refusal(place.rayd({"start", "--config=" + file}), 2,
                {"cannot read", file});
  check_nothing_changed(place);
}

TEST_CASE("a malformed address is usage, an empty one finds nobody") {
  cluster place;
  for (const std::string address :
       {"foo:bar", ":::", "a:b:c", "h:0", ":6379"}) {
    check_refusal(place.rayd({"start", "--address=" + address}), 2,
                  {"--address", address});
    check_refusal(place.rayd({"status", "--address=" + address}), 2,
                  {"--address", address});
    check_refusal(run(place.program("rayd", {"status"},
                                    {{"RAY_ADDRESS", address}})),
                  2, {"RAY_ADDRESS", address});
  }
  const auto nobody
    = "127.0.0.1:" + std::to_string(free_ports(1).front());
  const auto file = (place.base() / "secret.txt").string();
  std::ofstream{file} << "canary\n";
  std::filesystem::permissions(file, std::filesystem::perms::owner_read);
  for (const char* command : {"start", "status"}) {
    check_refusal(place.rayd({command, "--address=" + nobody,
                              "--redis-password-file=" + file}),
                  3, {nobody, "nobody answers"});
    check_refusal(place.rayd({command, "--address=" + nobody}), 3,
                  {nobody, "no secret is given", "copy the file"});
  }
  check_refusal(place.rayd({"status"}), 3, {"no node of yours runs"});
  check_refusal(place.rayd({"list", "nodes"}), 3, {"no node of yours runs"});
  check_refusal(place.rayd({"dump"}), 1, {"no head of yours has run"});
  check_refusal(place.rayd({"stop", "--node=n9"}), 1, {"no node n9"});
  check_nothing_changed(place);
}

TEST_CASE("a program whose address is wrong gets an exception that says so") {
  RAYD_NEEDS_PROGRAM("squares");
  cluster place;
  const auto nobody
    = "127.0.0.1:" + std::to_string(free_ports(1).front());
  const auto refused = [&](const std::string& address, const arguments& words,
                           const std::string& secret = {}) {
    std::map<std::string, std::string> environment{{"RAY_ADDRESS", address}};
    if (!secret.empty())
      environment["RAY_REDIS_PASSWORD"] = secret;
    const auto done = run(place.program("squares", {}, environment));
    INFO(to_string(done));
    CHECK(done.exit_code == 128 + SIGABRT); // Nobody catches it.
    CHECK(done.took < 1s);
    CHECK_THAT(done.err, Contains("what():  "));
    CHECK(std::count(done.err.begin(), done.err.end(), '\n') == 2);
    for (const auto& word : words)
      CHECK_THAT(done.err, Contains(word));
  };
  refused("foo:bar", {"ray::connection_failed", "\"foo:bar\"", "HOST:PORT"});
  refused("auto", {"no node of this user runs on this machine"});
  refused(nobody, {nobody, "RAY_REDIS_PASSWORD_FILE"});
  refused(nobody, {nobody, "nobody answers"}, "canary");
  check_nothing_changed(place);
}

TEST_CASE("without the secret no port of a cluster lets anyone in") {
  cluster place;
  place.start_head({"--num-cpus=1"});
  place.start_node({"--num-cpus=1"});
  // A person who has nothing of the cluster: as on another machine.
  cluster stranger;
  const auto wrong = "--redis-password-file="
                     + (stranger.base() / "wrong.txt").string();
  std::ofstream{stranger.base() / "wrong.txt"} << "not the secret\n";
  std::filesystem::permissions(stranger.base() / "wrong.txt",
                               std::filesystem::perms::owner_read);
  std::size_t ports = 0;
  for (const auto& node : place.nodes())
    for (const auto& listener : tcp_listeners(node.pid)) {
      if (listener.port == dashboard_port(node.folder))
        continue; // It speaks HTTP; dashboard_test.cpp is about it.
      ++ports;
      const auto at = "127.0.0.1:" + std::to_string(listener.port);
      for (const char* command : {"start", "status"}) {
        check_refusal(stranger.rayd({command, "--address=" + at}), 3,
                      {at, "no secret is given", "copy the file"});
        check_refusal(stranger.rayd({command, "--address=" + at, wrong}), 3,
                      {at, "has another secret", "copy the file"});
      }
    }
  CHECK(ports == 2);
  CHECK(sessions_in(stranger).empty());
  // On the head's own machine the file is named.
  const auto here = place.rayd({"start", "--address=" + place.address(),
                                wrong});
  check_refusal(here, 3, {"has another secret", "--redis-password-file=",
                          "-head/secret"});
  CHECK(sessions_in(place).size() == 2);
  const auto status = place.rayd({"status"});
  CHECK_THAT(status.out, Contains("n2    node  alive"));
  CHECK_THAT(status.out, !Contains("n3"));
}

TEST_CASE("a node that is not the head is not joined") {
  cluster place;
  place.start_head({"--num-cpus=1"});
  place.start_node({"--num-cpus=1"});
  const auto nodes = place.nodes();
  REQUIRE(nodes.size() == 2);
  const auto secret
    = "--redis-password-file=" + (nodes[0].folder / "secret").string();
  for (const auto& listener : tcp_listeners(nodes[1].pid))
    check_refusal(
      place.rayd({"start",
                  "--address=127.0.0.1:" + std::to_string(listener.port),
                  secret}),
      3, {"not the head", place.address()});
  CHECK(sessions_in(place).size() == 2);
}

TEST_CASE("a port that is taken is named with who has it") {
  cluster place;
  place.start_head({"--num-cpus=1"});
  const auto nodes = place.nodes();
  REQUIRE(nodes.size() == 1);
  const auto port = std::to_string(place.port());
  check_refusal(place.rayd({"start", "--head", "--port=" + port}), 4,
                {port, "rayd", std::to_string(nodes[0].pid)});
  check_refusal(place.rayd({"start", "--address=" + place.address(),
                            "--node-port=" + port}),
                4, {port, "rayd", std::to_string(nodes[0].pid)});
  CHECK(sessions_in(place).size() == 1);

  // Somebody who is not rayd.
  const command listen{{"python3", "-c",
                        "import socket, time\n"
                        "s = socket.create_server(('127.0.0.1', 0))\n"
                        "print(s.getsockname()[1], '.', flush=True)\n"
                        "time.sleep(60)\n"}};
  running other{listen};
  REQUIRE(other.wait_for_output(" .", 5s));
  const auto theirs = tcp_listeners(other.pid());
  REQUIRE(theirs.size() == 1);
  check_refusal(place.rayd({"start", "--head",
                            "--port=" + std::to_string(theirs[0].port)}),
                4, {std::to_string(theirs[0].port), "python3",
                    std::to_string(other.pid())});
  CHECK(sessions_in(place).size() == 1);
}
