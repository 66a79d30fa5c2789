#include "control_store/run_histogram.hpp"
#include "control_store/snapshot.hpp"
#include "control_store/state_parts.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <unordered_map>

namespace rayd {

namespace {

constexpr std::size_t most_names = 1000;
constexpr const char* other_names = "(other names)";

struct sums {
  std::uint64_t count = 0;
  std::uint64_t failed = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t running = 0;
  std::uint64_t waiting = 0;
  std::uint64_t finished = 0;
  std::uint64_t bytes = 0;
  run_histogram times;
};

using table = std::unordered_map<std::string, sums>;

sums& sums_of(table& all, const std::string& name) {
  if (const auto at = all.find(name); at != all.end())
    return at->second;
  return all.size() < most_names ? all[name] : all[other_names];
}

void add(table& all, const task_record& task) {
  auto& sum = sums_of(all, title_of(task));
  ++sum.count;
  sum.waiting += waits(task) ? 1 : 0;
  sum.running += runs(task) ? 1 : 0;
  sum.finished += task.state == task_state::finished ? 1 : 0;
  sum.failed += task.state == task_state::failed ? 1 : 0;
  sum.cancelled += task.state == task_state::cancelled ? 1 : 0;
  if (task.started_us != 0 && task.finished_us != 0)
    sum.times.add(task.finished_us - task.started_us);
}

void add(table& all, const state_json& actor) {
  auto& sum = sums_of(all, row_field(actor, "interface"));
  const auto state = row_field(actor, "state");
  ++sum.count;
  sum.running += state == "alive" ? 1 : 0;
  sum.waiting += state == "pending" || state == "restarting" ? 1 : 0;
  sum.failed += state == "dead" ? 1 : 0;
}

/// Objects by what made them: the result of a task has the task's id.
status add_objects(redis_link& link, table& all) {
  std::unordered_map<object_id, std::uint64_t> sizes;
  auto done = read_objects(link, [&](const object_record& object) {
    sizes[object.id] = object.size_bytes;
    return true;
  });
  if (!done)
    return done;
  const auto put = [&](const std::string& name, std::uint64_t bytes) {
    auto& sum = sums_of(all, name);
    ++sum.count;
    sum.bytes += bytes;
  };
  done = read_tasks(link, [&](const task_record& task) {
    if (const auto at = sizes.find(task.id); at != sizes.end()) {
      put(title_of(task), at->second);
      sizes.erase(at);
    }
    return true;
  });
  for (const auto& [id, bytes] : sizes)
    put("ray::put", bytes);
  return done;
}

state_json row_of(const std::string& kind, const std::string& name,
                  const sums& sum) {
  if (kind == "objects")
    return {{"name", name}, {"count", sum.count}, {"bytes", sum.bytes}};
  state_json row{{"name", name},
                 {"count", sum.count},
                 {"failed", sum.failed},
                 {"running", sum.running},
                 {"waiting", sum.waiting}};
  if (kind == "actors")
    return row;
  row["finished"] = sum.finished;
  row["cancelled"] = sum.cancelled;
  row["p50_us"] = sum.times.quantile(0.5);
  row["p95_us"] = sum.times.quantile(0.95);
  return row;
}

} // namespace

result<state_json> sum_up_state(redis_link& link, const state_question& asked) {
  table all;
  status done = ok();
  if (asked.kind == "tasks") {
    done = read_tasks(link, [&](const task_record& task) {
      add(all, task);
      return true;
    });
  } else if (asked.kind == "actors") {
    done = read_lines(link, "actor", [&](const std::string& line) {
      add(all, state_json::parse(line));
      return true;
    });
  } else if (asked.kind == "objects") {
    done = add_objects(link, all);
  } else {
    return state_json{{"error", "there are summaries of tasks, actors and "
                                "objects"}};
  }
  if (!done)
    return done.error();
  std::vector<std::pair<std::string, const sums*>> sorted;
  for (const auto& [name, sum] : all)
    sorted.emplace_back(name, &sum);
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return a.second->count != b.second->count
             ? a.second->count > b.second->count
             : a.first < b.first;
  });
  state_json answer{{"kind", asked.kind}, {"rows", state_json::array()}};
  for (const auto& [name, sum] : sorted)
    answer["rows"].push_back(row_of(asked.kind, name, *sum));
  return answer;
}

} // namespace rayd
