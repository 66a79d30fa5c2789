#pragma once

#include "config/node_options.hpp"
#include "config/ready_report.hpp"
#include "config/session.hpp"
#include "dashboard/dashboard.hpp"
#include "node/node_agent.hpp"
#include "object_store/object_store.hpp"
#include "object_transfer/object_transfer.hpp"
#include "shared_memory/lane_memory.hpp"
#include "transport/caf_system.hpp"
#include "transport/gate.hpp"
#include "wire/control_store_messages.hpp"
#include "wire/node_messages.hpp"

#include <caf/actor.hpp>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace rayd {

/// Why a node does not start or had to end: what the report is told.
struct node_failure {
  exit_code code = exit_code::failed;
  std::string sentence;
};

// One node, head or not, from its parts: the only place that knows all rooms.
// start() makes them in the order in which they need each other and returns
// when the node has answered its probe task; stop() ends them in the opposite
// order and leaves nothing. Both are called from one thread. What ends a node
// from inside (the head is gone) is told through ended_fd().
class node_process {
public:
  node_process(const node_options& options, session& self);
  ~node_process();

  /// @returns the failure, or nothing when the node serves.
  std::optional<node_failure> start();
  void stop();

  ready_info info() const;

  /// Readable when the node cannot go on; reason() says why.
  int ended_fd() const noexcept { return ended_; }
  std::string reason() const;

private:
  // -- node_start.cpp: the steps of start() -----------------------------------
  std::optional<node_failure> make_keys();
  std::optional<node_failure> make_store();
  std::optional<node_failure> spawn_rooms();
  std::optional<node_failure> open_control_store();
  std::optional<node_failure> open_gate();
  std::optional<node_failure> join();
  std::optional<node_failure> dial_head(node_entry& own,
                                        std::optional<link_dialled>& link);
  std::optional<node_failure> await_registration();
  std::optional<node_failure> open_dashboard();
  std::optional<node_failure> run_probe_task();

  gate_answer decide(const hello& greeting, const peer_info& peer);
  void accept(accepted peer);
  node_entry describe() const;
  void expel(const std::string& why);

  const node_options& options_;
  session& session_;
  std::optional<cluster_secret> secret_;
  std::shared_ptr<segment> arena_;
  std::shared_ptr<bell_page> bells_; ///< Null: all lanes are BASP's.
  caf_system system_;
  std::unique_ptr<tls_pump> pump_;
  caf::actor scheduler_;
  caf::actor store_;
  caf::actor pool_;
  caf::actor global_;
  caf::actor agent_;
  control_store_actor control_store_;
  std::shared_ptr<object_transfer> transfer_;
  std::shared_ptr<peer_dialler> dialler_;
  std::unique_ptr<gate> gate_;
  std::unique_ptr<dashboard> dashboard_; ///< Only in a head that wants one.
  std::string dashboard_token_;          ///< See ready_info.
  std::string dashboard_note_;
  std::string cluster_id_;
  std::uint64_t epoch_ = 0;
  node_entry head_;
  std::atomic<node_index> index_{0};

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<cluster_joined> joined_; ///< Guarded by mutex_, as is
  std::string expelled_;                 ///< this.
  int ended_ = -1;                       ///< eventfd.
};

} // namespace rayd
