#include "catch.hpp"

#include "stand_in.hpp"

using namespace rayd;

TEST_CASE("misspelt commands get the nearest name", "[commands]") {
  command_line shell;
  CHECK(shell.run({"strat"}) == 2);
  CHECK(shell.talk.str() == "rayd: unknown command strat, did you mean "
                            "start?\n");
  CHECK(shell.out.str().empty());
  CHECK(shell.run({"xyzzy"}) == 2);
  CHECK(shell.talk.str()
        == "rayd: unknown command xyzzy: rayd help lists them\n");
  CHECK(shell.run({}) == 2);
}

TEST_CASE("version and help are data", "[commands]") {
  command_line shell;
  CHECK(shell.run({"version"}) == 0);
  CHECK(shell.out.str() == "rayd " RAYD_VERSION "\n");
  CHECK(shell.run({"--version"}) == 0);
  CHECK(shell.run({"help"}) == 0);
  CHECK(shell.out.str().find("start") != std::string::npos);
  CHECK(shell.out.str().find("node-process") == std::string::npos);
  CHECK(shell.run({"start", "--help"}) == 0);
  CHECK(shell.out.str().find("--num-cpus=N") != std::string::npos);
  CHECK(shell.run({"help", "stop"}) == 0);
  CHECK(shell.out.str().find("--node=ID") != std::string::npos);
  CHECK(shell.talk.str().empty());
}

TEST_CASE("bad flags of start are refused before anything runs", "[start]") {
  command_line shell;
  CHECK(shell.run({"start", "--haed"}) == 2);
  CHECK(shell.talk.str() == "rayd: unknown flag --haed, did you mean "
                            "--head?\n");
  CHECK(shell.run({"start", "--head", "--port"}) == 2);
  CHECK(shell.talk.str() == "rayd: --port needs a value\n");
  CHECK(shell.run({"start", "--head", "now"}) == 2);
  CHECK(shell.talk.str()
        == "rayd start takes nothing besides its flags, which are "
           "--name=value: rayd start --help lists them\n");
  CHECK(shell.run({"start", "--head", "--control-store=x"}) == 2);
  CHECK(shell.talk.str()
        == "rayd: --control-store does not work yet: leave it out\n");
  CHECK(shell.run({"start", "--head", "--dashboard-port", "no"}) == 2);
  CHECK(shell.run({"start", "--address=h", "--dashboard-port=1"}) == 2);
  CHECK(shell.run({"start", "--address=a b"}) == 2);
  CHECK(shell.run({"start"}) == 2);
  CHECK(shell.run({"start", "--config=/none"}) == 2);
  CHECK(shell.talk.str()
        == "rayd: cannot read the config file /none: No such file or "
           "directory\n");
  CHECK(std::filesystem::is_empty(shell.base));
}

TEST_CASE("a misspelt secret flag does not show the secret", "[start]") {
  command_line shell;
  CHECK(shell.run({"start", "--head", "--redis-pasword=canary"}) == 2);
  CHECK(shell.talk.str()
        == "rayd: unknown flag --redis-pasword, did you mean "
           "--redis-password?\n");
  CHECK(shell.run({"--redis-password=canary", "start"}) == 2);
  CHECK(shell.talk.str().find("canary") == std::string::npos);
}

TEST_CASE("joining without a secret is refused and names the file",
          "[start]") {
  command_line shell;
  CHECK(shell.run({"start", "--address=10.9.9.9:6379"}) == 3);
  CHECK(shell.talk.str()
        == "rayd: no secret is given for the head at 10.9.9.9:6379: copy the "
           "file that rayd start --head named on 10.9.9.9 (SESSION/secret, or "
           "the one given there) to this machine and give it with "
           "--redis-password-file=FILE\n");
  auto head = shell.add_session("20260101-000000-1-head", own_identity(),
                                node_role::head, 1);
  CHECK(shell.run({"start", "--address=localhost"}) == 3);
  CHECK(shell.talk.str().find("stands in no file") != std::string::npos);
  // With the local head's secret the way is free to the program, which is
  // not there.
  REQUIRE(write_secret(head, secret{"canary"}));
  CHECK(shell.run({"start", "--address", "localhost:6379"}) == 1);
  CHECK(shell.talk.str()
        == "rayd: cannot start /none/rayd: No such file or directory\n");
}

TEST_CASE("start --block runs the node here and ends its session",
          "[start]") {
  command_line shell;
  std::string folder;
  shell.context.run_node = [&](const node_options& options, session& self,
                               ready_report& report, int) {
    folder = self.folder;
    CHECK(options.num_cpus == 3);
    CHECK(read_secret(self.secret_path())->reveal()
          == options.password.reveal());
    ready_info info;
    info.node_id = "n1";
    info.address = "127.0.0.1:6379";
    info.session_folder = folder;
    info.secret_file = self.record.secret_file;
    report.ready(info);
    return 0;
  };
  CHECK(shell.run({"start", "--head", "--num-cpus=3", "--block"}) == 0);
  auto said = shell.out.str();
  CHECK(said.find("rayd start --address=127.0.0.1:6379 "
                  "--redis-password-file=" + folder + "/secret")
        != std::string::npos);
  CHECK(said.find("logs: " + folder + "/logs") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(folder + "/secret"));
  CHECK(std::filesystem::exists(folder + "/logs/node.log"));
}

TEST_CASE("a node that is refused leaves nothing", "[start]") {
  command_line shell;
  shell.context.run_node = [](const node_options&, session&,
                              ready_report& report, int) {
    report.failed(exit_code::port_taken, "port 6379 is taken by x");
    return 4;
  };
  CHECK(shell.run({"start", "--head", "--block"}) == 4);
  CHECK(shell.talk.str() == "rayd: port 6379 is taken by x\n");
  CHECK(std::filesystem::is_empty(shell.base));
}

TEST_CASE("dump takes the newest head, running or ended", "[dump]") {
  command_line shell;
  CHECK(shell.run({"dump"}) == 1);
  CHECK(shell.talk.str().find("no head of yours has run")
        != std::string::npos);
  shell.add_session("20260101-000000-1-head", own_identity(), node_role::head,
                    1);
  shell.add_session("20260101-000001-1-head", {1, 1}, node_role::head, 2);
  shell.add_session("20260101-000002-1-node", {1, 1}, node_role::node, 3);
  CHECK(shell.run({"dump"}) == 0);
  CHECK(shell.dumped == shell.base / "20260101-000001-1-head");
  CHECK(shell.run({"dump", "--session=/a/../b"}) == 0);
  CHECK(shell.dumped == "/b");
}
