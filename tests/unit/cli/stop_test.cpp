#include "catch.hpp"

#include "stand_in.hpp"

#include <csignal>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace rayd;

namespace {

/// A shell that ends with the test at the latest.
class child {
public:
  explicit child(const std::string& script) {
    std::string shell = "sh", option = "-c", text = script;
    char* argv[] = {shell.data(), option.data(), text.data(), nullptr};
    char* environment[] = {nullptr};
    // A test of start --block leaves SIGTERM blocked in this process.
    posix_spawnattr_t attributes;
    sigset_t none;
    ::sigemptyset(&none);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    REQUIRE(::posix_spawn(&pid_, "/bin/sh", nullptr, &attributes, argv,
                          environment)
            == 0);
    ::posix_spawnattr_destroy(&attributes);
    auto found = identify_process(pid_);
    REQUIRE(found);
    identity = *found;
  }
  ~child() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  child(const child&) = delete;
  child& operator=(const child&) = delete;

  process_identity identity;

private:
  pid_t pid_ = 0;
};

} // namespace

TEST_CASE("stop says when nothing runs", "[stop]") {
  command_line shell;
  CHECK(shell.run({"stop"}) == 0);
  CHECK(shell.talk.str() == "no node of yours runs on this machine\n");
  CHECK(shell.run({"stop", "--node=n7"}) == 1);
  CHECK(shell.talk.str()
        == "rayd: no node n7 of yours runs on this machine: rayd list nodes "
           "shows them\n");
  CHECK(shell.run({"stop", "--nod=n7"}) == 2);
}

TEST_CASE("stop ends nodes before their head, with what they left",
          "[stop]") {
  command_line shell;
  child head{"exec sleep 60"};
  child node{"exec sleep 60"};
  child left{"exec sleep 60"};
  shell.add_session("20260101-000000-1-head", head.identity, node_role::head,
                    1);
  auto second = shell.add_session("20260101-000001-1-node", node.identity,
                                  node_role::node, 2);
  REQUIRE(record_process(second.folder, left.identity, "worker"));
  CHECK(shell.run({"stop"}) == 0);
  CHECK_FALSE(is_running(head.identity));
  CHECK_FALSE(is_running(node.identity));
  CHECK_FALSE(is_running(left.identity));
  auto said = shell.out.str();
  CHECK(said.find("stopped node n2") < said.find("stopped head n1"));
  CHECK(said.find("with 1 processes that it had left") != std::string::npos);
  for (auto& one : all_sessions(shell.base))
    CHECK(one.record.state == "ended");
}

TEST_CASE("stop --node ends one and private ones stay", "[stop]") {
  command_line shell;
  child one{"exec sleep 60"};
  child other{"exec sleep 60"};
  shell.add_session("20260101-000000-1-head", one.identity, node_role::head,
                    1);
  auto hidden = shell.add_session("20260101-000001-1-head", other.identity,
                                  node_role::head, 2);
  hidden.record.is_private = true;
  REQUIRE(write_record(hidden));
  CHECK(shell.run({"stop", "--node=n1"}) == 0);
  CHECK_FALSE(is_running(one.identity));
  CHECK(shell.run({"stop"}) == 0);
  CHECK(is_running(other.identity));
  CHECK(shell.run({"stop", "--node=20260101-000001-1-head"}) == 0);
  CHECK_FALSE(is_running(other.identity));
}

TEST_CASE("stop never reaches a later process of the same number",
          "[stop]") {
  command_line shell;
  child stranger{"exec sleep 60"};
  auto earlier = stranger.identity;
  --earlier.start_time;
  auto dead = shell.add_session("20260101-000000-1-head", earlier,
                                node_role::head, 1);
  REQUIRE(record_process(dead.folder, earlier, "worker"));
  CHECK(shell.run({"stop"}) == 0);
  CHECK(is_running(stranger.identity));
  CHECK(shell.out.str().find("cleaned up after head n1")
        != std::string::npos);
}

TEST_CASE("stop --cluster ends members of that cluster only", "[stop]") {
  command_line shell;
  child head{"exec sleep 60"}, node{"exec sleep 60"}, other{"exec sleep 60"};
  auto add = [&](int number, const child& process, const char* member) {
    auto made = shell.add_session("20260101-00000" + std::to_string(number)
                                    + "-1-x",
                                  process.identity, node_role::node, number);
    made.record.member = member;
    REQUIRE(write_record(made));
  };
  add(1, head, "lab/head");
  add(2, node, "lab/far/1");
  add(3, other, "lab2/far/1");
  CHECK(shell.run({"stop", "--cluster=la"}) == 0);
  CHECK(shell.talk.str() == "no node of la runs on this machine\n");
  CHECK(shell.run({"stop", "--cluster=lab/far"}) == 0);
  CHECK_FALSE(is_running(node.identity));
  CHECK(is_running(head.identity));
  CHECK(shell.run({"stop", "--cluster=lab"}) == 0);
  CHECK_FALSE(is_running(head.identity));
  CHECK(is_running(other.identity));
  CHECK(shell.run({"stop", "--cluster="}) == 2);
}
