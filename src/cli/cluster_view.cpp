#include "cli/cluster_view.hpp"

#include "cli/table.hpp"
#include "wire/query.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace rayd {

namespace {

using json_value = nlohmann::json;

std::string text_of(const json_value& object, const char* key) {
  auto found = object.find(key);
  if (found == object.end())
    return "-";
  if (found->is_string())
    return found->get_ref<const std::string&>().empty()
             ? "-"
             : found->get<std::string>();
  if (found->is_number_float())
    return fmt::format("{:g}", found->get<double>());
  return found->is_number() ? found->dump() : "-";
}

std::string size_of(const json_value& object, const char* key) {
  auto found = object.find(key);
  if (found == object.end() || !found->is_number())
    return "-";
  return format_size(
    static_cast<std::uint64_t>(std::max(0.0, found->get<double>())));
}

std::string duration_of(const json_value& object, const char* key) {
  auto found = object.find(key);
  if (found == object.end() || !found->is_number())
    return "-";
  return format_duration(std::chrono::milliseconds{
    static_cast<std::int64_t>(found->get<double>())});
}

double amount_of(const json_value& object, const char* set,
                 const std::string& name) {
  auto found = object.find(set);
  if (found == object.end() || !found->is_object())
    return 0;
  auto amount = found->find(name);
  return amount != found->end() && amount->is_number() ? amount->get<double>()
                                                       : 0;
}

/// "1/4": in use of total; a dead node has neither.
std::string use_of(const json_value& node, const std::string& name) {
  if (text_of(node, "state") == "dead")
    return "-";
  auto total = amount_of(node, "resources_total", name);
  auto used = total - amount_of(node, "resources_available", name);
  if (name == "memory")
    return fmt::format("{} / {}",
                       format_size(static_cast<std::uint64_t>(
                         std::max(0.0, used))),
                       format_size(static_cast<std::uint64_t>(total)));
  return fmt::format("{:g}/{:g}", used, total);
}

/// "license 1/2, tpu 0/4": all but CPU and memory.
std::string other_resources(const json_value& node) {
  std::string text;
  auto total = node.find("resources_total");
  if (total == node.end() || !total->is_object())
    return "-";
  for (auto& [name, amount] : total->items())
    if (name != "CPU" && name != "memory" && amount.is_number()
        && amount.get<double>() > 0)
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name,
                          use_of(node, name));
  return text.empty() ? "-" : text;
}

std::string store_of(const json_value& object) {
  auto text = fmt::format("{} / {}", size_of(object, "store_used"),
                          size_of(object, "store_capacity"));
  const auto spilled = object.find("store_spilled");
  if (spilled != object.end() && spilled->is_number()
      && spilled->get<double>() > 0)
    text += fmt::format(", {} on disk", size_of(object, "store_spilled"));
  return text;
}

std::string address_of(const json_value& node) {
  auto host = text_of(node, "host");
  auto port = text_of(node, "port");
  return port == "-" || port == "0" ? host : host + ":" + port;
}

std::vector<std::string> node_row(const json_value& node) {
  return {text_of(node, "id"),
          text_of(node, "role"),
          text_of(node, "state"),
          address_of(node),
          text_of(node, "pid"),
          use_of(node, "CPU"),
          use_of(node, "memory"),
          other_resources(node),
          store_of(node),
          text_of(node, "workers"),
          text_of(node, "actors"),
          text_of(node, "tasks_running"),
          text_of(node, "tasks_waiting"),
          duration_of(node, "heartbeat_age_ms")};
}

/// "2 alive, 1 restarting, 4 dead", in the order of an actor's life.
std::string actors_of(const json_value& answer) {
  const auto counts = answer.find("actors_by_state");
  if (counts == answer.end() || !counts->is_object())
    return "-";
  std::string text;
  for (const auto* state : {"pending", "alive", "restarting", "dead"})
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ",
                        text_of(*counts, state), state);
  return text;
}

