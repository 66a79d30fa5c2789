#pragma once

#include "transport/dial.hpp"
#include "transport/tls_pump.hpp"
#include "wire/control.hpp"
#include "wire/node_messages.hpp"

#include <caf/actor.hpp>
#include <caf/fwd.hpp>

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>

namespace rayd {

struct peer_dialler_options {
  secret_key tls_key{};
  tls_pump* pump = nullptr; ///< Outlives the dialler.
  caf::actor scheduler;     ///< Gets a link_dialled for each success.
};

/// Dials nodes that joined before this one, in a thread for each, again and
/// again until it succeeds, the node is forgotten, or stop().
class peer_dialler {
public:
  peer_dialler(caf::actor_system& system, peer_dialler_options options);
  ~peer_dialler();

  /// This node's index, for the hello, and the cluster; before dial().
  void introduce(node_index self, std::string cluster_id);

  void dial(const node_entry& peer);
  void forget(node_index peer);
  void stop();

private:
  void run(node_entry peer);
  bool try_once(const node_entry& peer);

  /// Waits; false when the peer is not to be dialled any more.
  bool rest(node_index peer, std::chrono::milliseconds pause);

  caf::actor_system& system_;
  peer_dialler_options options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  node_index self_ = 0;
  std::string cluster_id_;
  bool stopping_ = false;
  std::map<node_index, bool> wanted_;
  std::map<node_index, std::thread> threads_;
};

/// Dials a gate and gives the connection to BASP.
/// @returns The peer's root actor as a link_dialled.
outcome<link_dialled, dial_failure>
dial_node(caf::actor_system& system, tls_pump& pump, const std::string& host,
          std::uint16_t port, const secret_key& key, const hello& greeting,
          std::string* own_address = nullptr);

} // namespace rayd
