#include "control_store/state_rows.hpp"

#include "control_store/json_lines.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace rayd {

namespace {

std::string node_text(node_index node) {
  return node == 0 ? std::string{} : node_name(node);
}

} // namespace

state_json task_row(const task_record& task) {
  auto row = state_json::parse(task_line(task));
  row.erase("kind");
  return row;
}

state_json object_row(const object_record& object) {
  auto row = state_json::parse(object_line(object));
  row.erase("kind");
  return row;
}

std::string task_field(const task_record& task, std::string_view field) {
  if (field == "state") return to_string(task.state);
  if (field == "name") return task.name;
  if (field == "title") return title_of(task);
  if (field == "function") return task.function_name;
  if (field == "id") return to_string(task.id);
  if (field == "job") return job_name(task.job);
  if (field == "parent") return to_string(task.parent);
  if (field == "type") return to_string(task.kind);
  if (field == "placed_by") return to_string(task.placed);
  if (field == "attempt") return std::to_string(task.attempt);
  if (field == "home") return node_text(task.home);
  if (field == "node") return node_text(task.node);
  if (field == "pid") return std::to_string(task.worker_pid);
  if (field == "submitted_us") return std::to_string(task.submitted_us);
  if (field == "started_us") return std::to_string(task.started_us);
  if (field == "finished_us") return std::to_string(task.finished_us);
  if (field == "error") return task.error ? error_name(*task.error) : "";
  if (field == "error_message") return task.error_message;
  return {};
}

std::string object_field(const object_record& object, std::string_view field) {
  if (field == "id") return to_string(object.id);
  if (field == "job") return job_name(object.id.job());
  if (field == "home") return node_text(object.home);
  if (field == "size") return std::to_string(object.size_bytes);
  return {};
}

std::string row_field(const state_json& row, std::string_view field) {
  const auto at = row.find(std::string{field});
  if (at == row.end() || at->is_null())
    return {};
  return at->is_string() ? at->get<std::string>() : text_of_json(*at);
}

const std::string& title_of(const task_record& task) {
  return task.name.empty() ? task.function_name : task.name;
}

bool waits(const task_record& task) {
  return task.state == task_state::waiting_for_args
         || task.state == task_state::waiting_for_resources;
}

bool runs(const task_record& task) {
  return task.state == task_state::running || task.state == task_state::blocked;
}

std::string text_of_json(const state_json& json) {
  return json.dump(-1, ' ', false, state_json::error_handler_t::replace);
}

} // namespace rayd