/// A line for each shape of work that fits no node, and for each deadlock.
std::string trouble_lines(const json_value& answer) {
  std::string text;
  const auto all = answer.find("infeasible");
  if (all != answer.end() && all->is_array())
    for (const auto& shape : *all)
      if (shape.is_object())
        text += fmt::format("infeasible: {} waiting on {}: {}\n",
                            text_of(shape, "count"), text_of(shape, "home"),
                            text_of(shape, "reason"));
  if (const auto found = answer.find("deadlocks");
      found != answer.end() && found->is_array())
    for (const auto& deadlock : *found)
      if (deadlock.is_string())
        text += deadlock.get<std::string>() + "\n";
  return text.empty() ? text : "\n" + text;
}

/// A line for each shape of work that waits for room.
std::string demand_lines(const json_value& answer) {
  std::string text;
  const auto all = answer.find("demands");
  if (all == answer.end() || !all->is_array())
    return text;
  for (const auto& shape : *all) {
    if (!shape.is_object())
      continue;
    std::string asked;
    for (const char* part : {"resources", "labels"})
      if (const auto at = shape.find(part);
          at != shape.end() && at->is_object())
        for (const auto& [name, value] : at->items())
          asked += fmt::format("{}{} {}", asked.empty() ? "" : ", ", name,
                               text_of(*at, name.c_str()));
    text += fmt::format("demand: {} waiting for {}\n", text_of(shape, "count"),
                        asked.empty() ? "a worker" : asked);
  }
  return text.empty() ? text : "\n" + text;
}

std::string table_of(const json_value& answer) {
  std::vector<std::vector<std::string>> rows{
    {"NODE", "ROLE", "STATE", "ADDRESS", "PID", "CPU", "MEMORY", "OTHER",
     "OBJECT STORE", "WORKERS", "ACTORS", "RUNNING", "WAITING", "SEEN"}};
  for (auto& node : answer.at("nodes"))
    if (node.is_object())
      rows.push_back(node_row(node));
  return format_table(rows);
}

/// An answer with nodes, else null.
json_value read_answer(const std::string& text) {
  auto answer = json_value::parse(text, nullptr, false);
  if (!answer.is_object() || !answer.contains("nodes")
      || !answer["nodes"].is_array())
    return nullptr;
  return answer;
}

std::string dump(const json_value& value) {
  return value.dump(2, ' ', false, json_value::error_handler_t::replace) + "\n";
}

} // namespace

std::string nodes_table(const std::string& json) {
  auto answer = read_answer(json);
  return answer.is_null() ? std::string{} : table_of(answer);
}

std::string status_text(const std::string& json, bool colour) {
  auto answer = read_answer(json);
  if (answer.is_null())
    return {};
  auto totals = answer.value("totals", json_value::object());
  if (!totals.is_object())
    totals = json_value::object();
  auto table = table_of(answer);
  std::vector<std::vector<std::string>> head{
    {"cluster", text_of(answer, "cluster_id")},
    {"address", text_of(answer, "address")},
    {"version", "rayd " + text_of(answer, "version")},
    {"up", duration_of(answer, "uptime_ms")},
    {"jobs", text_of(answer, "jobs") + " running"},
    {"tasks", fmt::format("{} running, {} waiting, {} finished",
                          text_of(totals, "tasks_running"),
                          text_of(totals, "tasks_waiting"),
                          text_of(answer, "tasks_finished"))},
    {"actors", actors_of(answer)},
    {"CPU", use_of(totals, "CPU") + " in use"},
    {"memory", use_of(totals, "memory") + " reserved"},
    {"other", other_resources(totals)},
    {"store", store_of(totals)},
  };
  // One column of names, one of values, also where all values are numbers.
  std::string text;
  for (auto& row : head)
    text += fmt::format("{:<8} {}\n", row[0], row[1]);
  return text + "\n" + (colour ? with_bold_head(table) : table)
         + demand_lines(answer) + trouble_lines(answer);
}

std::string indent_json(const std::string& json) {
  auto value = json_value::parse(json, nullptr, false);
  return value.is_discarded() ? std::string{} : dump(value);
}

std::string nodes_json(const std::string& json) {
  auto answer = read_answer(json);
  return answer.is_null() ? std::string{} : dump(answer["nodes"]);
}

} // namespace rayd
