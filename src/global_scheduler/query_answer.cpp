#include "global_scheduler/query_answer.hpp"

#include "wire/query.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <utility>

namespace rayd {

namespace {

using json = nlohmann::json;

json as_json(const resource_set& set) {
  auto object = json::object();
  for (const auto& [name, units] : set)
    object[name] = static_cast<double>(std::max<std::int64_t>(units, 0))
                   / resource_set::unit;
  return object;
}

/// Before its first load all of a node's resources count as left over; more
/// work than fits counts as nothing left.
resource_set left_over(const node_record& node) {
  if (node.state == node_state::dead)
    return {};
  auto left = node.load.sequence == 0 ? node.entry.total : node.load.available;
  for (const auto& [name, total] : node.entry.total)
    left.set_units(name,
                   std::clamp<std::int64_t>(left.units(name), 0, total));
  return left;
}

/// What the machine of a living node does.
void add_figures(json& row, const node_figures& figures) {
  row["cpu_percent"] = figures.cpu / 100.0;
  row["memory_used"] = figures.memory_used;
  row["memory_total"] = figures.memory_total;
  row["network_in"] = figures.network_in;
  row["network_out"] = figures.network_out;
  row["disk_read"] = figures.disk_read;
  row["disk_write"] = figures.disk_write;
}

json as_json(const head_machine& machine, const query_context& context,
             const node_record& node) {
  json labels = json::object();
  for (const auto& [key, value] : node.entry.labels)
    labels[key] = value;
  const bool dead = node.state == node_state::dead;
  json row{
    {"id", node_name(node.entry.index)},
    {"role", node.link == context.head_link ? "head" : "node"},
    {"state", to_string(node.state)},
    {"host", node.entry.host},
    {"port", node.entry.port},
    {"pid", node.entry.pid},
    {"heartbeat_age_ms", (context.now - node.heard) / 1000},
    {"resources_total", as_json(node.entry.total)},
    {"resources_available", as_json(left_over(node))},
    {"labels", std::move(labels)},
    {"store_capacity", node.entry.store_bytes},
    {"store_used", dead ? 0 : node.load.store_used},
    {"store_spilled", dead ? 0 : node.load.store_spilled},
    {"workers", dead ? 0 : node.load.workers},
    {"actors", dead ? 0 : machine.actors().alive_on(node.entry.index)},
    {"tasks_running", dead ? 0 : node.load.running},
    {"tasks_waiting", dead ? 0 : node.load.queued},
    {"reason", node.reason},
  };
  if (!dead && node.load.figures.memory_total != 0)
    add_figures(row, node.load.figures);
  return row;
}

struct sums {
  resource_set total;
  resource_set available;
  std::uint64_t finished = 0;
};

sums sum_up(const head_machine& machine) {
  sums all;
  for (const auto& [index, node] : machine.nodes()) {
    all.finished += node.load.finished;
    if (!node.announced || node.state == node_state::dead)
      continue;
    all.total += node.entry.total;
    all.available += left_over(node);
  }
  return all;
}

json all_nodes(const head_machine& machine, const query_context& context) {
  auto list = json::array();
  for (const auto& [index, node] : machine.nodes())
    if (node.announced)
      list.push_back(as_json(machine, context, node));
  return list;
}

json actors_by_state(const head_machine& machine) {
  json counts;
  for (const auto state : {actor_state::pending, actor_state::alive,
                           actor_state::restarting, actor_state::dead})
    counts[to_string(state)] = 0;
  for (const auto& [id, actor] : machine.actors().actors()) {
    auto& count = counts[to_string(actor.state)];
    count = count.get<std::uint64_t>() + 1;
  }
  return counts;
}

/// What waits and can run on no node.
json all_hopeless(const head_machine& machine) {
  auto list = json::array();
  for (const auto& [index, node] : machine.nodes()) {
    if (node.state == node_state::dead)
      continue;
    for (const auto& shape : node.load.waiting) {
      const auto found = machine.judge_shape(shape.demand, shape.wish);
      if (found.what == feasibility::kind::possible)
        continue;
      json labels = json::object();
      for (const auto& [key, value] : shape.wish.labels)
        labels[key] = value;
      list.push_back({{"home", node_name(index)},
                      {"count", shape.waiting},
                      {"resources", as_json(shape.demand)},
                      {"labels", std::move(labels)},
                      {"reason", found.text}});
    }
  }
  return list;
}

/// All that waits and cannot start soon where it is, by shape.
json all_demands(const head_machine& machine) {
  std::map<std::pair<std::string, std::string>, json> shapes;
  for (const auto& [index, node] : machine.nodes()) {
    if (node.state == node_state::dead)
      continue;
    for (const auto& shape : node.load.waiting) {
      json labels = json::object();
      for (const auto& [key, value] : shape.wish.labels)
        labels[key] = value;
      auto resources = as_json(shape.demand);
      const auto text = [](const json& value) {
        return value.dump(-1, ' ', false, json::error_handler_t::replace);
      };
      auto& row = shapes[{text(resources), text(labels)}];
      if (row.is_null())
        row = {{"count", 0},
               {"resources", std::move(resources)},
               {"labels", std::move(labels)}};
      row["count"] = row["count"].get<std::uint64_t>() + shape.waiting;
    }
  }
  auto list = json::array();
  for (auto& [shape, row] : shapes)
    list.push_back(std::move(row));
  return list;
}

json whole_status(const head_machine& machine, const query_context& context) {
  auto nodes = all_nodes(machine, context);
  const auto all = sum_up(machine);
  json totals = {{"resources_total", as_json(all.total)},
                 {"resources_available", as_json(all.available)}};
  for (const char* name :
       {"store_capacity", "store_used", "store_spilled", "workers", "actors",
        "tasks_running", "tasks_waiting"}) {
    std::uint64_t sum = 0;
    for (const auto& node : nodes)
      if (node["state"] != "dead")
        sum += node[name].get<std::uint64_t>();
    totals[name] = sum;
  }
  return {
    {"version", RAYD_VERSION},
    {"cluster_id", machine.options().cluster_id},
    {"address", context.address},
    {"uptime_ms", (context.now - context.started) / 1000},
    {"jobs", machine.jobs().running()},
    {"tasks_finished", all.finished},
    {"actors_by_state", actors_by_state(machine)},
    {"nodes", std::move(nodes)},
    {"infeasible", all_hopeless(machine)},
    {"demands", all_demands(machine)},
    {"deadlocks", machine.deadlocks().deadlocks()},
    {"totals", std::move(totals)},
  };
}

} // namespace

result<std::string> answer_query(const head_machine& machine,
                                 const query_context& context,
                                 std::string_view request) {
  const auto asked = json::parse(request, nullptr, false);
  std::string what;
  if (asked.is_object() && asked.contains("what") && asked["what"].is_string())
    what = asked["what"].get<std::string>();
  const auto text = [](const json& answer) {
    return answer.dump(-1, ' ', false, json::error_handler_t::replace);
  };
  if (what == query_status)
    return text(whole_status(machine, context));
  if (what == query_nodes)
    return text({{"nodes", all_nodes(machine, context)}});
  if (what == "cluster_resources")
    return text(as_json(sum_up(machine).total));
  if (what == "available_resources")
    return text(as_json(sum_up(machine).available));
  return failure{ray::errc::connection_failed,
                 fmt::format("the head knows no query \"{}\"", what)};
}

} // namespace rayd
