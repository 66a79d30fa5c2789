#include "control_store/json_lines.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

namespace rayd {

namespace {

using json = nlohmann::ordered_json;

/// Bytes that are no UTF-8 become U+FFFD: names are the users'.
std::string line_of(const json& object) {
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

bool holds_integer(std::string_view field) {
  return field.ends_with("_us") || field == "pid" || field == "restarts"
         || field == "max_restarts" || field == "epoch";
}

bool holds_object(std::string_view field) {
  return field == "resources" || field == "labels";
}

/// As JSON what the field's name says that it is; as text what is not.
json value_of(std::string_view field, std::string_view text) {
  if (holds_integer(field)) {
    std::int64_t number = 0;
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    if (parsed.ec == std::errc{} && parsed.ptr == end)
      return number;
  } else if (holds_object(field)) {
    auto object = json::parse(text, nullptr, false);
    if (object.is_object())
      return object;
  }
  return std::string{text};
}

json lines_of(std::string_view text) {
  auto lines = json::array();
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

json node_or_null(node_index node) {
  // Not json{...}: that would be a list of one.
  return node == 0 ? json() : json(node_name(node));
}

} // namespace

std::string entity_line(std::string_view kind, std::string_view id,
                        const redisReply& hash) {
  json line;
  line["kind"] = kind;
  line["id"] = id;
  for (std::size_t i = 0; i + 1 < hash.elements; i += 2) {
    const auto field = text_of(*hash.element[i]);
    line[std::string{field}] = value_of(field, text_of(*hash.element[i + 1]));
  }
  return line_of(line);
}

std::string actor_name_line(std::string_view name, std::string_view id) {
  json line;
  line["kind"] = "actor_name";
  line["name"] = name;
  line["id"] = id;
  return line_of(line);
}

std::string task_line(const task_record& task) {
  json line;
  line["kind"] = "task";
  line["id"] = to_string(task.id);
  line["job"] = job_name(task.job);
  line["parent"] = to_string(task.parent);
  line["type"] = to_string(task.kind);
  line["name"] = task.name;
  line["function"] = task.function_name;
  line["state"] = to_string(task.state);
  line["placed_by"] = to_string(task.placed);
  line["attempt"] = task.attempt;
  line["home"] = node_or_null(task.home);
  line["node"] = node_or_null(task.node);
  line["pid"] = task.worker_pid;
  line["submitted_us"] = task.submitted_us;
  line["started_us"] = task.started_us;
  line["finished_us"] = task.finished_us;
  auto& demand = line["demand"] = json::object();
  for (const auto& [name, units] : task.demand)
    demand[name] = static_cast<double>(units) / resource_set::unit;
  line["error"] = task.error ? json(error_name(*task.error)) : json();
  line["error_message"] = task.error_message;
  line["chain"] = lines_of(task.error_chain);
  return line_of(line);
}

std::string object_line(const object_record& object) {
  json line;
  line["kind"] = "object";
  line["id"] = to_string(object.id);
  line["job"] = job_name(object.id.job());
  line["home"] = node_or_null(object.home);
  line["size"] = object.size_bytes;
  auto& nodes = line["nodes"] = json::array();
  for (auto node : object.nodes)
    nodes.push_back(node_name(node));
  return line_of(line);
}

std::string dropped_line(std::string_view table, std::uint64_t count) {
  json line;
  line["kind"] = "dropped";
  line["table"] = table;
  line["count"] = count;
  return line_of(line);
}

std::string damaged_line(std::string_view key, std::string_view reason) {
  json line;
  line["kind"] = "damaged";
  line["key"] = key;
  line["reason"] = reason;
  return line_of(line);
}

const char* error_name(ray::errc code) noexcept {
  using ray::errc;
  switch (code) {
    case errc::task_error: return "task_error";
    case errc::worker_died: return "worker_died";
    case errc::task_poisoned: return "task_poisoned";
    case errc::actor_died: return "actor_died";
    case errc::actor_unavailable: return "actor_unavailable";
    case errc::no_such_actor: return "no_such_actor";
    case errc::object_lost: return "object_lost";
    case errc::object_store_full: return "object_store_full";
    case errc::out_of_memory: return "out_of_memory";
    case errc::get_timeout: return "get_timeout";
    case errc::cancelled: return "cancelled";
    case errc::unschedulable: return "unschedulable";
    case errc::connection_failed: return "connection_failed";
    case errc::would_block: return "would_block";
    case errc::wrong_type: return "wrong_type";
    case errc::pending_calls: return "pending_calls";
    case errc::task_timeout: return "task_timeout";
    case errc::name_taken: return "name_taken";
  }
  return "unknown";
}

} // namespace rayd
