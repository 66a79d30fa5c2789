// Commands made of the tables of options and commands: shells, man and the
// machine have the last word.

#include "system/cluster.hpp"

#include "catch.hpp"

#include <nlohmann/json.hpp>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>

using namespace rayd::testing;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

const std::string scripts = RAYD_SOURCE_FOLDER "/tests/system/completion/";

bool is_installed(const std::string& name) {
  return run({{"sh", "-c", "command -v " + name}}).exit_code == 0;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in{text};
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);)
    if (!line.empty())
      lines.push_back(line);
  return lines;
}

/// The script of `rayd completion SHELL` in a file.
std::string script_for(cluster& place, const std::string& shell) {
  const auto made = place.rayd({"completion", shell});
  REQUIRE(made.exit_code == 0);
  const auto file = (place.base() / ("rayd." + shell)).string();
  std::ofstream{file} << made.out;
  return file;
}

using offers = std::vector<std::string>;

/// What a bash with the script offers for the last of *words*.
offers bash_offers(const std::string& script, offers words) {
  words.insert(words.begin(), {"bash", scripts + "complete.bash", script,
                               "rayd"});
  const auto done = run({words});
  INFO(to_string(done));
  CHECK(done.exit_code == 0);
  CHECK(done.err.empty());
  return lines_of(done.out);
}

json finding_of(const json& answer, const std::string& check) {
  for (auto& one : answer["findings"])
    if (one["check"] == check)
      return one;
  return {};
}

} // namespace

TEST_CASE("bash completes commands, flags, values and files") {
  RAYD_SKIP_IF(!is_installed("bash"), "bash is not installed");
  cluster place;
  const auto script = script_for(place, "bash");
  auto offered = [&](offers words) {
    return bash_offers(script, std::move(words));
  };
  CHECK(offered({"comp"}) == offers{"completion"});
  CHECK(offered({"start", "--object-store-m"})
        == offers{"--object-store-memory="});
  CHECK(offered({"stop", "--no"}) == offers{"--node="});
  CHECK(offered({"start", "--hea"}) == offers{"--head"});
  CHECK(offered({"start", "--num-cpus", ""}).empty());
  CHECK(offered({"start", "--lanes", "="}) == offers{"auto", "basp"});
  CHECK(offered({"start", "--log-level=w"}) == offers{"--log-level=warning"});
  CHECK(offered({"completion", ""}) == offers{"bash", "zsh", "fish"});
  CHECK(offered({"help", "micro"}) == offers{"microbenchmark"});
  const std::string file = RAYD_SOURCE_FOLDER "/config/head.conf";
  const auto begin = file.substr(0, file.size() - 6);
  CHECK(offered({"start", "--config", begin}) == offers{file});
  CHECK(offered({"start", "--config", "=", begin}) == offers{file});
  CHECK(offered({"start", "--config=" + begin})
        == offers{"--config=" + file});
  CHECK(offered({"up", begin}) == offers{file});
  CHECK(offered({"submit", "--", begin}).empty());
  CHECK(offered({"submit", "--", "cat", begin}) == offers{file});
  CHECK(offered({"nonsense", ""}).empty());
}

TEST_CASE("zsh completes commands, flags, values and files") {
  RAYD_SKIP_IF(!is_installed("zsh"), "zsh is not installed");
  cluster place;
  const auto script = script_for(place, "zsh");
  auto offered = [&](const std::string& line) {
    const auto done = run({{"zsh", "-f", scripts + "complete.zsh", script,
                            line}});
    INFO(to_string(done));
    CHECK(done.exit_code == 0);
    return lines_of(done.out);
  };
  CHECK(offered("rayd comp") == offers{"completion"});
  CHECK(offered("rayd start --object-store-m")
        == offers{"--object-store-memory"});
  CHECK(offered("rayd start --lanes=b") == offers{"basp"});
  CHECK(offered("rayd completion ") == offers{"bash", "zsh", "fish"});
  CHECK(offered("rayd help micro") == offers{"microbenchmark"});
  CHECK(offered("rayd up " RAYD_SOURCE_FOLDER "/config/head")
        == offers{"head.conf"});
  CHECK(offered("rayd submit -- cat " RAYD_SOURCE_FOLDER "/config/head")
        == offers{"head.conf"});
}

TEST_CASE("fish completes commands, flags, values and files") {
  RAYD_SKIP_IF(!is_installed("fish"), "fish is not installed");
  cluster place;
  const auto script = script_for(place, "fish");
  auto offered = [&](const std::string& line) {
    auto what = place.program("rayd");
    what.arguments = {"fish", "--no-config", "-c",
                      "source $argv[1]; complete -C $argv[2]", script, line};
    what.environment["HOME"] = place.base();
    const auto done = run(what);
    INFO(to_string(done));
    CHECK(done.exit_code == 0);
    CHECK(done.err.empty());
    auto lines = lines_of(done.out);
    for (auto& one : lines)
      one.erase(std::min(one.find('\t'), one.size()));
    return lines;
  };
  CHECK(offered("rayd comp") == offers{"completion"});
  CHECK(offered("rayd start --object-store-m")
        == offers{"--object-store-memory"});
  CHECK(offered("rayd start --lanes=b") == offers{"--lanes=basp"});
  CHECK(offered("rayd completion ") == offers{"bash", "fish", "zsh"});
  CHECK(offered("rayd help micro") == offers{"microbenchmark"});
  const std::string file = RAYD_SOURCE_FOLDER "/config/head.conf";
  CHECK(offered("rayd up " + file.substr(0, file.size() - 6))
        == offers{file});
}

