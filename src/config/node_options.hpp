#pragma once

#include "base/resources.hpp"
#include "base/result.hpp"
#include "config/quantity.hpp"
#include "config/secret.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rayd {

// Config: from flags, environment and files to one validated value.
//
// option_table.hpp is the one table of all options of a node: from it come
// the flags of `rayd start`, the keys of [rayd] in config files, the
// environment variables, the defaults and config/rayd.conf. resolve() reads
// the sources in the order flag, environment, file, default, checks every
// value, and gives a node_options that needs no further check: whoever gets
// one may believe it. What is not built yet is refused here by name, never
// accepted and ignored.
//
// session.hpp keeps the folder in which a node run leaves its record, socket,
// secret, logs and control state, and finds the nodes of this user that run.
// launch.hpp starts a node process and waits for its ready_report.hpp; the
// command `rayd start` and programs that start a private cluster share it.
//
// This room opens no socket and knows no CAF actor.

enum class node_role : std::uint8_t { head, node };

/// "head" or "node".
std::string_view to_string(node_role role) noexcept;

/// Where a node's secret came from. `none` and `session` are not "given":
/// such a node listens on 127.0.0.1 unless --host says otherwise.
enum class secret_origin : std::uint8_t {
  none,        ///< A head makes a random one; a node looks for a local head's.
  flag,        ///< --redis-password
  file,        ///< --redis-password-file, or RAY_REDIS_PASSWORD_FILE
  input,       ///< --redis-password-file=-
  environment, ///< RAY_REDIS_PASSWORD
  config,      ///< redis-password in a config file of mode 0600
  session,     ///< Read from the session of this user's local head.
};

/// BASP messages alone, or shared-memory lanes where there are some.
enum class lane_kind : std::uint8_t { automatic, basp };

/// Everything that a node process must know, validated.
struct node_options {
  node_role role = node_role::head;

  /// Whom a node joins; unused in the head.
  endpoint head;
  /// As given with --host, "" when not; see listen_host().
  std::string host;
  /// The head's one port; 0 takes any free one.
  std::uint16_t port = 6379;
  /// A node's port for other nodes; 0 takes any free one.
  std::uint16_t node_port = 0;

  secret password;
  secret_origin password_origin = secret_origin::none;
  /// Absolute path of the file that holds the secret, "" when none does.
  std::string password_file;

  double num_cpus = 1;
  double num_gpus = 0;
  /// Bytes that tasks may reserve together.
  std::uint64_t memory = 0;
  std::map<std::string, double> resources;
  std::map<std::string, std::string> labels;

  std::uint64_t object_store_memory = 0;
  /// A folder on a tmpfs for the arena; "" takes anonymous memory.
  std::string object_store_dir;
  /// Bytes of the store kept faulted in ahead of need; 0: none.
  std::uint64_t object_store_prefault = 0;

  /// Folder for objects that do not fit into the store; "": the session's.
  std::string spill_dir;
  /// Bytes that may be spilled at one time; 0: no limit.
  std::uint64_t spill_limit = 0;

  /// Folder that holds the session folders, absolute.
  std::string session_base;
  std::string log_level = "info";
  lane_kind lanes = lane_kind::automatic;
  std::string load; ///< A task library for workers; "": none.
  /// Where the head's dashboard listens; a taken port gives the next free one.
  std::string dashboard_host = "127.0.0.1";
  std::uint16_t dashboard_port = 8265;
  bool include_dashboard = true;
  /// Stay in the foreground.
  bool block = false;
  /// How long the node may take until it answered its probe task.
  std::chrono::microseconds start_timeout{30'000'000};

  /// Started by a program for itself: a head without any TCP port that ends
  /// with that program. *parent_pid* and *parent_start_time* (field 22 of
  /// /proc/PID/stat) name the program; 0 otherwise.
  bool private_cluster = false;
  long parent_pid = 0;
  std::uint64_t parent_start_time = 0;
  /// A node of 0 CPUs that a program started to join a cluster elsewhere; it
  /// ends with that program, as a private cluster does.
  bool follows_parent = false;
  /// The node's place in the cluster that `rayd up` starts, such as "lab/head"
  /// or "lab/10.0.0.2/1"; "" for others. For the record only.
  std::string member;

  /// True when a person gave the secret, so that other machines may join.
  bool secret_given() const noexcept;

  /// Address to listen on: --host, else 0.0.0.0 with a given secret and
  /// 127.0.0.1 without. "" in a private cluster: do not listen.
  std::string listen_host() const;

  /// "CPU", "GPU", "memory" and the custom resources.
  resource_set total_resources() const;
};

/// Where resolve() reads from. Tests give their own environment.
struct option_sources {
  /// Key (without "--") and text, in order; the last one wins.
  std::vector<std::pair<std::string, std::string>> flags;
  std::function<std::optional<std::string>(const std::string&)> environment;
  /// A config file, "" for none.
  std::string config_file;
};

/// The environment of this process.
std::optional<std::string> process_environment(const std::string& name);

/// Validated options of a node, or one sentence that names the flag, the
/// variable or the file and line that is wrong (exit code 2). Reads the
/// secret's file, also from standard input.
result<node_options> resolve(const option_sources& sources);

/// Options for a private cluster (*flags* as in option_sources): role head,
/// no port, this process as parent, no prefaulting unless asked for.
result<node_options> resolve_private(option_sources sources);

/// Makes *options* those of a node that ends with this process.
void follow_this_process(node_options& options);

/// One line of JSON for the pipe to a node process; it holds the secret, so
/// it must go nowhere else.
std::string to_pipe_json(const node_options& options);
result<node_options> from_pipe_json(const std::string& line);

} // namespace rayd
