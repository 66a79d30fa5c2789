#pragma once

#include "transport/hello.hpp"
#include "transport/outcome.hpp"
#include "transport/owned_fd.hpp"
#include "transport/secret.hpp"
#include "transport/stream.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace rayd {

enum class dial_error : std::uint8_t {
  unreachable,   ///< Nobody answers at the address.
  timed_out,     ///< Somebody may be there but did not finish in time.
  wrong_secret,  ///< A rayd of another secret; the caller says what to do.
  other_version, ///< The sentence names both versions.
  other_cluster,
  refused,  ///< The sentence is the peer's.
  busy,     ///< The peer says: not now.
  not_rayd, ///< Something else answers there.
  bad_address,
};

struct dial_failure {
  dial_error reason = dial_error::unreachable;
  std::string message;
};

/// An authenticated connection with the peer's answer.
struct dialled {
  stream channel; ///< Messages: tls_pump::carry or release().socket to BASP.
  welcome reply;  ///< Without descriptors: those are owned here.
  std::vector<owned_fd> descriptors; ///< In the order that the peer gave.
};

/// Connects to the gate at a Unix path, in the caller's thread. *timeout* is
/// for the whole. Never retries.
outcome<dialled, dial_failure> dial_unix(const std::string& path,
                                         hello greeting,
                                         std::chrono::milliseconds timeout);

/// Connects to the gate at host:port over TLS, in the caller's thread; each
/// address of *host* is tried. A name is resolved by the system's resolver,
/// which *timeout* does not bound.
outcome<dialled, dial_failure>
dial_tcp(const std::string& host, std::uint16_t port, const secret_key& key,
         hello greeting, std::chrono::milliseconds timeout);

} // namespace rayd