TEST_CASE("man reads the man pages without a warning") {
  cluster place;
  const auto share = (place.base() / "share").string();
  REQUIRE(place.rayd({"write-share", share}).exit_code == 0);
  RAYD_SKIP_IF(!is_installed("man") && !is_installed("mandoc"),
               "neither man nor mandoc is installed");
  if (is_installed("man"))
    for (auto name : {"rayd", "rayd-start", "rayd-doctor"}) {
      const auto page = share + "/man/man1/" + name + ".1";
      const auto done = run({{"man", "--warnings", "-l", page},
                             {{"LC_ALL", "C.UTF-8"}, {"MANWIDTH", "100"}}});
      INFO(to_string(done));
      CHECK(done.exit_code == 0);
      CHECK(done.err.empty());
      CHECK_THAT(done.out, Contains("NAME"));
    }
  if (is_installed("mandoc")) {
    const auto done = run({{"sh", "-c",
                            "mandoc -T lint -W warning \"$0\"/*.1",
                            share + "/man/man1"}});
    // A page made by every build has no date.
    for (auto& line : lines_of(done.out))
      CHECK_THAT(line, Contains("missing date"));
    CHECK(done.err.empty());
  }
}

TEST_CASE("what config shows is what a node then has") {
  cluster place;
  const auto file = (place.base() / "own.conf").string();
  std::ofstream{file} << "[rayd]\nhead=true\nnum-cpus=3\n"
                         "labels={from=\"file\"}\n";
  const auto done = place.rayd({"config", "--json", "--config=" + file});
  INFO(to_string(done));
  REQUIRE(done.exit_code == 0);
  CHECK(done.err.empty());
  std::vector<std::string> flags{
    "--port=" + std::to_string(free_ports(1).front())};
  const auto shown = json::parse(done.out);
  for (auto& row : shown["options"]) {
    if (row["key"] == "num-cpus") {
      CHECK(row["value"] == "3");
      CHECK(row["where"] == file + ":3");
    }
    const auto key = row["key"].get<std::string>();
    const auto value = row["value"].get<std::string>();
    if (row["source"] == "file")
      flags.push_back("--" + key + "=" + value);
  }
  flags.insert(flags.begin(), "start");
  REQUIRE(place.rayd(flags).exit_code == 0);
  const auto nodes = json::parse(place.rayd({"list", "nodes", "--json"}).out);
  CHECK(nodes[0]["resources_total"]["CPU"] == 3);
  CHECK(nodes[0]["labels"]["from"] == "file");
}

TEST_CASE("doctor finds this machine fit, and a dead node's leftovers") {
  cluster place;
  const auto port = "--port=" + std::to_string(free_ports(1).front());
  const auto fit = place.rayd({"doctor", port, "--json"});
  INFO(to_string(fit));
  CHECK(fit.exit_code == 0);
  CHECK(fit.err.empty());
  auto answer = json::parse(fit.out);
  CHECK(answer["ok"] == true);
  CHECK_THAT(finding_of(answer, "redis")["sentence"].get<std::string>(),
             Contains("Redis "));
  CHECK(finding_of(answer, "cluster").is_null());
  // It only looks.
  CHECK_FALSE(std::filesystem::exists(place.base() / "rayd"));

  place.start_head({"--num-cpus=1"});
  const auto taken = "--port=" + std::to_string(place.port());
  answer = json::parse(place.rayd({"doctor", taken, "--json"}).out);
  CHECK(finding_of(answer, "port")["state"] == "note");
  CHECK(finding_of(answer, "cluster")["state"] == "ok");
  CHECK(finding_of(answer, "leftovers")["state"] == "ok");

  ::kill(static_cast<pid_t>(place.nodes().front().pid), SIGKILL);
  CHECK(eventually(
    [&] {
      answer = json::parse(place.rayd({"doctor", port, "--json"}).out);
      return finding_of(answer, "leftovers")["state"] == "note";
    },
    5s));
  CHECK_THAT(finding_of(answer, "leftovers")["sentence"].get<std::string>(),
             Contains(place.nodes().front().folder.filename().string()));
  CHECK(place.stop().exit_code == 0);
  answer = json::parse(place.rayd({"doctor", port, "--json"}).out);
  CHECK(finding_of(answer, "leftovers")["state"] == "ok");
}

TEST_CASE("doctor fails when a node would") {
  cluster place;
  place.start_head({"--num-cpus=1"});
  const auto port = "--port=" + std::to_string(place.port());
  // For another session folder the head is a stranger.
  const auto other = "--session-dir=" + (place.base() / "other").string();
  const auto taken = place.rayd({"doctor", port, other});
  INFO(to_string(taken));
  CHECK(taken.exit_code == 1);
  CHECK_THAT(taken.out, Contains("give another with --port=N"));
  CHECK_THAT(taken.out, Contains("rayd (pid "));

  const auto free = "--port=" + std::to_string(free_ports(1).front());
  const auto disk = place.rayd({"doctor", free,
                                "--object-store-dir=/proc/none"});
  CHECK(disk.exit_code == 1);
  CHECK_THAT(disk.out, Contains("is not there"));
  std::filesystem::create_directory(place.base() / "open");
  std::filesystem::permissions(place.base() / "open",
                               std::filesystem::perms{0755});
  const auto folder = (place.base() / "open").string();
  const auto open = place.rayd({"doctor", free, "--session-dir=" + folder});
  CHECK(open.exit_code == 1);
  CHECK_THAT(open.out, Contains("chmod 700 " + folder));
}
