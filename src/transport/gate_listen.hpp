#pragma once

#include "transport/gate.hpp"

namespace rayd {

/// A listening socket of the gate; non-blocking, close-on-exec.
struct listener {
  owned_fd socket;
  bool local = false;
  std::uint16_t port = 0; ///< The bound one; TCP only.
};

/// Listens on *path*: makes its folder 0700 or checks that it is ours alone,
/// and replaces the socket file of a dead process.
outcome<listener, gate_failure> listen_unix(const std::string& path);

/// Listens on the first address of *host* that works.
outcome<listener, gate_failure> listen_tcp(const std::string& host,
                                           std::uint16_t port);

} // namespace rayd
