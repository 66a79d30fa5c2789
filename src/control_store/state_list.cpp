#include "control_store/newest_rows.hpp"
#include "control_store/snapshot.hpp"
#include "control_store/state_parts.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

namespace rayd {

namespace {

/// An answer stays well below what a control message holds.
constexpr std::size_t most_bytes = 8u << 20;
constexpr std::size_t most_errors = 1000;

std::optional<object_id> parse_id(std::string_view text, const object_id*) {
  return parse_object_id(text);
}

std::optional<std::string> parse_id(std::string_view text, const std::string*) {
  return std::string{text};
}

std::string id_text(const object_id& id) {
  return to_string(id);
}

std::string id_text(const std::string& id) {
  return id;
}

/// "TIME:ID", as cursors are written.
template <class Id>
std::optional<row_place<Id>> parse_place(std::string_view text) {
  const auto colon = text.find(':');
  row_place<Id> place;
  const auto read = std::from_chars(
    text.data(), text.data() + std::min(colon, text.size()), place.time_us);
  if (colon == std::string_view::npos || read.ec != std::errc{}
      || read.ptr != text.data() + colon)
    return std::nullopt;
  auto id = parse_id(text.substr(colon + 1), static_cast<const Id*>(nullptr));
  if (!id)
    return std::nullopt;
  place.id = *std::move(id);
  return place;
}

state_json error(const std::string& sentence) {
  return {{"error", sentence}};
}

/// Collects one page with *collect* and writes it with *render*.
template <class Id, class Row, class Collect, class Render>
result<state_json> page(const state_question& asked, Collect collect,
                        Render render) {
  std::optional<row_place<Id>> below;
  if (!asked.cursor.empty()) {
    below = parse_place<Id>(asked.cursor);
    if (!below)
      return error(fmt::format("\"{}\" is no cursor of a list: leave it out, "
                               "or give the \"next\" of the page before",
                               asked.cursor));
  }
  newest_rows<Id, Row> rows{asked.limit, below ? &*below : nullptr};
  if (auto done = collect(rows); !done)
    return done.error();
  auto more = rows.more();
  state_json answer{{"kind", asked.kind}, {"rows", state_json::array()}};
  std::string next;
  std::size_t bytes = 0;
  for (const auto& one : rows.take()) {
    if (bytes > most_bytes) {
      more = true;
      break;
    }
    auto row = render(one.row);
    bytes += text_of_json(row).size();
    answer["rows"].push_back(std::move(row));
    next = fmt::format("{}:{}", one.at.time_us, id_text(one.at.id));
  }
  answer["next"] = more ? next : std::string{};
  answer["total"] = rows.total();
  answer["dropped"] = 0;
  return answer;
}

result<state_json> list_tasks(redis_link& link, const state_question& asked) {
  using rows = newest_rows<object_id, task_record>;
  return page<object_id, task_record>(
    asked,
    [&](rows& found) {
      return read_tasks(link, [&](const task_record& task) {
        const auto text = [&](std::string_view field) {
          return task_field(task, field);
        };
        if (matches(asked.filters, text))
          found.offer({task.submitted_us, task.id}, task);
        return true;
      });
    },
    task_row);
}

result<state_json> list_objects(redis_link& link,
                                const state_question& asked) {
  using rows = newest_rows<object_id, object_record>;
  // Largest first: their size takes the place of the time.
  return page<object_id, object_record>(
    asked,
    [&](rows& found) {
      return read_objects(link, [&](const object_record& object) {
        const auto text = [&](std::string_view field) {
          return object_field(object, field);
        };
        if (matches(asked.filters, text))
          found.offer({static_cast<std::int64_t>(object.size_bytes), object.id},
                      object);
        return true;
      });
    },
    object_row);
}

std::int64_t began(const state_json& row) {
  for (const char* field : {"created_us", "joined_us", "started_us"})
    if (const auto at = row.find(field);
        at != row.end() && at->is_number_integer())
      return at->get<std::int64_t>();
  return 0;
}

result<state_json> list_entities(redis_link& link,
                                 const state_question& asked) {
  using rows = newest_rows<std::string, state_json>;
  const auto kind = asked.kind.substr(0, asked.kind.size() - 1);
  return page<std::string, state_json>(
    asked,
    [&](rows& found) {
      return read_lines(link, kind, [&](const std::string& line) {
        auto row = state_json::parse(line, nullptr, false);
        if (!row.is_object() || row.value("kind", "") != kind)
          return true;
        row.erase("kind");
        const auto text = [&](std::string_view field) {
          return row_field(row, field);
        };
        if (matches(asked.filters, text))
          found.offer({began(row), row.value("id", std::string{})}, row);
        return true;
      });
    },
    [](const state_json& row) { return row; });
}

} // namespace

result<state_json> list_state(redis_link& link, const state_question& asked) {
  if (asked.kind == "errors")
    return list_errors(link, asked);
  const bool tasks = asked.kind == "tasks";
  if (!tasks && asked.kind != "objects")
    return list_entities(link, asked);
  auto answer = tasks ? list_tasks(link, asked) : list_objects(link, asked);
  if (!answer || answer->contains("error"))
    return answer;
  auto dropped = read_dropped(link, asked.kind);
  if (!dropped)
    return dropped.error();
  (*answer)["dropped"] = *dropped;
  return answer;
}

result<state_json> list_errors(redis_link& link, const state_question& asked) {
  struct group {
    std::uint64_t count = 0;
    task_record last;
  };
  std::map<std::pair<std::string, std::string>, group> groups;
  auto done = read_tasks(link, [&](const task_record& task) {
    if (!task.error || *task.error == ray::errc::cancelled)
      return true;
    const auto text = [&](std::string_view field) {
      return field == "name" ? title_of(task) : task_field(task, field);
    };
    if (!matches(asked.filters, text))
      return true;
    const std::pair key{task_field(task, "error"), title_of(task)};
    if (groups.size() >= most_errors && !groups.contains(key))
      return true;
    auto& one = groups[key];
    if (one.count++ == 0 || one.last.finished_us < task.finished_us)
      one.last = task;
    return true;
  });
  if (!done)
    return done.error();
  std::vector<std::pair<std::uint64_t, state_json>> rows;
  for (const auto& [key, one] : groups) {
    const auto last = task_row(one.last);
    rows.push_back({one.count,
                    {{"error", key.first},
                     {"name", key.second},
                     {"count", one.count},
                     {"last_us", one.last.finished_us},
                     {"id", to_string(one.last.id)},
                     {"node", last["node"]},
                     {"error_message", one.last.error_message},
                     {"chain", last["chain"]}}});
  }
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
    return a.first > b.first;
  });
  state_json answer{{"kind", "errors"}, {"rows", state_json::array()}};
  for (auto& row : rows)
    if (answer["rows"].size() < asked.limit)
      answer["rows"].push_back(std::move(row.second));
  answer["next"] = "";
  answer["total"] = rows.size();
  answer["dropped"] = rows.size() - answer["rows"].size();
  return answer;
}

} // namespace rayd
