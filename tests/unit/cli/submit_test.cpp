#include "catch.hpp"

#include "stand_in.hpp"

using namespace rayd;

TEST_CASE("submit wants a program behind two dashes", "[submit]") {
  command_line shell;
  for (auto& args : {arguments{"submit"}, arguments{"submit", "--"}}) {
    CHECK(shell.run(args) == 2);
    CHECK(shell.talk.str()
          == "rayd: the program stands behind two dashes: "
             "rayd submit -- PROG ARGS\n");
  }
  CHECK(shell.run({"submit", "prog"}) == 2);
  CHECK(shell.run({"submit", "--adress=x", "--", "prog"}) == 2);
  CHECK(shell.talk.str()
        == "rayd: unknown flag --adress, did you mean --address?\n");
  CHECK(shell.run({"submit", "--redis-password-file=-", "--", "prog"}) == 2);
  CHECK(shell.run({"submit", "--redis-password=canary",
                   "--redis-password-file=x", "--", "prog"})
        == 2);
  CHECK(shell.talk.str().find("canary") == std::string::npos);
}

TEST_CASE("submit wants a cluster that runs", "[submit]") {
  command_line shell;
  CHECK(shell.run({"submit", "--", "prog"}) == 3);
  CHECK(shell.talk.str()
        == "rayd: no node of yours runs on this machine: start one with rayd "
           "start --head, or give --address=HOST:PORT\n");
  CHECK(shell.run({"submit", "--address=a b", "--", "prog"}) == 2);
  CHECK(shell.run({"submit", "--address=inline", "--", "prog"}) == 2);
  shell.environment["RAY_ADDRESS"] = "local";
  CHECK(shell.run({"submit", "--", "prog"}) == 3);
  shell.environment["RAY_ADDRESS"] = "a b";
  CHECK(shell.run({"submit", "--", "prog"}) == 2);
  CHECK(shell.talk.str().find("rayd: RAY_ADDRESS: ") == 0);
}
