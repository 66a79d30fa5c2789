#include "dashboard/metrics_text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>
#include <map>
#include <utility>

namespace rayd {

namespace {

using json = nlohmann::json;

// More names than these are one.
constexpr std::size_t most_task_names = 200;
constexpr const char* other_names = "(other names)";

/// \ and line ends are escaped, in a value of a label " too.
std::string escaped(std::string_view text, bool in_quotes) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || (c == '"' && in_quotes))
      out += '\\';
    out += c;
  }
  return out;
}

std::string label(std::string_view text) {
  return escaped(text, true);
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
  void begin(std::string_view name, std::string_view type,
             std::string_view help) {
    name_ = name;
    text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name,
                         escaped(help, false), name, type);
  }

  /// @param part  "_sum" and so on, of a histogram.
  void add(const std::string& labels, double value,
           std::string_view part = "") {
    text_ += labels.empty()
               ? fmt::format("{}{} {}\n", name_, part, value)
               : fmt::format("{}{}{{{}}} {}\n", name_, part, labels, value);
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
  const char* type = "gauge";
};

constexpr std::array<node_family, 14> node_families{{
  {"ray_node_cpu_utilization", "cpu_percent",
   "Use of the machine's CPUs, in percent of all of them."},
  {"ray_node_mem_used", "memory_used", "Memory in use, in bytes."},
  // Ray's name; promtool wants no gauge to end so.
  {"ray_node_mem_total", "memory_total", "Memory of the machine, in bytes.", 1,
   "untyped"},
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
    out.begin(family.name, family.type, family.help);
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

struct task_family {
  const char* state;
  const char* field;
};

constexpr std::array<task_family, 5> task_families{{
  {"RUNNING", "running"},
  {"PENDING", "waiting"},
  {"FINISHED", "finished"},
  {"FAILED", "failed"},
  {"CANCELLED", "cancelled"},
}};

/// By name when the head's records could be read, else all together.
void add_tasks(writer& out, const json& totals, const json& sums) {
  out.begin("ray_tasks", "gauge",
            "Tasks that the head knows, by state and name: all that have not "
            "ended, and of the others those within the history's limit.");
  const auto add = [&](const task_family& family, std::string_view name,
                       double value) {
    out.add(fmt::format(R"(State="{}",Name="{}")", family.state, label(name)),
            value);
  };
  const auto rows = sums.is_object() ? sums.find("rows") : sums.end();
  if (rows == sums.end() || !rows->is_array()) {
    add(task_families[0], "", number_in(totals, "tasks_running"));
    add(task_families[1], "", number_in(totals, "tasks_waiting"));
    return;
  }
  std::array<double, task_families.size()> others{};
  std::size_t shown = 0;
  for (const auto& row : *rows) {
    const auto name = text_in(row, "name");
    const bool other = shown >= most_task_names || name == other_names;
    shown += other ? 0 : 1;
    for (std::size_t i = 0; i < task_families.size(); ++i) {
      const auto count = number_in(row, task_families[i].field);
      others[i] += other ? count : 0;
      if (!other)
        add(task_families[i], name, count);
    }
  }
  for (std::size_t i = 0; i < task_families.size(); ++i)
    if (others[i] > 0)
      add(task_families[i], other_names, others[i]);
}

std::string tags_of(const json& row) {
  std::string labels;
  if (const auto tags = row.find("tags");
      tags != row.end() && tags->is_object())
    for (const auto& [key, value] : tags->items())
      labels += fmt::format("{}{}=\"{}\"", labels.empty() ? "" : ",", key,
                            value.is_string()
                              ? label(value.get_ref<const std::string&>())
                              : "");
  return labels;
}

/// One of a program: a histogram counts up to each boundary.
void add_series(writer& out, const json& row) {
  const auto labels = tags_of(row);
  if (text_in(row, "kind") != "histogram")
    return out.add(labels, number_in(row, "value"));
  const auto ends = row.value("boundaries", json::array());
  const auto counts = row.value("buckets", json::array());
  const auto* const comma = labels.empty() ? "" : ",";
  double below = 0;
  for (std::size_t i = 0; i < ends.size() && i < counts.size(); ++i) {
    below += counts[i].get<double>();
    out.add(fmt::format("{}{}le=\"{}\"", labels, comma,
                        ends[i].get<double>()),
            below, "_bucket");
  }
  out.add(fmt::format("{}{}le=\"+Inf\"", labels, comma),
          number_in(row, "count"), "_bucket");
  out.add(labels, number_in(row, "value"), "_sum");
  out.add(labels, number_in(row, "count"), "_count");
}

void add_programs(writer& out, const json& metrics) {
  const auto rows = metrics.is_object() ? metrics.find("rows") : metrics.end();
  if (rows == metrics.end() || !rows->is_array())
    return;
  out.begin("ray_metrics_series", "gauge",
            "Series of metrics that programs have made.");
  out.add("", static_cast<double>(rows->size()));
  out.begin("ray_metrics_dropped_total", "counter",
            "How often a series of a program's metrics found no room, or did "
            "not fit one of the same name.");
  out.add("", number_in(metrics, "dropped"));
  std::string last;
  for (const auto& row : *rows) {
    if (const auto name = text_in(row, "exposed"); name != last) {
      const auto help = text_in(row, "help");
      out.begin(name, text_in(row, "kind"),
                help.empty() ? "Of a program." : help);
      last = name;
    }
    add_series(out, row);
  }
}

/// As in Ray.
std::string actor_state_of(std::string state) {
  if (state == "pending")
    return "PENDING_CREATION";
  for (char& c : state)
    c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return state;
}

void add_counts(writer& out, const json& status, const json& nodes,
                const json& sums) {
  std::map<std::string, int> states;
  for (const auto& node : nodes)
    ++states[text_in(node, "state")];
  out.begin("ray_cluster_nodes", "gauge", "Nodes by state.");
  for (const auto& [state, count] : states)
    out.add(fmt::format("State=\"{}\"", label(state)), count);
  const auto totals = status.value("totals", json::object());
  add_tasks(out, totals, sums);
  out.begin("ray_tasks_finished_total", "counter",
            "Tasks that have ended since the head started.");
  out.add("", number_in(status, "tasks_finished"));
  out.begin("ray_actors", "gauge", "Actors by state.");
  const auto actors = status.value("actors_by_state", json::object());
  for (const auto& [state, count] : actors.items())
    out.add(fmt::format("State=\"{}\"", actor_state_of(label(state))),
            count.is_number() ? count.get<double>() : 0);
  out.begin("ray_running_jobs", "gauge", "Jobs that run.");
  out.add("", number_in(status, "jobs"));
  out.begin("ray_head_uptime_seconds", "gauge",
            "Seconds since the head started.");
  out.add("", number_in(status, "uptime_ms") / 1000);
}

} // namespace

std::string metrics_text(const metrics_answers& from) {
  const auto parse = [](std::string_view text) {
    return json::parse(text, nullptr, false);
  };
  const auto all = parse(from.status);
  if (!all.is_object() || !all.contains("nodes") || !all["nodes"].is_array())
    return {};
  writer out;
  add_counts(out, all, all["nodes"], parse(from.tasks));
  add_nodes(out, all["nodes"]);
  add_programs(out, parse(from.metrics));
  return out.take();
}

} // namespace rayd
