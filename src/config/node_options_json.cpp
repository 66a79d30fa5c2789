#include "config/node_options.hpp"

#include <nlohmann/json.hpp>

namespace rayd {

std::string to_pipe_json(const node_options& o) {
  nlohmann::json json{
    {"role", to_string(o.role)},
    {"head_host", o.head.host},
    {"head_port", o.head.port},
    {"host", o.host},
    {"port", o.port},
    {"node_port", o.node_port},
    {"password", o.password.reveal()},
    {"password_origin", static_cast<int>(o.password_origin)},
    {"password_file", o.password_file},
    {"num_cpus", o.num_cpus},
    {"num_gpus", o.num_gpus},
    {"memory", o.memory},
    {"resources", o.resources},
    {"labels", o.labels},
    {"object_store_memory", o.object_store_memory},
    {"object_store_dir", o.object_store_dir},
    {"object_store_prefault", o.object_store_prefault},
    {"spill_dir", o.spill_dir},
    {"spill_limit", o.spill_limit},
    {"session_base", o.session_base},
    {"log_level", o.log_level},
    {"lanes", static_cast<int>(o.lanes)},
    {"load", o.load},
    {"dashboard_host", o.dashboard_host},
    {"dashboard_port", o.dashboard_port},
    {"include_dashboard", o.include_dashboard},
    {"start_timeout_us", o.start_timeout.count()},
    {"private_cluster", o.private_cluster},
    {"parent_pid", o.parent_pid},
    {"parent_start_time", o.parent_start_time},
    {"follows_parent", o.follows_parent},
    {"member", o.member},
  };
  // Paths may hold bytes that are not UTF-8; the line must still be made.
  return json.dump(-1, ' ', true,
                   nlohmann::json::error_handler_t::replace) + "\n";
}

result<node_options> from_pipe_json(const std::string& line) {
  try {
    auto json = nlohmann::json::parse(line);
    node_options o;
    auto role = json.at("role").get<std::string>();
    o.role = role == "head" ? node_role::head : node_role::node;
    json.at("head_host").get_to(o.head.host);
    json.at("head_port").get_to(o.head.port);
    json.at("host").get_to(o.host);
    json.at("port").get_to(o.port);
    json.at("node_port").get_to(o.node_port);
    o.password = secret{json.at("password").get_ref<std::string&>()};
    o.password_origin = static_cast<secret_origin>(
      json.at("password_origin").get<int>());
    json.at("password_file").get_to(o.password_file);
    json.at("num_cpus").get_to(o.num_cpus);
    json.at("num_gpus").get_to(o.num_gpus);
    json.at("memory").get_to(o.memory);
    json.at("resources").get_to(o.resources);
    json.at("labels").get_to(o.labels);
    json.at("object_store_memory").get_to(o.object_store_memory);
    json.at("object_store_dir").get_to(o.object_store_dir);
    json.at("object_store_prefault").get_to(o.object_store_prefault);
    json.at("spill_dir").get_to(o.spill_dir);
    json.at("spill_limit").get_to(o.spill_limit);
    json.at("session_base").get_to(o.session_base);
    json.at("log_level").get_to(o.log_level);
    o.lanes = static_cast<lane_kind>(json.at("lanes").get<int>());
    json.at("load").get_to(o.load);
    json.at("dashboard_host").get_to(o.dashboard_host);
    json.at("dashboard_port").get_to(o.dashboard_port);
    json.at("include_dashboard").get_to(o.include_dashboard);
    o.start_timeout = std::chrono::microseconds{
      json.at("start_timeout_us").get<std::int64_t>()};
    json.at("private_cluster").get_to(o.private_cluster);
    json.at("parent_pid").get_to(o.parent_pid);
    json.at("parent_start_time").get_to(o.parent_start_time);
    json.at("follows_parent").get_to(o.follows_parent);
    json.at("member").get_to(o.member);
    return o;
  } catch (const nlohmann::json::exception&) {
    // Never the library's text: it may quote the line, which holds the secret.
    return failure{ray::errc::wrong_type,
                   "the options of a node process are not as this version of "
                   "rayd writes them: start nodes with rayd start"};
  }
}

} // namespace rayd
