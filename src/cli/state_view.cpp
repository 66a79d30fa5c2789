#include "cli/state_view.hpp"

#include "cli/table.hpp"
#include "config/quantity.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <vector>

namespace rayd {

namespace {

using json = nlohmann::json;

struct column {
  const char* title;
  const char* field;
};

struct kind_columns {
  std::string_view kind;
  std::vector<column> columns;
};

const std::array<kind_columns, 13>& all_columns() {
  static const std::array<kind_columns, 13> all{{
    {"tasks", {{"TASK", "id"}, {"NAME", "title"}, {"STATE", "state"},
               {"NODE", "node"}, {"PID", "pid"}, {"TRY", "attempt"},
               {"SUBMITTED", "submitted_us"}, {"TOOK", "took"},
               {"WHY", "why"}}},
    {"actors", {{"ACTOR", "id"}, {"CLASS", "interface"}, {"NAME", "name"},
                {"STATE", "state"}, {"NODE", "node"}, {"PID", "pid"},
                {"RESTARTS", "restarts"}, {"MADE", "created_us"},
                {"WHY", "why"}}},
    {"nodes", {{"NODE", "id"}, {"ROLE", "role"}, {"STATE", "state"},
               {"ADDRESS", "address"}, {"PID", "pid"}, {"JOINED", "joined_us"},
               {"WHY", "why"}}},
    {"workers", {{"WORKER", "id"}, {"JOB", "job"}, {"STATE", "state"},
                 {"TASK", "task"}, {"QUEUED", "queued"}, {"ACTOR", "actor"}}},
    {"jobs", {{"JOB", "id"}, {"NAME", "name"}, {"STATE", "state"},
              {"NODE", "node"}, {"PID", "pid"}, {"STARTED", "started_us"},
              {"WHY", "why"}}},
    {"objects", {{"OBJECT", "id"}, {"SIZE", "size"}, {"JOB", "job"},
                 {"HOME", "home"}, {"COPIES", "copies"},
                 {"HELD BY", "held_by"}}},
    {"memory", {{"OBJECT", "id"}, {"SIZE", "size"}, {"JOB", "job"},
                {"HOME", "home"}, {"COPIES", "copies"},
                {"HELD BY", "held_by"}}},
    {"errors", {{"ERROR", "error"}, {"NAME", "name"}, {"COUNT", "count"},
                {"LAST", "last_us"}, {"TASK", "id"},
                {"WHY", "error_message"}}},
    {"metrics", {{"METRIC", "exposed"}, {"KIND", "kind"}, {"TAGS", "tags"},
                 {"VALUE", "value"}, {"COUNT", "count"}}},
    {"sum tasks", {{"NAME", "name"}, {"COUNT", "count"}, {"FAILED", "failed"},
                   {"RUNNING", "running"}, {"WAITING", "waiting"},
                   {"P50 MS", "p50_us"}, {"P95 MS", "p95_us"}}},
    {"sum actors", {{"CLASS", "name"}, {"COUNT", "count"}, {"DEAD", "failed"},
                    {"ALIVE", "running"}, {"NOT YET", "waiting"}}},
    {"sum objects", {{"MADE BY", "name"}, {"COUNT", "count"},
                     {"SIZE", "bytes"}}},
    {"stores", {{"NODE", "node"}, {"USED", "store_used"},
                {"CAPACITY", "store_capacity"}}},
  }};
  return all;
}

std::string text_in(const json& row, const char* field) {
  const auto at = row.find(field);
  if (at == row.end() || at->is_null())
    return {};
  return at->is_string() ? at->get<std::string>()
                         : at->dump(-1, ' ', false,
                                    json::error_handler_t::replace);
}

std::int64_t number_in(const json& row, const char* field) {
  const auto at = row.find(field);
  return at != row.end() && at->is_number() ? at->get<std::int64_t>() : 0;
}

std::string span_text(std::int64_t micros) {
  return micros < 1'000'000
           ? fmt::format("{:.3f}ms", static_cast<double>(micros) / 1000)
           : format_duration(std::chrono::milliseconds{micros / 1000});
}

std::string took(const json& row, std::int64_t now_us) {
  const auto started = number_in(row, "started_us");
  const auto finished = number_in(row, "finished_us");
  if (started == 0)
    return {};
  return span_text(
    std::max<std::int64_t>((finished == 0 ? now_us : finished) - started, 0));
}

/// One line: a table has no place for more.
std::string first_line(const std::string& text) {
  return text.substr(0, std::min(text.find('\n'), std::size_t{120}));
}

std::string held_by(const json& row) {
  const auto at = row.find("references");
  if (at == row.end() || !at->is_object())
    return {};
  return fmt::format("{} processes, {} nodes, {} tasks",
                     number_in(*at, "processes"), number_in(*at, "other_nodes"),
                     number_in(*at, "pins"));
}

std::string joined(const json& row, const char* field) {
  std::string text;
  if (const auto at = row.find(field); at != row.end() && at->is_array())
    for (const auto& one : *at)
      if (one.is_string())
        text += (text.empty() ? "" : ",") + one.get<std::string>();
  return text;
}

std::string cell(const json& row, std::string_view field, std::int64_t now_us) {
  const std::string name{field};
  if (field == "title")
    return text_in(row, "name").empty() ? text_in(row, "function")
                                        : text_in(row, "name");
  if (field == "took")
    return took(row, now_us);
  if (field == "held_by")
    return held_by(row);
  if (field == "copies")
    return joined(row, "nodes");
  if (field == "why") {
    for (const char* from : {"reason", "error_message"})
      if (const auto text = text_in(row, from); !text.empty())
        return first_line(text);
    return {};
  }
  if (field == "p50_us" || field == "p95_us")
    return fmt::format("{:.3f}",
                       static_cast<double>(number_in(row, name.c_str()))
                         / 1000);
  if (field.ends_with("_us")) {
    const auto at = number_in(row, name.c_str());
    return at == 0 ? std::string{}
                   : span_text(std::max<std::int64_t>(now_us - at, 0)) + " ago";
  }
  if (field == "size" || field == "bytes" || field.starts_with("store_"))
    return format_size(
      static_cast<std::uint64_t>(number_in(row, name.c_str())));
  return first_line(text_in(row, name.c_str()));
}

} // namespace

std::string rows_table(std::string_view kind, const json& rows,
                       std::int64_t now_us) {
  const auto& all = all_columns();
  const auto* const found
    = std::find_if(all.begin(), all.end(),
                   [&](const auto& one) { return one.kind == kind; });
  if (found == all.end() || !rows.is_array())
    return {};
  std::vector<std::vector<std::string>> cells(1);
  for (const auto& column : found->columns)
    cells[0].emplace_back(column.title);
  for (const auto& row : rows) {
    if (!row.is_object())
      continue;
    auto& line = cells.emplace_back();
    for (const auto& column : found->columns) {
      auto text = cell(row, column.field, now_us);
      line.push_back(text.empty() ? "-" : std::move(text));
    }
  }
  return format_table(cells);
}

std::string row_text(const json& row) {
  std::string text;
  if (row.is_object())
    for (const auto& [name, value] : row.items())
      text += fmt::format("{:<14} {}\n", name, text_in(row, name.c_str()));
  return text;
}

std::string stores_table(const json& stores) {
  return rows_table("stores", stores, 0);
}

std::string chrome_trace(const json& answer, std::int64_t now_us) {
  auto events = json::array();
  std::map<std::string, int> nodes;
  for (const auto& row : answer.value("rows", json::array())) {
    const auto node = text_in(row, "node");
    const auto [at, fresh]
      = nodes.emplace(node, static_cast<int>(nodes.size()) + 1);
    if (fresh)
      events.push_back({{"ph", "M"}, {"name", "process_name"},
                        {"pid", at->second}, {"args", {{"name", node}}}});
    const auto worker = number_in(row, "pid");
    events.push_back(
      {{"ph", "M"}, {"name", "thread_name"}, {"pid", at->second},
       {"tid", worker},
       {"args", {{"name", fmt::format("worker {}", worker)}}}});
    for (const auto& span : row.value("spans", json::array())) {
      const auto started = number_in(span, "started_us");
      const auto finished = number_in(span, "finished_us");
      events.push_back(
        {{"ph", "X"},
         {"name", text_in(span, "name")},
         {"pid", at->second},
         {"tid", worker},
         {"ts", started},
         {"dur", std::max<std::int64_t>(
                   (finished == 0 ? now_us : finished) - started, 0)},
         {"args", {{"id", text_in(span, "id")},
                   {"state", text_in(span, "state")}}}});
    }
  }
  return json{{"traceEvents", std::move(events)}}.dump(
           -1, ' ', false, json::error_handler_t::replace)
         + "\n";
}

} // namespace rayd
