#include "catch.hpp"

#include "cli/cluster_script.hpp"
#include "stand_in.hpp"

#include <csignal>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

using namespace rayd;

namespace {

cluster_file small_cluster() {
  cluster_file cluster;
  cluster.name = "lab";
  cluster.ssh_user = "ops";
  cluster.ssh_port = 2222;
  cluster.identity_file = "/keys/my key";
  cluster.secret_file = "/etc/lab.secret";
  cluster.head = {"10.0.0.1", 1, {{"port", "7000"}, {"num-cpus", "4"}}};
  cluster.nodes.push_back({"10.0.0.2", 2, {{"labels", "zone=a b"}}});
  cluster.nodes.push_back({"127.0.0.1", 1, {{"session-dir", "/s"}}});
  cluster.nodes.push_back({"10.0.0.2", 1, {}});
  cluster.nodes.push_back({"localhost", 1, {}});
  return cluster;
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("up says one script to each host, the head's first", "[up]") {
  auto scripts = up_scripts(small_cluster(), "/opt/my rayd/bin/rayd", "canary");
  REQUIRE(scripts.size() == 3);
  CHECK(scripts[0].host == "10.0.0.1");
  CHECK(scripts[1].host == "10.0.0.2");
  CHECK(scripts[2].host == "localhost");
  auto& command = scripts[1].command;
  CHECK(command.front() == "ssh");
  CHECK(std::vector<std::string>(command.end() - 7, command.end())
        == std::vector<std::string>{"-p", "2222", "-i", "/keys/my key", "--",
                                    "ops@10.0.0.2", "sh"});
  CHECK(std::find(command.begin(), command.end(), "BatchMode=yes")
        != command.end());
  CHECK(holds(scripts[0].script,
              "\nrayd start --head --port=7000 --member=lab/head --num-cpus=4 "
              "--redis-password-file=\"$secret\" </dev/null || exit 64\n"));
  for (auto number : {"1", "2", "3"})
    CHECK(holds(scripts[1].script,
                "\nrayd start --address=10.0.0.1:7000 --member=lab/10.0.0.2/"
                  + std::string{number}));
  CHECK(holds(scripts[1].script, " '--labels=zone=a b' "));
  CHECK(holds(scripts[1].script, "PATH=$PATH:'/opt/my rayd/bin'\n"));
}

TEST_CASE("local hosts need no ssh and take this rayd", "[up]") {
  auto scripts = up_scripts(small_cluster(), "/opt/my rayd/bin/rayd", "canary");
  CHECK(scripts[2].command == std::vector<std::string>{"sh"});
  CHECK(scripts[2].shown
        == "'/opt/my rayd/bin/rayd' start --address=10.0.0.1:7000 "
           "--member=lab/localhost/1 --session-dir=/s "
           "--redis-password-file=/etc/lab.secret\n"
           "'/opt/my rayd/bin/rayd' start --address=10.0.0.1:7000 "
           "--member=lab/localhost/2 --redis-password-file=/etc/lab.secret\n");
}

TEST_CASE("the secret stands in scripts for other hosts alone", "[up]") {
  auto scripts = up_scripts(small_cluster(), "/bin/rayd", "canary");
  CHECK(holds(scripts[0].script, "\ncanary\nend-of-secret\n"));
  CHECK_FALSE(holds(scripts[2].script, "canary"));
  for (auto& one : scripts) {
    CHECK_FALSE(holds(one.shown, "canary"));
    for (auto& word : one.command)
      CHECK_FALSE(holds(word, "canary"));
  }
}

TEST_CASE("down ends the head's host last and members only", "[up]") {
  auto scripts = down_scripts(small_cluster(), "/bin/rayd");
  REQUIRE(scripts.size() == 3);
  CHECK(scripts[2].host == "10.0.0.1");
  CHECK(holds(scripts[2].script,
              "rayd stop --cluster=lab/10.0.0.1 </dev/null || code=1\n"
              "rayd stop --cluster=lab/head </dev/null || code=1\n"));
  CHECK(scripts[1].shown
        == "/bin/rayd stop --cluster=lab/localhost\n"
           "/bin/rayd stop --cluster=lab/localhost --session-dir=/s\n");
}

TEST_CASE("up --dry-run makes nothing", "[up]") {
  command_line shell;
  auto file = (shell.base / "c.conf").string();
  std::ofstream{file} << "[cluster]\nname=\"lab\"\n"
                         "redis-password-file=\"x\"\n"
                         "head={host=\"localhost\"}\n";
  CHECK(shell.run({"up", file, "--dry-run"}) == 0);
  auto secret = (shell.base / "x").string();
  CHECK(shell.out.str()
        == "# makes " + secret
             + " with a random secret\n# localhost\n"
               "/none/rayd start --head --port=6379 --member=lab/head "
               "--redis-password-file="
             + secret + "\n");
  CHECK_FALSE(std::filesystem::exists(secret));
  // Here the program is not there, and the shell says so.
  CHECK(shell.run({"up", file}) == 1);
  CHECK(holds(shell.talk.str(), "localhost: "));
  CHECK(holds(shell.talk.str(), "rayd: the head of lab did not start"));
}

TEST_CASE("a member that runs is left alone", "[start]") {
  command_line shell;
  auto head = shell.add_session("20260101-000000-1-head", own_identity(),
                                node_role::head, 1);
  head.record.member = "lab/head";
  REQUIRE(write_record(head));
  CHECK(shell.run({"start", "--head", "--member=lab/head"}) == 0);
  CHECK(holds(shell.out.str(), "node n1 runs already as lab/head (process "));
  CHECK(shell.run({"start", "--head", "--port=7", "--member=lab/head"}) == 1);
  CHECK(holds(shell.talk.str(), "rayd stop --cluster=lab ends that"));
  CHECK(shell.run({"start", "--head", "--member=lab"}) == 2);
}

TEST_CASE("a member that does not answer and ends is started again",
          "[start]") {
  command_line shell;
  auto pid = ::fork();
  if (pid == 0) {
    ::execlp("sleep", "sleep", "60", nullptr);
    ::_exit(1);
  }
  auto dying = identify_process(pid);
  REQUIRE(dying);
  auto head = shell.add_session("20260101-000000-1-head", *dying,
                                node_role::head, 1);
  head.record.member = "lab/head";
  REQUIRE(write_record(head));
  shell.context.query = [&](const query_target& target, const std::string&) {
    CHECK(target.socket == head.socket_path());
    ::kill(pid, SIGKILL);
    return query_answer{exit_code::refused, "gone", false};
  };
  // The way is free to the program, which is not there.
  CHECK(shell.run({"start", "--head", "--member=lab/head"}) == 1);
  CHECK(holds(shell.talk.str(), "cannot start /none/rayd"));
  ::waitpid(pid, nullptr, 0);
}
