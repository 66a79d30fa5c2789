#include "control_store/newest_rows.hpp"
#include "control_store/snapshot.hpp"
#include "control_store/state_parts.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <deque>
#include <map>
#include <unordered_map>
#include <unordered_set>

namespace rayd {

namespace {

/// What of a task a span shows.
struct span {
  object_id id;
  std::string name;
  node_index node = 0;
  std::uint32_t pid = 0;
  std::int64_t started_us = 0;
  std::int64_t finished_us = 0;
  task_state state = task_state::running;
};

std::int64_t wall_now_us() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

state_json span_row(const span& one) {
  return {{"id", to_string(one.id)},
          {"name", one.name},
          {"started_us", one.started_us},
          {"finished_us", one.finished_us},
          {"state", to_string(one.state)}};
}

struct family {
  object_id parent;
  object_id child;
};

/// The root's children and theirs, nearest first, at most *limit*.
std::vector<object_id>
descendants(const std::vector<family>& all, const std::vector<object_id>& roots,
            std::size_t limit, std::uint64_t& left_out) {
  std::unordered_multimap<object_id, object_id> children;
  children.reserve(all.size());
  for (const auto& one : all)
    children.emplace(one.parent, one.child);
  std::deque<object_id> next{roots.begin(), roots.end()};
  std::vector<object_id> found;
  std::unordered_set<object_id> seen{roots.begin(), roots.end()};
  while (!next.empty()) {
    const auto id = next.front();
    next.pop_front();
    if (found.size() < limit)
      found.push_back(id);
    else
      ++left_out;
    const auto [begin, end] = children.equal_range(id);
    for (auto at = begin; at != end; ++at)
      if (seen.insert(at->second).second)
        next.push_back(at->second);
  }
  return found;
}

} // namespace

result<state_json> trace_state(redis_link& link, const state_question& asked) {
  const auto until = asked.to_us == 0 ? wall_now_us() : asked.to_us;
  newest_rows<object_id, span> spans{asked.limit, nullptr};
  auto done = read_tasks(link, [&](const task_record& task) {
    const auto end = task.finished_us == 0 ? until : task.finished_us;
    if (task.started_us != 0 && task.started_us <= until
        && end >= asked.from_us)
      spans.offer({task.started_us, task.id},
                  {task.id, title_of(task), task.node, task.worker_pid,
                   task.started_us, task.finished_us, task.state});
    return true;
  });
  if (!done)
    return done.error();
  auto dropped = read_dropped(link, "tasks");
  if (!dropped)
    return dropped.error();
  std::map<std::pair<node_index, std::uint32_t>, state_json> rows;
  std::size_t shown = 0;
  for (const auto& one : spans.take()) {
    auto& row = rows[{one.row.node, one.row.pid}];
    if (row.is_null())
      row = {{"node", one.row.node == 0 ? std::string{}
                                        : node_name(one.row.node)},
             {"pid", one.row.pid},
             {"spans", state_json::array()}};
    row["spans"].push_back(span_row(one.row));
    ++shown;
  }
  state_json answer{{"rows", state_json::array()}};
  for (auto& [process, row] : rows)
    answer["rows"].push_back(std::move(row));
  answer["dropped"] = spans.total() - shown + *dropped;
  return answer;
}

result<state_json> graph_state(redis_link& link, const state_question& asked) {
  const auto root = parse_object_id(asked.id);
  const auto of_job = [&](const task_record& task) {
    return asked.id == job_name(task.job);
  };
  std::vector<family> families;
  std::vector<object_id> roots;
  auto done = read_tasks(link, [&](const task_record& task) {
    families.push_back({task.parent, task.id});
    const bool top = root ? task.id == *root
                          : of_job(task)
                              && task.parent == root_id(task.home, task.job);
    if (top)
      roots.push_back(task.id);
    return true;
  });
  if (!done)
    return done.error();
  if (roots.empty())
    return state_json{{"error",
                       fmt::format("no task \"{}\" is known and no job with "
                                   "tasks: a graph begins at one of them",
                                   asked.id)}};
  std::uint64_t left_out = 0;
  const auto chosen = descendants(families, roots, asked.limit, left_out);
  families.clear();
  const std::unordered_set<object_id> wanted{chosen.begin(), chosen.end()};
  std::unordered_map<object_id, task_record> records;
  done = read_tasks(link, [&](const task_record& task) {
    if (wanted.contains(task.id))
      records.emplace(task.id, task);
    return records.size() < wanted.size();
  });
  if (!done)
    return done.error();
  state_json answer{{"nodes", state_json::array()},
                    {"edges", state_json::array()}};
  for (const auto& id : chosen) {
    const auto at = records.find(id);
    if (at == records.end())
      continue;
    const auto& task = at->second;
    answer["nodes"].push_back(task_row(task));
    if (records.contains(task.parent))
      answer["edges"].push_back({to_string(task.parent), to_string(id)});
  }
  answer["left_out"] = left_out;
  return answer;
}

} // namespace rayd
