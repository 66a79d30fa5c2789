#include "dashboard/metrics_text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>
#include <map>
#include <utility>

namespace rayd {

namespace {

using json = nlohmann::json;

/// A value of a label: \, " and line ends are escaped.
std::string label(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == '"')
      out += '\\';
    out += c;
  }
  return out;
}

double number_in(const json& from, const char* name) {
  const auto at = from.find(name);
  return at != from.end() && at->is_number() ? at->get<double>() : 0;
}

std::string text_in(const json& from, const char* name) {
  const auto at = from.find(name);
  return at != from.end() && at->is_string() ? at->get<std::string>()
                                             : std::string{};
}

/// One family: its help, its type, its lines.
class writer {
public:
  void begin(const char* name, const char* type, const char* help) {
    name_ = name;
    text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name,
                         type);
  }

  void add(const std::string& labels, double value) {
    text_ += labels.empty()
               ? fmt::format("{} {}\n", name_, value)
               : fmt::format("{}{{{}}} {}\n", name_, labels, value);
  }

  std::string take() { return std::move(text_); }

private:
  std::string name_;
  std::string text_;
};

struct node_family {
  const char* name;
  const char* field;
  const char* help;
  double scale = 1;
};

constexpr std::array<node_family, 14> node_families{{
  {"ray_node_cpu_utilization", "cpu_percent",
   "Use of the machine's CPUs, in percent of all of them."},
  {"ray_node_mem_used", "memory_used", "Memory in use, in bytes."},
  {"ray_node_mem_total", "memory_total", "Memory of the machine, in bytes."},
  {"ray_node_network_receive_speed", "network_in",
   "Bytes received in a second, without loopback."},
  {"ray_node_network_send_speed", "network_out",
   "Bytes sent in a second, without loopback."},
  {"ray_node_disk_io_read_speed", "disk_read", "Bytes read in a second."},
  {"ray_node_disk_io_write_speed", "disk_write",
   "Bytes written in a second."},
  {"ray_object_store_memory", "store_used",
   "Bytes of objects in the node's store."},
  {"ray_object_store_available_memory", "store_capacity",
   "Bytes that the node's store can hold."},
  {"ray_object_store_spilled_bytes", "store_spilled",
   "Bytes of objects on the node's disk."},
  {"ray_node_workers", "workers", "Worker processes."},
  {"ray_node_tasks_running", "tasks_running", "Tasks that run on the node."},
  {"ray_node_tasks_waiting", "tasks_waiting",
   "Tasks that the node has accepted and not started."},
  {"ray_node_heartbeat_age_seconds", "heartbeat_age_ms",
   "Time since the head heard of the node.", 0.001},
}};

std::string node_labels(const json& node) {
  return fmt::format(R"(Node="{}",Host="{}",Role="{}")",
                     label(text_in(node, "id")), label(text_in(node, "host")),
                     label(text_in(node, "role")));
}

bool is_dead(const json& node) {
  return text_in(node, "state") == "dead";
}

void add_nodes(writer& out, const json& nodes) {
  for (const auto& family : node_families) {
    out.begin(family.name, "gauge", family.help);
    for (const auto& node : nodes)
      if (!is_dead(node) && node.contains(family.field))
        out.add(node_labels(node),
                number_in(node, family.field) * family.scale);
  }
  out.begin("ray_resources", "gauge",
            "Resources of each node by name; State is USED or AVAILABLE.");
  for (const auto& node : nodes) {
    if (is_dead(node) || !node.contains("resources_total"))
      continue;
    const auto left = node.value("resources_available", json::object());
    for (const auto& [name, total] : node["resources_total"].items()) {
      const auto free = number_in(left, name.c_str());
      const auto labels = fmt::format("Name=\"{}\",{}", label(name),
                                      node_labels(node));
      out.add(labels + ",State=\"AVAILABLE\"", free);
      out.add(labels + ",State=\"USED\"",
              (total.is_number() ? total.get<double>() : 0) - free);
    }
  }
}

void add_counts(writer& out, const json& status, const json& nodes) {
  std::map<std::string, int> states;
  for (const auto& node : nodes)
    ++states[text_in(node, "state")];
  out.begin("ray_cluster_nodes", "gauge", "Nodes by state.");
  for (const auto& [state, count] : states)
    out.add(fmt::format("State=\"{}\"", label(state)), count);
  const auto totals = status.value("totals", json::object());
  out.begin("ray_tasks", "gauge",
            "Tasks by state; those that have ended count in "
            "ray_tasks_finished_total.");
  out.add("State=\"RUNNING\"", number_in(totals, "tasks_running"));
  out.add("State=\"PENDING\"", number_in(totals, "tasks_waiting"));
  out.begin("ray_tasks_finished_total", "counter",
            "Tasks that have ended since the head started.");
  out.add("", number_in(status, "tasks_finished"));
  out.begin("ray_actors", "gauge", "Actors by state.");
  const auto actors = status.value("actors_by_state", json::object());
  for (const auto& [state, count] : actors.items())
    out.add(fmt::format("State=\"{}\"", label(state)),
            count.is_number() ? count.get<double>() : 0);
  out.begin("ray_running_jobs", "gauge", "Jobs that run.");
  out.add("", number_in(status, "jobs"));
  out.begin("ray_head_uptime_seconds", "gauge",
            "Seconds since the head started.");
  out.add("", number_in(status, "uptime_ms") / 1000);
}

} // namespace

std::string metrics_text(std::string_view status) {
  const auto all = json::parse(status, nullptr, false);
  if (!all.is_object() || !all.contains("nodes") || !all["nodes"].is_array())
    return {};
  writer out;
  add_counts(out, all, all["nodes"]);
  add_nodes(out, all["nodes"]);
  return out.take();
}

} // namespace rayd
