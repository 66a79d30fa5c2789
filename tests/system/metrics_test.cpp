// What programs count by ray::metrics, as people and Prometheus see it.

#include "system/kernel_view.hpp"
#include "system/processes.hpp"

#include "catch.hpp"

#include <csignal>
#include <fstream>
#include <map>
#include <regex>

#include <signal.h>

using namespace rayd::testing;
using namespace std::chrono_literals;

namespace {

/// "ray_hits_total{\"by\":\"driver\"}" -> its row.
std::map<std::string, nlohmann::json> metrics_of(cluster& place) {
  std::map<std::string, nlohmann::json> rows;
  const auto done = place.rayd({"list", "metrics", "--json"});
  INFO(to_string(done));
  REQUIRE(done.exit_code == 0);
  for (const auto& row : nlohmann::json::parse(done.out))
    rows[row["exposed"].get<std::string>() + row["tags"].dump()] = row;
  return rows;
}

double value_of(cluster& place, const std::string& name) {
  const auto rows = metrics_of(place);
  const auto at = rows.find(name);
  return at == rows.end() ? -1 : at->second["value"].get<double>();
}

bool becomes(cluster& place, const std::string& name, double value) {
  return eventually([&] { return value_of(place, name) == value; }, 10s);
}

/// The body of GET /metrics.
std::string scrape(std::uint16_t port) {
  plain_client client{port};
  client.send("GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n"
              "Connection: close\r\n\r\n");
  client.closed_within(10s);
  const auto text = client.received();
  const auto end = text.find("\r\n\r\n");
  return text.rfind("HTTP/1.1 200", 0) == 0 ? text.substr(end + 4) : "";
}

constexpr const char* hits = "ray_hits_total{}";
constexpr const char* of_actors = "ray_hits_total{\"by\":\"actor\"}";
constexpr const char* of_drivers = "ray_hits_total{\"by\":\"driver\"}";
constexpr const char* depth = "ray_depth{}";

} // namespace

TEST_CASE("what tasks, actors and drivers count is one sum of all") {
  cluster place;
  place.start_head({"--num-cpus=1"});
  place.start_node({"--num-cpus=1"});
  const auto file = place.base() / "end";
  running program{place.program("metrics_user", {"count", "1000", file},
                                {{"RAY_ADDRESS", "auto"}})};
  REQUIRE(program.wait_for_output("ready", 30s));
  CHECK(becomes(place, hits, 1000));
  CHECK(becomes(place, "ray_halves_total{\"parity\":\"odd\"}", 250));
  CHECK(becomes(place, of_actors, 3));
  CHECK(becomes(place, of_drivers, 5));
  // Of both actors.
  CHECK(becomes(place, depth, 11));
  const auto sizes = metrics_of(place)["ray_sizes{}"];
  CHECK(sizes["count"] == 1000);
  CHECK(sizes["buckets"] == nlohmann::json::parse("[11, 90, 899]"));
  CHECK(sizes["value"] == 999 * 1000 / 2);

  // What was counted last, and then the processes are gone.
  std::ofstream{file};
  CHECK(program.wait(20s).exit_code == 0);
  CHECK(becomes(place, hits, 1001));
  CHECK(becomes(place, of_drivers, 6));
  CHECK(becomes(place, depth, -1));
  CHECK(value_of(place, of_actors) == 3);

  // So has a node that is killed, and its sums stay. Some of it was there.
  CHECK(eventually(
    [&] {
      const auto there = place.rayd({"list", "tasks", "--json",
                                     "--filter=node=n2",
                                     "--filter=title=parity",
                                     "--filter=state=finished"});
      return there.exit_code == 0
             && !nlohmann::json::parse(there.out).empty();
    },
    10s));
  ::kill(static_cast<pid_t>(node_named(place, "n2").pid), SIGKILL);
  CHECK(eventually(
    [&] { return state_of(status_of(place), "n2") == "dead"; }, 10s));
  CHECK(value_of(place, hits) == 1001);

  // Another program counts on.
  const auto again = place.program("metrics_user", {"count", "10", file},
                                   {{"RAY_ADDRESS", "auto"}});
  CHECK(run(again).exit_code == 0);
  CHECK(becomes(place, hits, 1012));
  CHECK(becomes(place, of_drivers, 12));
}

TEST_CASE("prometheus understands what programs count") {
  cluster place;
  const auto started = place.start_head({"--num-cpus=1"});
  const auto address = line_of(started.out, "dashboard:");
  std::smatch found;
  REQUIRE(std::regex_search(address, found, std::regex{R"(:(\d+))"}));
  const auto port = static_cast<std::uint16_t>(std::stoi(found[1]));
  const auto file = place.base() / "end";
  std::ofstream{file};
  const auto done = run(place.program("metrics_user", {"count", "20", file},
                                      {{"RAY_ADDRESS", "auto"}}));
  INFO(to_string(done));
  REQUIRE(done.exit_code == 0);
  std::string text;
  CHECK(eventually(
    [&] {
      text = scrape(port);
      return text.find("\nray_hits_total 21\n") != std::string::npos;
    },
    10s));
  INFO(text);
  const auto has = [&](const std::string& line) {
    return text.find("\n" + line + "\n") != std::string::npos;
  };
  CHECK(has("# TYPE ray_hits_total counter"));
  CHECK(has("# HELP ray_hits_total Tasks that ran."));
  CHECK(has("ray_halves_total{parity=\"even\"} 5"));
  CHECK(has("ray_sizes_bucket{le=\"10\"} 11"));
  CHECK(has("ray_sizes_bucket{le=\"+Inf\"} 20"));
  CHECK(has("ray_metrics_dropped_total 0"));
  CHECK(text.find("\nray_tasks{State=\"FINISHED\",Name=\"parity\"} 20\n")
        != std::string::npos);
  RAYD_SKIP_IF(run({{"which", "promtool"}}).exit_code != 0,
               "promtool (package prometheus) is not installed");
  command check{{"promtool", "check", "metrics"}};
  check.input = text;
  const auto checked = run(check);
  INFO(to_string(checked));
  CHECK(checked.exit_code == 0);
}

TEST_CASE("metrics are listed as a table, without a filter") {
  cluster place;
  place.start_head({"--num-cpus=0"});
  CHECK(place.rayd({"list", "metrics"}).exit_code == 0);
  const auto refused = place.rayd({"list", "metrics", "--filter=a=b"});
  CHECK(refused.exit_code == 2);
  CHECK(refused.err.find("--filter") != std::string::npos);
  CHECK(place.rayd({"get", "metric", "x"}).exit_code == 2);
}
