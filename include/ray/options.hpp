#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace ray {

class group;

/// Resources of one part of a placement group.
struct bundle {
  double num_cpus = 0, num_gpus = 0;
  std::uint64_t memory = 0; ///< Bytes.
  std::map<std::string, double> resources = {};
};

/// How the bundles of a placement group lie on the nodes.
enum class strategy { pack, spread, strict_pack, strict_spread };

/// Prefer the node that has the fewest tasks of this shape.
struct spread {};

/// Run on the node with this id; *soft*: elsewhere when it is gone or full.
struct on_node {
  std::string id;
  bool soft = false;
};

/// One bundle of a placement group; made by group::bundle().
struct group_bundle {
  std::string group_id;
  std::size_t index = 0;
};

/// Where a task or an actor should run. Default: data first, then pack until
/// a node is half used, then spread.
class scheduling_strategy {
public:
  using choice = std::variant<std::monostate, spread, on_node, group_bundle>;

  scheduling_strategy() = default;
  scheduling_strategy(spread wish) : wish_(wish) {}
  scheduling_strategy(on_node wish) : wish_(std::move(wish)) {}
  scheduling_strategy(group_bundle wish) : wish_(std::move(wish)) {}

  const choice& wish() const noexcept { return wish_; }

private:
  choice wish_;
};

/// When an actor ends: with its job, or only when killed.
enum class lifetime { job, detached };

/// Options of a task or an actor.
struct with {
  /// Task 1; actor 1 to be placed and 0 while alive.
  std::optional<double> num_cpus = {};
  /// Below 1: a share of one GPU; else a whole number, for itself alone. The
  /// process sees them as CUDA_VISIBLE_DEVICES, and without any an empty one.
  double num_gpus = 0;
  std::uint64_t memory = 0; ///< Bytes, 0: not accounted.
  std::map<std::string, double> resources = {};
  std::map<std::string, std::string> labels = {}; ///< The node must have them.
  scheduling_strategy scheduling = {};
  std::string name = {}; ///< For people; an actor's is unique in the cluster.
  int priority = 0;      ///< Higher first.
  std::chrono::milliseconds timeout{0}; ///< From an attempt's start; 0: none.
  int max_retries = 3; ///< Tasks: system failures; -1: for ever.
  bool retry_exceptions = false;
  int max_restarts = 0; ///< Actors from here on; -1: for ever.
  int max_task_retries = 0;
  int max_concurrency = 1;
  int max_pending_calls = -1; ///< -1: no limit of its own.
  ray::lifetime lifetime = ray::lifetime::job;
  bool get_if_exists = false;
  /// Of a class with an inspect function, or a behaviour whose state has one,
  /// and max_restarts: a restart goes on with the state after the last call
  /// whose result was seen. At most 1 MiB, and no references; each call costs
  /// its encoding. Of a behaviour it is restored after its function ran.
  bool durable = false;
  /// false: a process of its own. true: one process holds up to 1,000, light
  /// ones that run one call or message at a time on few threads, and die
  /// together. ray::get throws would_block there; no GPUs, no max_concurrency.
  bool shared = false;
  /// Of the process, from its start; all else is as in its node's. A process
  /// serves tasks of one env only. 64 KiB in all, no name RAYD_*.
  std::map<std::string, std::string> env = {};
};

/// Options of ray::init.
struct init_options {
  /// "" (as RAY_ADDRESS says, else a private cluster), "auto", "local",
  /// "inline" (no cluster: all in the calling thread) or "HOST:PORT".
  std::string address = {}, redis_password = {}, redis_password_file = {};
  std::optional<double> num_cpus = {}, num_gpus = {}; ///< Private cluster only.
  std::map<std::string, double> resources = {};
  std::optional<std::uint64_t> object_store_memory = {}; ///< Bytes.
  std::string config = {}, job_name = {};
  bool log_to_driver = true;
};

namespace detail {

/// Throws when *options* has a field that does not work yet or a value out of
/// range. *actor*: for spawn, else for remote.
/// @error wrong_type  Names the field.
void check_options(const with& options, bool actor);

/// The same for a behaviour.
void check_behavior_options(const with& options);

} // namespace detail

} // namespace ray
