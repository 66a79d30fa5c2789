#include "wire/entities.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace rayd {

namespace {

std::string text(std::int64_t number) {
  return fmt::format_int(number).str();
}

std::string node_or_empty(node_index index) {
  return index == 0 ? std::string{} : node_name(index);
}

std::string as_json(const resource_set& set) {
  auto json = nlohmann::json::object();
  for (const auto& [name, units] : set)
    json[name] = static_cast<double>(units) / resource_set::unit;
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string as_json(const std::map<std::string, std::string>& labels) {
  nlohmann::json json = labels;
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

} // namespace

const char* to_string(node_state state) noexcept {
  switch (state) {
    case node_state::alive: return "alive";
    case node_state::suspect: return "suspect";
    case node_state::draining: return "draining";
    case node_state::dead: return "dead";
  }
  return "unknown";
}

const char* to_string(job_state state) noexcept {
  switch (state) {
    case job_state::running: return "running";
    case job_state::succeeded: return "succeeded";
    case job_state::failed: return "failed";
    case job_state::stopped: return "stopped";
  }
  return "unknown";
}

const char* to_string(actor_state state) noexcept {
  switch (state) {
    case actor_state::pending: return "pending";
    case actor_state::alive: return "alive";
    case actor_state::restarting: return "restarting";
    case actor_state::dead: return "dead";
  }
  return "unknown";
}

put_entity describe(const node_entity& node) {
  put_entity put{entity_kind::node, node_name(node.index), {}, false};
  put.ended = node.state == node_state::dead;
  put.fields = {
    {"state", to_string(node.state)},
    {"role", node.head ? "head" : "node"},
    {"host", node.host},
    {"address", node.address},
    {"pid", text(node.pid)},
    {"resources", as_json(node.resources)},
    {"labels", as_json(node.labels)},
    {"joined_us", text(node.joined_us)},
    {"ended_us", text(node.ended_us)},
    {"reason", node.reason},
  };
  return put;
}

put_entity describe(const job_entity& job) {
  put_entity put{entity_kind::job, job_name(job.number), {}, false};
  put.ended = job.state != job_state::running;
  put.fields = {
    {"state", to_string(job.state)},  {"name", job.name},
    {"program", job.program},         {"node", node_or_empty(job.node)},
    {"pid", text(job.pid)},           {"started_us", text(job.started_us)},
    {"ended_us", text(job.ended_us)}, {"reason", job.reason},
  };
  return put;
}

put_entity describe(const actor_entity& actor) {
  put_entity put{entity_kind::actor, to_string(actor.id), {}, false};
  put.ended = actor.state == actor_state::dead;
  put.fields = {
    {"state", to_string(actor.state)},
    {"name", actor.name},
    {"interface", actor.interface},
    {"job", actor.job == 0 ? std::string{} : job_name(actor.job)},
    {"home", node_or_empty(actor.home)},
    {"node", node_or_empty(actor.node)},
    {"pid", text(actor.pid)},
    {"restarts", text(actor.restarts)},
    {"max_restarts", text(actor.max_restarts)},
    {"lifetime", actor.detached ? "detached" : "job"},
    {"created_us", text(actor.created_us)},
    {"ended_us", text(actor.ended_us)},
    {"reason", actor.reason},
  };
  return put;
}

} // namespace rayd
