#pragma once

#include <ray/options.hpp>

#include <map>
#include <string>
#include <vector>

namespace caf {
class actor_system;
} // namespace caf

namespace ray {

namespace detail {
class runtime;
} // namespace detail

/// This program's job in a cluster. The destructor ends the job, and the
/// private cluster if init() started one.
class [[nodiscard]] session {
public:
  session() noexcept = default;
  session(session&& other) noexcept;
  session& operator=(session&& other) noexcept;
  ~session();

  /// CAF's actor system of this process.
  /// @error connection_failed  The session ended.
  caf::actor_system& system() const;

private:
  friend session init(int& argc, char** argv, init_options options);

  detail::runtime* runtime_ = nullptr; ///< Is never destroyed.
};

/// Connects to a cluster or starts a private one. The address is, in this
/// order: options.address, `--ray-address=`, RAY_ADDRESS, a private cluster.
/// "auto" joins the one running on this machine or fails, "local" always
/// starts one, "HOST:PORT" joins that one, "inline" runs every task and actor
/// in the thread that calls it, for a debugger. `--ray-*` arguments are
/// removed.
/// @error connection_failed  Nobody answers, or a session exists already.
/// @error wrong_type  A value that is malformed or does not work yet.
session init(int& argc, char** argv, init_options options = {});

/// True between init() and the end of the session, and always in workers.
bool is_initialized();

/// Ends the session now; its destructor then does nothing.
void shutdown();

/// A node as the cluster knows it. Resources are named "CPU", "GPU",
/// "memory" and what the node was started with; these are totals.
struct node_info {
  std::string id, host, state;
  std::map<std::string, double> resources;
  std::map<std::string, std::string> labels;
};

/// All nodes, also dead ones; see node_info::state.
std::vector<node_info> nodes();

/// What all live nodes have, and what of it is not in use.
std::map<std::string, double> cluster_resources();
std::map<std::string, double> available_resources();

/// Who and where this code is. Outside of tasks only job and node are set.
struct context {
  std::string job_id, task_id, actor_id, node_id, worker_id;
  int attempt = 0; ///< From 0.
  bool was_restarted = false;
  std::map<std::string, double> assigned_resources;
};

context runtime_context();

/// In an actor's code: ends the actor when the calls that were accepted so far
/// have run; later ones fail as actor_died. Returns. It is not restarted.
/// @error no_such_actor  The calling code runs in no actor.
void exit_actor();

} // namespace ray
