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

json machine_steps::workers_now() const {
  auto list = json::array();
  for (const auto& [number, worker] : workers_) {
    if (worker.job >= own_jobs || worker.host != 0)
      continue;
    if (list.size() >= most_workers)
      break;
    list.push_back(
      {{"id", fmt::format("{}:{}", node_name(options_.self), worker.pid)},
       {"node", node_name(options_.self)},
       {"pid", worker.pid},
       {"job", job_name(worker.job)},
       {"state", state_of(worker)},
       {"task", worker.given.empty() ? json()
                                     : json(rayd::to_string(
                                       worker.given.front()))},
       {"queued", worker.given.empty() ? 0 : worker.given.size() - 1},
       {"actor", worker.actor ? json(rayd::to_string(worker.actor)) : json()}});
  }
  return list;
}

std::string local_scheduler_machine::survey(const std::string& text) const {
  const auto asked = json::parse(text, nullptr, false);
  json found = json::object();
  const auto what = asked.is_object() ? text_in(asked, "what") : std::string{};
  if (what == "workers") {
    found["workers"] = workers_now();
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
