// The command line as a person meets it, on clusters that work.

#include "system/cluster.hpp"
#include "system/kernel_view.hpp"

#include "catch.hpp"

#include <nlohmann/json.hpp>

#include <csignal>
#include <fstream>
#include <sstream>

using namespace rayd::testing;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

/// The line of *text* that begins with *start*, without that.
std::string line_after(const std::string& text, const std::string& start) {
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(start))
      return line.substr(start.size());
  return {};
}

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream in{line};
  std::vector<std::string> words;
  for (std::string word; in >> word;)
    words.push_back(word);
  return words;
}

json status_of(cluster& place, std::vector<std::string> flags = {}) {
  flags.insert(flags.begin(), {"status", "--json"});
  const auto done = place.rayd(flags);
  INFO(to_string(done));
  REQUIRE(done.exit_code == 0);
  return json::parse(done.out);
}

} // namespace

TEST_CASE("a head and a node start, show themselves and stop") {
  cluster place;
  const auto head = place.start_head({"--num-cpus=2"});
  INFO(to_string(head));
  CHECK(head.err.empty());
  CHECK_FALSE(head.output_held);
  CHECK_THAT(head.out, Contains("node n1 runs as head of the cluster at "
                                + place.address()));
  const auto logs = line_after(head.out, "logs: ");
  CHECK(std::filesystem::exists(logs + "/node.log"));

  // The command that start prints for others works as it stands.
  auto join = words_of(line_after(head.out, "join: rayd "));
  REQUIRE(join.size() == 3);
  const auto node = place.rayd(join);
  INFO(to_string(node));
  REQUIRE(node.exit_code == 0);
  CHECK_THAT(node.out, Contains("node n2 runs as node"));

  const auto status = place.rayd({"status"});
  CHECK(status.exit_code == 0);
  CHECK(status.err.empty());
  CHECK_THAT(status.out, Contains("address  " + place.address()));
  CHECK_THAT(status.out, Contains("NODE  ROLE  STATE"));
  CHECK_THAT(status.out, Contains("n1    head  alive"));
  CHECK_THAT(status.out, Contains("n2    node  alive"));

  const auto listed = place.rayd({"list", "nodes", "--json"});
  const auto nodes = json::parse(listed.out);
  REQUIRE(nodes.size() == 2);
  CHECK(nodes[0]["role"] == "head");
  CHECK(nodes[0]["resources_total"]["CPU"] == 2);
  CHECK(nodes[1]["id"] == "n2");
  CHECK_THAT(place.rayd({"list", "nodes"}).out, Contains("n2    node"));

  const auto stop = place.stop();
  INFO(to_string(stop));
  CHECK(stop.exit_code == 0);
  CHECK(stop.took < 1s);
  CHECK_THAT(stop.out, Contains("stopped node n2"));
  CHECK_THAT(stop.out, Contains("stopped head n1"));
  CHECK_THAT(stop.out, !Contains("killed"));
  CHECK(place.processes().empty());
  const auto text = place.logs();
  INFO(text);
  CHECK_THAT(text, !Contains(" error "));
  CHECK_THAT(text, !Contains("calls this node dead"));
  CHECK(place.rayd({"status"}).exit_code == 3);
}

TEST_CASE("what is asked may be asked of any node, by address or variable") {
  cluster place;
  place.start_head({"--num-cpus=1"});
  place.start_node({"--num-cpus=1"});
  const auto id = status_of(place)["cluster_id"];
  const auto at = "--address=" + place.address();
  CHECK(status_of(place, {at})["cluster_id"] == id);
  auto asked = place.program("rayd", {"status", "--json"},
                             {{"RAY_ADDRESS", place.address()}});
  CHECK(json::parse(run(asked).out)["cluster_id"] == id);
  for (const auto& node : place.nodes()) {
    if (!node.is_head)
      continue;
    // As from another machine: by TCP, with a copy of the head's file.
    const auto file
      = "--redis-password-file=" + (node.folder / "secret").string();
    CHECK(status_of(place, {at, file})["cluster_id"] == id);
  }
}

TEST_CASE("status counts the tasks that ended") {
  RAYD_NEEDS_PROGRAM("census");
  cluster place;
  place.start_head({"--num-cpus=2"});
  CHECK(status_of(place)["tasks_finished"] == 0);
  const auto done = run(place.program("census", {}, {{"RAY_ADDRESS", "auto"}}));
  INFO(to_string(done));
  REQUIRE(done.exit_code == 0);
  // Two tasks, an actor's creation and its call; told once a second.
  CHECK(eventually([&] { return status_of(place)["tasks_finished"] == 4; },
                   1500ms));
}

