#pragma once

#include "transport/secret.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>

// TLS 1.3 with the cluster's key as external pre-shared key (psk_dhe_ke), no
// certificates, no tickets, no early data. For this room's own files.

struct ssl_st;
struct ssl_ctx_st;

namespace rayd {

struct ssl_free {
  void operator()(ssl_st* ssl) const noexcept;
};
using ssl_ptr = std::unique_ptr<ssl_st, ssl_free>;

enum class tls_side : std::uint8_t { server, client };

/// Makes connections for one key and side. Thread-safe after construction.
class tls_context {
public:
  tls_context(tls_side side, const secret_key& key);
  ~tls_context();
  tls_context(const tls_context&) = delete;
  tls_context& operator=(const tls_context&) = delete;

  /// A connection over *fd*, which stays the caller's and outlives it; its
  /// handshake must end before the context does.
  ssl_ptr open(int fd) const;

private:
  tls_side side_;
  secret_key key_;
  ssl_ctx_st* context_;
};

enum class tls_state : std::uint8_t {
  done,
  want_read,
  want_write,
  closed, ///< The peer said good-bye in the protocol.
  failed, ///< Broken off, or not TLS; see tls_reason.
};

/// Why a handshake failed, as far as this side can know.
enum class tls_reason : std::uint8_t {
  none,
  other_key,   ///< The peer speaks our TLS and has another key or none.
  not_our_tls, ///< Certificates, plain text or another protocol.
  broken_off,  ///< The connection ended.
};

struct tls_step {
  tls_state state = tls_state::failed;
  std::size_t bytes = 0; ///< Moved; 0 unless done.
  tls_reason reason = tls_reason::none;
};

/// One non-blocking step each. After `done` the handshake used the key.
tls_step tls_handshake(ssl_st* ssl);
tls_step tls_read(ssl_st* ssl, void* to, std::size_t size);
tls_step tls_write(ssl_st* ssl, const void* from, std::size_t size);

/// Says good-bye to the peer; true when it needs no further try.
bool tls_say_goodbye(ssl_st* ssl);

} // namespace rayd
