#pragma once

#include "transport/outcome.hpp"
#include "transport/owned_fd.hpp"
#include "transport/tls.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace rayd {

enum class stream_error : std::uint8_t {
  timed_out, ///< The bytes moved so far count; a TLS write must end the use.
  closed,    ///< The peer, or shutdown(), ended it.
};

struct stream_failure {
  stream_error reason = stream_error::closed;
  std::string message;
};

/// An authenticated connection that carries bytes, over TLS or a Unix socket;
/// the bulk plane uses it as it is, the message plane gives its descriptor to
/// BASP (tls_pump::carry). At most one reader and one writer thread at a
/// time, at once if wished; shutdown() from any thread. Move-only.
class stream {
public:
  stream();
  stream(stream&&) noexcept;
  stream& operator=(stream&&) noexcept;
  ~stream();

  /// Takes a connected socket; makes it non-blocking. Without *ssl: plain.
  explicit stream(owned_fd socket, ssl_ptr ssl = nullptr);

  explicit operator bool() const noexcept { return state_ != nullptr; }
  bool secured() const noexcept;

  /// Waits for at least one byte.
  /// @returns How many of at most *size* were read, at least 1.
  outcome<std::size_t, stream_failure>
  read_some(void* to, std::size_t size, std::chrono::milliseconds timeout);

  /// Fills *to*; *timeout* is for the whole.
  /// @returns *size*.
  outcome<std::size_t, stream_failure>
  read_exactly(void* to, std::size_t size, std::chrono::milliseconds timeout);

  /// Writes all of *from*; *timeout* is for the whole.
  /// @returns *size*.
  outcome<std::size_t, stream_failure>
  write_all(const void* from, std::size_t size,
            std::chrono::milliseconds timeout);

  /// Ends both directions; readers and writers return `closed`.
  void shutdown() noexcept;

  /// The descriptor, for poll only (TLS may hold bytes that poll cannot see).
  int descriptor() const noexcept;

  /// Takes it apart; *this is empty afterwards. No thread may use it.
  struct parts {
    owned_fd socket;
    ssl_ptr ssl; ///< Freed before the socket is closed.
  };
  parts release() noexcept;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace rayd