TEST_CASE("--block serves in the foreground until SIGINT") {
  cluster place;
  const auto port = std::to_string(free_ports(1).front());
  for (const int signal : {SIGINT, SIGTERM}) {
    running head{place.program("rayd", {"start", "--head", "--num-cpus=1",
                                        "--block", "--port=" + port})};
    REQUIRE(head.wait_for_output("end:", 10s));
    CHECK(status_of(place)["nodes"].size() == 1);
    head.signal(signal);
    const auto done = head.wait(10s);
    INFO(to_string(done));
    CHECK(done.exit_code == 0);
    CHECK(done.took < 5s);
    CHECK(done.err.empty());
    CHECK(place.processes().empty());
  }
}

TEST_CASE("two heads live side by side on two ports") {
  cluster place;
  place.start_head({"--num-cpus=1"});
  const auto first = place.address();
  place.start_head({"--num-cpus=1"});
  const auto second = place.address();
  const auto id = status_of(place, {"--address=" + first})["cluster_id"];
  const auto other = status_of(place, {"--address=" + second})["cluster_id"];
  CHECK(id != other);
  // `auto` is the head that started last.
  CHECK(status_of(place)["cluster_id"] == other);

  // Both are called n1: stop asks which one.
  const auto unclear = place.rayd({"stop", "--node=n1"});
  CHECK(unclear.exit_code == 2);
  CHECK_THAT(unclear.err, Contains("2 clusters here have a node n1"));
  const auto nodes = place.nodes();
  REQUIRE(nodes.size() == 2);
  const auto name = nodes[1].folder.filename().string();
  CHECK(place.rayd({"stop", "--node=" + name}).exit_code == 0);
  CHECK_FALSE(is_running(nodes[1].pid));
  CHECK(is_running(nodes[0].pid));
  CHECK(status_of(place)["cluster_id"] == id);
}

TEST_CASE("stop ends one node, and the others go on") {
  cluster place;
  place.start_head({"--num-cpus=1"});
  place.start_node({"--num-cpus=1"});
  const auto stop = place.rayd({"stop", "--node=n2"});
  INFO(to_string(stop));
  CHECK(stop.exit_code == 0);
  CHECK(stop.took < 1s);
  CHECK(eventually(
    [&] { return status_of(place)["nodes"][1]["state"] == "dead"; }, 1s));
  CHECK(status_of(place)["nodes"][0]["state"] == "alive");
  CHECK(status_of(place)["totals"]["resources_total"]["CPU"] == 1);
}

TEST_CASE("--session-dir says where the session folders are") {
  cluster place;
  const auto folder = "--session-dir=" + (place.base() / "elsewhere").string();
  place.start_head({folder, "--num-cpus=1"});
  CHECK_FALSE(std::filesystem::exists(place.base() / "rayd"));
  CHECK(place.rayd({"status"}).exit_code == 3);
  CHECK(status_of(place, {folder})["nodes"].size() == 1);
  CHECK(place.rayd({"dump", folder}).exit_code == 0);
  CHECK(place.stop().exit_code == 0);
  CHECK(status_of(place, {folder})["nodes"].size() == 1);
  CHECK(place.rayd({"stop", folder}).exit_code == 0);
}

TEST_CASE("the config files of config/ start a head and a node") {
  cluster place;
  const std::string files = RAYD_SOURCE_FOLDER "/config/";
  const auto port = std::to_string(free_ports(1).front());
  const auto head = place.rayd(
    {"start", "--config=" + files + "head.conf", "--port", port});
  INFO(to_string(head));
  REQUIRE(head.exit_code == 0);
  const auto node = place.rayd({"start", "--config", files + "worker.conf",
                                "--address=localhost:" + port});
  INFO(to_string(node));
  REQUIRE(node.exit_code == 0);
  const auto nodes = status_of(place)["nodes"];
  CHECK(nodes[0]["labels"]["role"] == "head");
  CHECK(nodes[1]["labels"]["role"] == "worker");
}

TEST_CASE("a flag wins over the environment, and that over the file") {
  cluster place;
  const auto file = (place.base() / "own.conf").string();
  std::ofstream{file} << "[rayd]\nhead=true\nnum-cpus=3\nnum-gpus=3\n"
                         "labels={from=\"file\"}\nport="
                      << free_ports(1).front() << "\n";
  // Nobody reads a file of CAF's name.
  std::ofstream{place.base() / "caf-application.ini"} << "nonsense [\n";
  auto start = place.program("rayd",
                             {"start", "--config=" + file, "--num-cpus=1"},
                             {{"RAY_NUM_CPUS", "2"}, {"RAY_NUM_GPUS", "2"}});
  start.arguments = {"sh", "-c", "cd \"$0\" && exec \"$@\"",
                     place.base().string(), start.arguments[0],
                     start.arguments[1], start.arguments[2],
                     start.arguments[3]};
  const auto done = run(start);
  INFO(to_string(done));
  REQUIRE(done.exit_code == 0);
  const auto node = status_of(place)["nodes"][0];
  CHECK(node["resources_total"]["CPU"] == 1);
  CHECK(node["resources_total"]["GPU"] == 2);
  CHECK(node["labels"]["from"] == "file");
}
