#include "config/option_table.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>

namespace rayd {

namespace {

using options = node_options;
using text = const std::string&;

failure wrong(std::string sentence) {
  return failure{ray::errc::wrong_type, std::move(sentence)};
}

template <class Value, class Target>
status store(result<Value> parsed, Target& target) {
  if (!parsed)
    return parsed.error();
  target = std::move(*parsed);
  return ok();
}

/// Absolute, with "~/" as the home folder.
status store_path(text given, std::string& target) {
  if (given.empty())
    return wrong("an empty path means nothing: give a path or leave it out");
  std::filesystem::path path{given};
  const char* home = std::getenv("HOME");
  if (given == "~" || given.rfind("~/", 0) == 0) {
    if (home == nullptr)
      return wrong("~ means nothing without HOME in the environment");
    path = std::string{home} + given.substr(1);
  }
  std::error_code error;
  target = std::filesystem::absolute(path, error).lexically_normal();
  return ok();
}

status apply_role(options& o, text t) {
  auto head = parse_boolean(t);
  if (!head)
    return head.error();
  if (*head)
    o.role = node_role::head;
  return ok();
}

status apply_address(options& o, text t) {
  o.role = node_role::node;
  return store(parse_endpoint(t, 6379), o.head);
}

/// A host to listen on.
status store_host(text t, std::string& target) {
  // An IPv6 address has no brackets here, since no port follows it.
  auto bare = t.find(':') == std::string::npos ? t : "[" + t + "]";
  auto parsed = parse_endpoint(bare, 0);
  if (!parsed)
    return wrong(fmt::format("\"{}\" is not a host: the name or address of "
                             "this machine to listen on is expected",
                             t));
  target = parsed->host;
  return ok();
}

status apply_password(options& o, text t) {
  // Never shows the text.
  if (t.empty() || t.size() > 1024 || t.find('\n') != std::string::npos)
    return wrong("a secret is one line of 1 to 1024 bytes");
  o.password = secret{t};
  return ok();
}

status apply_password_file(options& o, text t) {
  if (t == "-") {
    o.password_file = "-";
    return ok();
  }
  return store_path(t, o.password_file);
}

status apply_resources(options& o, text t) {
  auto parsed = parse_amounts(t);
  if (!parsed)
    return parsed.error();
  for (auto [name, flag] : {std::pair{"CPU", "num-cpus"},
                            std::pair{"GPU", "num-gpus"},
                            std::pair{"memory", "memory"}})
    if (parsed->count(name) != 0)
      return wrong(fmt::format("{} is not a resource of your own: use {}",
                               name, flag));
  o.resources = std::move(*parsed);
  return ok();
}

status apply_store_memory(options& o, text t) {
  constexpr std::uint64_t least = std::uint64_t{16} << 20;
  auto parsed = parse_size(t);
  if (parsed && *parsed < least)
    return wrong(fmt::format("\"{}\" is too small: an object store has at "
                             "least 16MiB",
                             t));
  return store(std::move(parsed), o.object_store_memory);
}

status apply_log_level(options& o, text t) {
  for (auto level : {"trace", "debug", "info", "warning", "error"})
    if (t == level) {
      o.log_level = t;
      return ok();
    }
  return wrong(fmt::format("\"{}\" is not a log level: trace, debug, info, "
                           "warning or error is expected",
                           t));
}

status apply_lanes(options& o, text t) {
  if (t != "auto" && t != "basp")
    return wrong(fmt::format("\"{}\" is not a kind of lane: auto or basp is "
                             "expected",
                             t));
  o.lanes = t == "basp" ? lane_kind::basp : lane_kind::automatic;
  return ok();
}

status apply_start_timeout(options& o, text t) {
  auto parsed = parse_duration(t);
  if (parsed && parsed->count() < 100'000)
    return wrong(fmt::format("\"{}\" is too short: no node starts within less "
                             "than 100ms",
                             t));
  return store(std::move(parsed), o.start_timeout);
}

status apply_load(options& o, text t) {
  if (auto done = store_path(t, o.load); !done)
    return done;
  if (::access(o.load.c_str(), R_OK) != 0)
    return wrong("no file that can be read is at " + o.load);
  return ok();
}

status refuse(options&, text) {
  return wrong("does not work yet");
}

using shown = const node_options&;

std::string yes_or_no(bool value) {
  return value ? "true" : "false";
}

template <class Number>
std::string number(Number value) {
  return fmt::format("{}", value);
}

/// In the largest unit that says it exactly.
std::string size_text(std::uint64_t bytes) {
  constexpr std::array<const char*, 5> units{"", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  for (; bytes != 0 && bytes % 1024 == 0 && unit + 1 < units.size(); ++unit)
    bytes /= 1024;
  return fmt::format("{}{}", bytes, units[unit]);
}

template <class Value>
std::string join(const std::map<std::string, Value>& values) {
  std::string list;
  for (auto& [name, value] : values)
    list += fmt::format("{}{}={}", list.empty() ? "" : ",", name, value);
  return list;
}

std::string address_text(const endpoint& where) {
  return where.host.empty() ? std::string{} : to_string(where);
}

std::string show_password(shown o) {
  auto direct = o.password_origin == secret_origin::flag
                || o.password_origin == secret_origin::environment
                || o.password_origin == secret_origin::config;
  return direct ? "***" : "";
}

std::string show_password_file(shown o) {
  return o.password_origin == secret_origin::input ? "-" : o.password_file;
}

std::string show_start_timeout(shown o) {
  auto us = o.start_timeout.count();
  if (us % 1'000'000 == 0)
    return fmt::format("{}s", us / 1'000'000);
  return us % 1'000 == 0 ? fmt::format("{}ms", us / 1'000)
                         : fmt::format("{}us", us);
}

using type = option_type;
using role = option_role;

const std::array<option_row, 28> rows{{
  {"head", type::boolean, role::both, "false", "", "",
   "Found a cluster: this node is its head.", true, apply_role,
   [](shown o) { return yes_or_no(o.role == node_role::head); }},
  {"address", type::address, role::both, "", "\"10.0.0.1:6379\"", "",
   "Join the cluster whose head answers there; the port is 6379 when left "
   "out.",
   true, apply_address,
   [](shown o) { return address_text(o.head); }},
  {"host", type::text, role::both, "", "\"10.0.0.2\"", "RAYD_LISTEN_HOST",
   "Listen on this address of the machine. Without it: on all addresses with "
   "a given secret, else on 127.0.0.1.",
   true, [](options& o, text t) { return store_host(t, o.host); },
   [](shown o) { return o.listen_host(); }},
  {"port", type::port, role::head, "6379", "", "RAYD_LISTEN_PORT",
   "The head's one port, at which nodes and programs join; 0 takes any free "
   "one.",
   true,
   [](options& o, text t) { return store(parse_port(t), o.port); },
   [](shown o) { return number(o.port); }},
  {"node-port", type::port, role::node, "0", "", "RAYD_LISTEN_NODE_PORT",
   "A node's port for other nodes; 0 takes any free one.", true,
   [](options& o, text t) { return store(parse_port(t), o.node_port); },
   [](shown o) { return number(o.node_port); }},
  {"redis-password", type::secret, role::both, "", "\"...\"",
   "RAY_REDIS_PASSWORD",
   "The cluster's secret. A config file that holds it must have mode 0600; as "
   "a flag it is overwritten in the process list at once.",
   true, apply_password, show_password},
  {"redis-password-file", type::path, role::both, "", "\"~/lab.secret\"",
   "RAY_REDIS_PASSWORD_FILE",
   "A file of mode 0600 whose one line is the cluster's secret; - is standard "
   "input. Without a secret a head makes a random one.",
   true, apply_password_file, show_password_file},
  {"num-cpus", type::amount, role::both, "", "4", "RAY_NUM_CPUS",
   "CPUs that tasks may use together. Without it: what the affinity mask and "
   "the cgroup allow.",
   true,
   [](options& o, text t) { return store(parse_amount(t), o.num_cpus); },
   [](shown o) { return number(o.num_cpus); }},
  {"num-gpus", type::amount, role::both, "", "2", "RAY_NUM_GPUS",
   "GPUs that tasks may use together. Without it: those that "
   "CUDA_VISIBLE_DEVICES names, else those of NVIDIA's driver.",
   true,
   [](options& o, text t) { return store(parse_amount(t), o.num_gpus); },
   [](shown o) { return number(o.num_gpus); }},
  {"memory", type::size, role::both, "", "\"8GiB\"", "RAYD_MEMORY",
   "Memory that tasks may reserve together. Without it: what the machine or "
   "the cgroup has beyond the object store.",
   true,
   [](options& o, text t) { return store(parse_size(t), o.memory); },
   [](shown o) { return size_text(o.memory); }},
  {"resources", type::amounts, role::both, "", "{license=2, disk=0.5}",
   "RAY_RESOURCES", "Resources of your own; as text \"license=2,disk=0.5\".",
   true, apply_resources,
   [](shown o) { return join(o.resources); }},
  {"labels", type::labels, role::both, "", "{zone=\"a\"}", "RAYD_LABELS",
   "What tasks may ask of a node; as text \"zone=a,disk=ssd\".", true,
   [](options& o, text t) { return store(parse_labels(t), o.labels); },
   [](shown o) { return join(o.labels); }},
  {"object-store-memory", type::size, role::both, "", "\"2GiB\"",
   "RAY_OBJECT_STORE_MEMORY",
   "Capacity of the node's object store, at least 16MiB. Without it: 30 % of "
   "the memory of the machine or the cgroup.",
   true, apply_store_memory,
   [](shown o) { return size_text(o.object_store_memory); }},
  {"object-store-dir", type::path, role::both, "", "\"/dev/hugepages\"",
   "RAYD_OBJECT_STORE_DIR",
   "A folder on a tmpfs for the store's memory. Without it: anonymous memory "
   "that needs no folder.",
   true,
   [](options& o, text t) { return store_path(t, o.object_store_dir); },
   [](shown o) { return o.object_store_dir; }},
  {"object-store-prefault", type::size, role::both, "\"256MiB\"", "",
   "RAYD_OBJECT_STORE_PREFAULT",
   "How much of the store's next memory is faulted in ahead of need; 0 for "
   "nothing before its first use, then as much as is used. Private clusters "
   "begin with 0.",
   true,
   [](options& o, text t) {
     return store(parse_size(t), o.object_store_prefault);
   },
   [](shown o) { return size_text(o.object_store_prefault); }},
  {"spill-dir", type::path, role::both, "", "\"/var/tmp/rayd\"",
   "RAYD_SPILL_DIR",
   "A folder for objects that do not fit into the store, each in a file of "
   "its own that only this user can open. Without it: the node's session "
   "folder.",
   true, [](options& o, text t) { return store_path(t, o.spill_dir); },
   [](shown o) { return o.spill_dir; }},
  {"spill-limit", type::size, role::both, "0", "", "RAYD_SPILL_LIMIT",
   "How much may be spilled at one time; 0 for as much as the disk holds.",
   true,
   [](options& o, text t) { return store(parse_size(t), o.spill_limit); },
   [](shown o) { return size_text(o.spill_limit); }},
  {"session-dir", type::path, role::both, "", "\"~/.local/state/rayd\"",
   "RAYD_SESSION_DIR",
   "Folder for the runs' own folders with logs and control state, closed to "
   "other users. Without it: $XDG_STATE_HOME/rayd or ~/.local/state/rayd.",
   true, [](options& o, text t) { return store_path(t, o.session_base); },
   [](shown o) { return o.session_base; }},
  {"log-level", type::choice, role::both, "\"info\"",
   "trace|debug|info|warning|error", "RAYD_LOG_LEVEL",
   "What is logged: trace, debug, info, warning or error.", true,
   apply_log_level, [](shown o) { return o.log_level; }},
  {"lanes", type::choice, role::both, "\"auto\"", "auto|basp", "RAYD_LANES",
   "How tasks travel in a node: basp for messages over sockets only, auto for "
   "the fastest way there is.",
   true, apply_lanes,
   [](shown o) -> std::string {
     return o.lanes == lane_kind::basp ? "basp" : "auto";
   }},
  {"start-timeout", type::duration, role::both, "30s", "",
   "RAYD_START_TIMEOUT",
   "How long a node may take until it answered its probe task.", true,
   apply_start_timeout, show_start_timeout},
  {"block", type::boolean, role::both, "false", "", "",
   "Stay in the foreground; SIGINT and SIGTERM end the node.", true,
   [](options& o, text t) { return store(parse_boolean(t), o.block); },
   [](shown o) { return yes_or_no(o.block); }},
  {"load", type::path, role::both, "", "\"libtasks.so\"", "",
   "A library of tasks that every worker of the node loads, for programs that "
   "load it by name themselves.",
   true, apply_load, [](shown o) { return o.load; }},
  {"control-store", type::text, role::head, "", "\"10.0.0.9:6380\"", "",
   "Use this Redis instead of one of the head's own.", false, refuse},
  {"control-store-password-file", type::path, role::head, "",
   "\"~/redis.secret\"", "", "Holds that Redis's password.", false, refuse},
  {"dashboard-host", type::text, role::head, "\"127.0.0.1\"", "",
   "RAYD_DASHBOARD_HOST",
   "Address on which the dashboard listens; beyond loopback each page wants "
   "the token that rayd start prints.",
   true, [](options& o, text t) { return store_host(t, o.dashboard_host); },
   [](shown o) { return o.dashboard_host; }},
  {"dashboard-port", type::port, role::head, "8265", "",
   "RAYD_DASHBOARD_PORT",
   "Port of the dashboard, or the next free one when it is taken; 0 takes any "
   "free one.",
   true,
   [](options& o, text t) { return store(parse_port(t), o.dashboard_port); },
   [](shown o) { return number(o.dashboard_port); }},
  {"include-dashboard", type::boolean, role::head, "true", "",
   "RAYD_INCLUDE_DASHBOARD",
   "Whether the head has a dashboard. Private clusters have none unless asked "
   "to.",
   true,
   [](options& o, text t) {
     return store(parse_boolean(t), o.include_dashboard);
   },
   [](shown o) { return yes_or_no(o.include_dashboard); }},
}};

} // namespace

std::span<const option_row> option_table() {
  return rows;
}

const option_row* find_option(std::string_view key) {
  for (auto& row : rows)
    if (row.key == key)
      return &row;
  return nullptr;
}

std::vector<std::string_view> option_keys() {
  std::vector<std::string_view> keys;
  for (auto& row : rows)
    keys.push_back(row.key);
  return keys;
}

} // namespace rayd
