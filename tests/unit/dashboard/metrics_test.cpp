#include "dashboard/metrics_text.hpp"

#include "wire/metric_rules.hpp"

#include "catch.hpp"

#include <sstream>
#include <string>

using namespace rayd;

TEST_CASE("metrics have Ray's names and escape what users wrote",
          "[metrics]") {
  const auto status = R"({
    "uptime_ms": 2500, "jobs": 1, "tasks_finished": 42,
    "actors_by_state": {"alive": 2, "dead": 0},
    "totals": {"tasks_running": 3, "tasks_waiting": 4},
    "nodes": [
      {"id": "n1", "role": "head", "state": "alive", "host": "a\"b\\c\nd",
       "cpu_percent": 12.5, "store_used": 7, "heartbeat_age_ms": 1500,
       "resources_total": {"CPU": 4}, "resources_available": {"CPU": 1}},
      {"id": "n2", "role": "node", "state": "dead", "host": "h",
       "cpu_percent": 1}]})";
  const auto sums = R"_({"rows": [
    {"name": "squ\"are", "running": 3, "waiting": 4, "finished": 30,
     "failed": 2, "cancelled": 1},
    {"name": "(other names)", "running": 0, "waiting": 0, "finished": 5}]})_";
  const auto text = metrics_text({status, sums, R"({"rows": []})"});
  const auto has = [&](const std::string& line) {
    return text.find(line + "\n") != std::string::npos;
  };
  const std::string node
    = R"(Node="n1",Host="a\"b\\c\nd",Role="head")";
  CHECK(has("ray_node_cpu_utilization{" + node + "} 12.5"));
  CHECK(has("ray_node_heartbeat_age_seconds{" + node + "} 1.5"));
  CHECK(has("ray_object_store_memory{" + node + "} 7"));
  CHECK(has("ray_resources{Name=\"CPU\"," + node + ",State=\"USED\"} 3"));
  CHECK(has(R"(ray_tasks{State="RUNNING",Name="squ\"are"} 3)"));
  CHECK(has(R"(ray_tasks{State="PENDING",Name="squ\"are"} 4)"));
  CHECK(has(R"(ray_tasks{State="FAILED",Name="squ\"are"} 2)"));
  CHECK(has(R"_(ray_tasks{State="FINISHED",Name="(other names)"} 5)_"));
  CHECK(has("ray_tasks_finished_total 42"));
  CHECK(has("ray_actors{State=\"ALIVE\"} 2"));
  CHECK(has("ray_cluster_nodes{State=\"dead\"} 1"));
  CHECK(has("ray_head_uptime_seconds 2.5"));
  // What is not known is not said, and the dead say nothing.
  CHECK(text.find("ray_node_mem_used{") == std::string::npos);
  CHECK(text.find("n2") == std::string::npos);
  CHECK(metrics_text({R"({"error": "x"})", sums, "{}"}).empty());
  CHECK(metrics_text({"nonsense", sums, "{}"}).empty());
  // Without the records tasks are counted all together.
  const auto less = metrics_text({status, R"({"error": "x"})", "nonsense"});
  CHECK(less.find("ray_tasks{State=\"RUNNING\",Name=\"\"} 3\n")
        != std::string::npos);
  CHECK(less.find("ray_metrics") == std::string::npos);

  // No metric of a program may have the name of one of these.
  std::istringstream lines{text};
  std::string mark, type, name;
  std::size_t families = 0;
  for (std::string line; std::getline(lines, line);)
    if (std::istringstream words{line};
        words >> mark >> type >> name && type == "TYPE") {
      INFO(name);
      CHECK(is_own_metric(name));
      ++families;
    }
  CHECK(families == 23);
}

TEST_CASE("many names of tasks become one", "[metrics]") {
  std::string rows;
  for (int i = 0; i < 300; ++i)
    rows += (i == 0 ? "" : ",") + std::string{R"({"name": "f)"}
            + std::to_string(i) + R"(", "running": 1})";
  const auto text = metrics_text({R"({"nodes": []})",
                                  "{\"rows\": [" + rows + "]}", "{}"});
  CHECK(text.find("Name=\"f199\"") != std::string::npos);
  CHECK(text.find("Name=\"f200\"") == std::string::npos);
  CHECK(text.find(R"_(ray_tasks{State="RUNNING",Name="(other names)"} 100)_")
        != std::string::npos);
}

TEST_CASE("what programs count stands in Prometheus' form", "[metrics]") {
  const auto text = metrics_text({R"({"nodes": []})", "{}", R"({
    "dropped": 3, "rows": [
      {"exposed": "ray_hits_total", "kind": "counter", "help": "a\nb\\c\"",
       "tags": {"k": "v\"\n"}, "value": 2},
      {"exposed": "ray_hits_total", "kind": "counter", "help": "x",
       "tags": {"k": "w"}, "value": 1e300},
      {"exposed": "ray_sizes", "kind": "histogram", "help": "", "tags":
       {"k": "v"}, "value": 7.5, "count": 6, "boundaries": [0.5, 5],
       "buckets": [1, 2, 3]}]})"});
  const std::string wanted = R"(# HELP ray_hits_total a\nb\\c"
# TYPE ray_hits_total counter
ray_hits_total{k="v\"\n"} 2
ray_hits_total{k="w"} 1e+300
# HELP ray_sizes Of a program.
# TYPE ray_sizes histogram
ray_sizes_bucket{k="v",le="0.5"} 1
ray_sizes_bucket{k="v",le="5"} 3
ray_sizes_bucket{k="v",le="+Inf"} 6
ray_sizes_sum{k="v"} 7.5
ray_sizes_count{k="v"} 6
)";
  INFO(text);
  CHECK(text.ends_with(wanted));
  CHECK(text.find("ray_metrics_series 3\n") != std::string::npos);
  CHECK(text.find("ray_metrics_dropped_total 3\n") != std::string::npos);
}
