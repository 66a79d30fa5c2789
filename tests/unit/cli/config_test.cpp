#include "catch.hpp"

#include "stand_in.hpp"

#include <nlohmann/json.hpp>

using namespace rayd;
using nlohmann::json;

TEST_CASE("config shows the options and where they come from", "[config]") {
  command_line shell;
  shell.environment["RAY_NUM_GPUS"] = "2";
  CHECK(shell.run({"config", "start", "--head", "--num-cpus=3"}) == 0);
  auto said = shell.out.str();
  CHECK(said.rfind("OPTION", 0) == 0);
  CHECK(said.find("command line --num-cpus") != std::string::npos);
  CHECK(said.find("environment RAY_NUM_GPUS") != std::string::npos);
  CHECK(said.find("environment RAYD_SESSION_DIR") != std::string::npos);
  CHECK(shell.talk.str().empty());
  // It starts nothing and makes nothing.
  CHECK(std::filesystem::is_empty(shell.base));
}

TEST_CASE("config --json names key, value, source and place", "[config]") {
  command_line shell;
  shell.environment["RAY_REDIS_PASSWORD"] = "canary";
  CHECK(shell.run({"config", "--json", "--port=7000"}) == 0);
  CHECK(shell.out.str().find("canary") == std::string::npos);
  auto options = json::parse(shell.out.str())["options"];
  auto row = [&](const std::string& key) {
    for (auto& one : options)
      if (one["key"] == key)
        return one;
    return json{};
  };
  CHECK(row("port")
        == json{{"key", "port"},
                {"value", "7000"},
                {"source", "command line"},
                {"where", "--port"}});
  CHECK(row("redis-password")["value"] == "***");
  CHECK(row("redis-password")["source"] == "environment");
}

TEST_CASE("config refuses what start refuses", "[config]") {
  command_line shell;
  CHECK(shell.run({"config", "--num-cpus=many"}) == 2);
  CHECK(shell.talk.str().rfind("rayd: --num-cpus: \"many\"", 0) == 0);
  CHECK(shell.run({"config", "--prot=1"}) == 2);
  CHECK(shell.talk.str()
        == "rayd: unknown flag --prot, did you mean --port?\n");
  CHECK(shell.run({"config", "stop"}) == 2);
  CHECK(shell.talk.str()
        == "rayd: only rayd start has options from files and the environment: "
           "rayd config start [FLAGS]\n");
}
