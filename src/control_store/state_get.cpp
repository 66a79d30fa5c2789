#include "control_store/snapshot.hpp"
#include "control_store/state_parts.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace rayd {

namespace {

state_json error(const std::string& sentence) {
  return {{"error", sentence}};
}

state_json unknown(const state_question& asked) {
  return error(fmt::format("no {} {} is known: it never was, or was forgotten",
                           asked.kind.substr(0, asked.kind.size() - 1),
                           asked.id));
}

/// The newest record of a task; null when there is none.
result<state_json> find_task(redis_link& link, const object_id& id) {
  state_json found;
  auto done = read_tasks(link, [&](const task_record& task) {
    if (task.id != id)
      return true;
    found = task_row(task);
    return false;
  });
  if (!done)
    return done.error();
  return found;
}

result<state_json> find_object(redis_link& link, const object_id& id) {
  state_json found;
  auto done = read_objects(link, [&](const object_record& object) {
    if (object.id != id)
      return true;
    found = object_row(object);
    return false;
  });
  if (!done)
    return done.error();
  // The result of a task has the task's id.
  auto task = find_task(link, id);
  if (!task)
    return task.error();
  if (found.is_null() && !task->is_null())
    found = {{"id", to_string(id)}, {"job", (*task)["job"]}, {"size", nullptr}};
  if (!found.is_null())
    found["made_by"] = *task;
  return found;
}

result<state_json> find_entity(redis_link& link, const state_question& asked) {
  state_json found;
  const auto kind = asked.kind.substr(0, asked.kind.size() - 1);
  auto done = read_lines(link, kind, [&](const std::string& line) {
    auto row = state_json::parse(line, nullptr, false);
    if (!row.is_object() || row.value("id", "") != asked.id)
      return true;
    row.erase("kind");
    found = std::move(row);
    return false;
  });
  if (!done)
    return done.error();
  return found;
}

} // namespace

result<state_json> get_state(redis_link& link, const state_question& asked) {
  if (asked.kind == "errors")
    return error("errors are listed: rayd list errors");
  result<state_json> found{state_json{}};
  if (asked.kind == "tasks" || asked.kind == "objects") {
    const auto id = parse_object_id(asked.id);
    if (!id)
      return error(fmt::format("\"{}\" is no id: those of {} have 32 "
                               "hexadecimal digits",
                               asked.id, asked.kind));
    found = asked.kind == "tasks" ? find_task(link, *id)
                                  : find_object(link, *id);
  } else {
    found = find_entity(link, asked);
  }
  if (!found)
    return found;
  return found->is_null() ? unknown(asked) : state_json{{"row", *found}};
}

} // namespace rayd
