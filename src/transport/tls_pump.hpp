#pragma once

#include "base/result.hpp"
#include "transport/owned_fd.hpp"
#include "transport/stream.hpp"

#include <cstddef>
#include <memory>

namespace rayd {

/// Carries bytes between TLS connections and socketpairs, so that BASP gets a
/// plain descriptor. One thread for all links of a process; a node has one
/// pump for its gate and its dials. A link whose local end does not read stops
/// reading from the network (at most 128 KiB wait here per direction); a link
/// that one side ended is closed after the other side did or 5 s later.
class tls_pump {
public:
  tls_pump();

  /// Closes all links and joins the thread.
  ~tls_pump();

  tls_pump(const tls_pump&) = delete;
  tls_pump& operator=(const tls_pump&) = delete;

  /// The descriptor for BASP: the near end of a socketpair, or the socket
  /// itself when *channel* is a plain one. Non-blocking and close-on-exec.
  /// @error connection_failed  No descriptors left.
  result<owned_fd> carry(stream channel);

  /// Links alive now, for tests and figures.
  std::size_t links() const noexcept;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace rayd
