#include "dashboard/metrics_text.hpp"

#include "catch.hpp"

#include <string>

using namespace rayd;

TEST_CASE("metrics have Ray's names and escape what users wrote",
          "[metrics]") {
  const auto text = metrics_text(R"({
    "uptime_ms": 2500, "jobs": 1, "tasks_finished": 42,
    "actors_by_state": {"alive": 2, "dead": 0},
    "totals": {"tasks_running": 3, "tasks_waiting": 4},
    "nodes": [
      {"id": "n1", "role": "head", "state": "alive", "host": "a\"b\\c\nd",
       "cpu_percent": 12.5, "store_used": 7, "heartbeat_age_ms": 1500,
       "resources_total": {"CPU": 4}, "resources_available": {"CPU": 1}},
      {"id": "n2", "role": "node", "state": "dead", "host": "h",
       "cpu_percent": 1}]})");
  const auto has = [&](const std::string& line) {
    return text.find(line + "\n") != std::string::npos;
  };
  const std::string node
    = R"(Node="n1",Host="a\"b\\c\nd",Role="head")";
  CHECK(has("ray_node_cpu_utilization{" + node + "} 12.5"));
  CHECK(has("ray_node_heartbeat_age_seconds{" + node + "} 1.5"));
  CHECK(has("ray_object_store_memory{" + node + "} 7"));
  CHECK(has("ray_resources{Name=\"CPU\"," + node + ",State=\"USED\"} 3"));
  CHECK(has("ray_tasks{State=\"RUNNING\"} 3"));
  CHECK(has("ray_tasks{State=\"PENDING\"} 4"));
  CHECK(has("ray_tasks_finished_total 42"));
  CHECK(has("ray_actors{State=\"alive\"} 2"));
  CHECK(has("ray_cluster_nodes{State=\"dead\"} 1"));
  CHECK(has("ray_head_uptime_seconds 2.5"));
  // What is not known is not said, and the dead say nothing.
  CHECK(text.find("ray_node_mem_used{") == std::string::npos);
  CHECK(text.find("n2") == std::string::npos);
  CHECK(metrics_text(R"({"error": "x"})").empty());
  CHECK(metrics_text("nonsense").empty());
}
