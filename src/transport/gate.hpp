#pragma once

#include "transport/hello.hpp"
#include "transport/outcome.hpp"
#include "transport/owned_fd.hpp"
#include "transport/secret.hpp"
#include "transport/stream.hpp"

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

// The gate is the only thing in rayd that listens for other rayd processes.
// It remembers nothing but the connections that have not shown yet who they
// are, and gives away each one that has.
//
// It promises: no byte reaches BASP or the bulk plane before the peer showed
// that it has the cluster's key (TCP: TLS 1.3 with a pre-shared key) or the
// same user id (Unix socket in a 0700 folder), speaks the same version and
// means this cluster; a stranger costs at most one of 64 places for at most
// 3 s and 64 KiB; places are taken back from the one silent for longest when
// more want in; with no descriptors left it pauses instead of spinning.
//
// It does not: decide which peer is welcome (the caller's decide), keep
// connections, retry, or touch CAF. One thread of its own; TLS links for BASP
// are carried by the tls_pump given to it.

namespace rayd {

class tls_pump;

/// Whom the kernel says we talk to.
struct peer_info {
  bool local = false;      ///< Over the Unix socket.
  std::int64_t pid = 0;    ///< Unix socket only; else 0.
  uid_t uid = 0;           ///< Unix socket only.
  std::string address;     ///< "192.0.2.7:4242", or "pid 4242".
};

/// A peer that was let in; its answer has been sent.
struct accepted {
  hello greeting;
  peer_info peer;
  std::uint64_t link = 0; ///< As in the welcome,
  std::shared_ptr<lane_memory> lanes; ///< as is this.
  owned_fd messages;      ///< link_use::messages: ready for hand_over_accept.
  stream bulk;            ///< link_use::bulk.
};

struct gate_options {
  std::string unix_path; ///< Empty: none. Its folder is made 0700 if missing.
  bool tcp = false;      ///< Also listen on host:port; needs key and pump.
  std::string host = "127.0.0.1"; ///< A numeric address or a name.
  std::uint16_t port = 0;         ///< 0: any free one.
  secret_key key{};               ///< derive_key("tls").
  tls_pump* pump = nullptr;       ///< Outlives the gate.
  std::string cluster_id;         ///< Empty: not known yet, any is let in.
  std::size_t strangers_max = 64; ///< Per listening socket.
  std::chrono::milliseconds patience{3000};
};

struct gate_callbacks {
  /// On the gate's thread, within a millisecond: is this peer welcome?
  /// Version, cluster, key and user id have been checked.
  std::function<gate_answer(const hello&, const peer_info&)> decide;
  /// On the gate's thread, after the answer was sent.
  std::function<void(accepted)> accept;
};

enum class gate_error : std::uint8_t {
  port_taken,  ///< The sentence names the process when it can be seen.
  path_taken,  ///< Another live process listens on the Unix path.
  bad_address, ///< The host is not one of this machine, or no address.
  bad_folder,  ///< The folder is not ours alone, or the path is too long.
  system,      ///< Anything else the kernel said.
};

struct gate_failure {
  gate_error reason = gate_error::system;
  std::string message;
};

class gate {
public:
  /// Listens and starts the thread. A stale socket file is replaced.
  static outcome<std::unique_ptr<gate>, gate_failure>
  open(gate_options options, gate_callbacks callbacks);

  /// stop().
  ~gate();
  gate(const gate&) = delete;
  gate& operator=(const gate&) = delete;

  /// The bound TCP port; 0 without TCP.
  std::uint16_t port() const noexcept;

  /// From any thread: from now on, hellos for another cluster are refused.
  void set_cluster_id(std::string id);

  /// Closes the listeners and all strangers, removes the socket file, joins
  /// the thread. Connections given away live on. Not from a callback.
  void stop();

  /// Connections not let in yet, for tests and figures.
  std::size_t strangers() const noexcept;

private:
  struct state;
  explicit gate(std::unique_ptr<state> built);
  std::unique_ptr<state> state_;
};

/// True when a Unix peer with user id *peer* may talk to a process of *own*.
constexpr bool may_enter(uid_t peer, uid_t own) noexcept {
  return peer == own;
}

} // namespace rayd
