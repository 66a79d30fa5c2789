// What the head asks of a node for lists and tables (rayd list, get, memory).

#include "local_scheduler/machine.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace rayd {

namespace {

using json = nlohmann::json;

/// What the head may ask for at once.
constexpr std::size_t most_ids = 1000;
constexpr std::size_t most_workers = 10'000;

std::string text_in(const json& from, const char* name) {
  const auto at = from.find(name);
  return at != from.end() && at->is_string() ? at->get<std::string>()
                                             : std::string{};
}

const char* state_of(const worker_entry& worker) {
  if (worker.ending)
    return "ending";
  if (worker.blocked)
    return "blocked";
  if (!worker.given.empty())
    return "running";
  return worker.actor || worker.places > 0 ? "actor" : "idle";
}

} // namespace

/// Who holds an object and where its copies lie; null when it is not known.
json machine_steps::holders_of(const object_id& id) const {
  const auto* e = objects_.find(id);
  if (!e)
    return {};
  auto nodes = json::array();
  if (e->local)
    nodes.push_back(node_name(options_.self));
  for (const auto node : e->copies)
    nodes.push_back(node_name(node));
  return {{"nodes", std::move(nodes)},
          {"processes", e->references.process_count()},
          {"other_nodes", e->references.nodes()},
          {"pins", e->references.pins()}};
}

/// Calls that wait for an actor of this node, those of other nodes' callers as
/// far as they have come here.
std::size_t machine_steps::mailbox_of(const worker_entry& worker) const {
  const auto at = actors_.find(worker.actor);
  if (at == actors_.end())
    return 0;
  auto waiting = worker.given.size();
  for (const auto& [source, calls] : at->second.calls)
    waiting += calls.size();
  const auto at_once = static_cast<std::size_t>(
    std::max(at->second.creation.wished().max_concurrency, 1));
  return waiting - std::min(waiting, at_once);
}

json machine_steps::worker_row(const worker_entry& worker) const {
  const auto& given = worker.given;
  json row{
    {"id", fmt::format("{}:{}", node_name(options_.self), worker.pid)},
    {"node", node_name(options_.self)},
    {"pid", worker.pid},
    {"job", job_name(worker.job)},
    {"state", state_of(worker)},
    {"task", given.empty() ? json() : json(rayd::to_string(given.front()))},
    {"queued", given.empty() ? 0 : given.size() - 1},
    {"ended", worker.ended},
    {"actor", worker.actor ? json(rayd::to_string(worker.actor)) : json()}};
  if (worker.actor)
    row["mailbox"] = mailbox_of(worker);
  return row;
}

json machine_steps::workers_now() const {
  auto list = json::array();
  for (const auto& [number, worker] : workers_) {
    if (worker.job >= own_jobs || worker.host != 0)
      continue;
    if (list.size() >= most_workers)
      break;
    list.push_back(worker_row(worker));
  }
  return list;
}

std::string local_scheduler_machine::survey(const std::string& text) const {
  const auto asked = json::parse(text, nullptr, false);
  json found = json::object();
  const auto what = asked.is_object() ? text_in(asked, "what") : std::string{};
  if (what == "workers") {
    found["workers"] = workers_now();
  } else if (what == "actors" && asked.contains("ids")
             && asked["ids"].is_array()) {
    auto& about = found["about"] = json::object();
    for (const auto& one : asked["ids"]) {
      const auto id = parse_object_id(one.is_string() ? one.get<std::string>()
                                                      : std::string{});
      const auto at = id ? actors_.find(*id) : actors_.end();
      if (at == actors_.end() || about.size() >= most_ids)
        continue;
      // Of a shared process: its place there.
      if (const auto worker = workers_.find(at->second.process);
          worker != workers_.end())
        about[rayd::to_string(*id)] = {
          {"worker", fmt::format("{}:{}", node_name(options_.self),
                                 worker->second.pid)},
          {"mailbox", mailbox_of(worker->second)},
          {"calls", worker->second.ended}};
    }
  } else if (what == "about" && asked.contains("ids")
             && asked["ids"].is_array()) {
    auto& about = found["about"] = json::object();
    for (const auto& one : asked["ids"]) {
      const auto id = parse_object_id(one.is_string() ? one.get<std::string>()
                                                      : std::string{});
      if (!id || about.size() >= most_ids)
        continue;
      auto& known = about[rayd::to_string(*id)] = json::object();
      const auto why = json::parse(this->why(one.get<std::string>()));
      if (const auto sentence = text_in(why, "sentence");
          !sentence.empty() && tasks_.contains(*id))
        known["reason"] = sentence;
      if (auto holders = holders_of(*id); !holders.is_null())
        known["references"] = std::move(holders);
    }
  }
  return found.dump(-1, ' ', false, json::error_handler_t::replace);
}

} // namespace rayd
