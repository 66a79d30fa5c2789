#pragma once

#include "base/result.hpp"
#include "dashboard/access.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace rayd {

/// How long a browser may take; afterwards its connection ends.
struct http_patience {
  std::chrono::milliseconds head{10'000};   ///< To send a request.
  std::chrono::milliseconds answer{20'000}; ///< To take an answer.
  std::chrono::milliseconds event{10'000};  ///< To take an event.
};

struct http_options {
  std::string host;       ///< Address or name of this machine to listen on.
  std::uint16_t port = 0; ///< 0: any free one.
  std::string token;
  http_patience patience = {};
  /// This machine's name in the printed address, when it is another one.
  std::string shown_host = {};
};

// The dashboard's web server: HTTP/1.1 by Boost.Beast on a thread of its own,
// so that neither a browser nor a page costs the cluster's actors a moment.
// Everything has a limit: 64 connections (the one idle longest makes room),
// 32 streams of events, 32 MiB of events on their way, 16 KiB of request head,
// 8 MiB of an answer, and http_patience.
class http_server {
public:
  static constexpr std::size_t most_connections = 64;
  /// Ports that are tried from the wanted one on, before any free one.
  static constexpr int ports_tried = 50;

  /// Listens; browsers wait until serve().
  /// @error wrong_type  *host* is no address of this machine.
  /// @error connection_failed  The system gives no socket.
  static result<std::unique_ptr<http_server>>
  open(const http_options& options);

  virtual ~http_server() = default;

  /// Starts the thread, once.
  /// @param ask  Sends a query to the head, from that thread; answered() is
  ///   called with its answer, at some time, from any thread.
  virtual void serve(std::function<void(const std::string& query)> ask) = 0;

  /// The head's answer to *query*; thread-safe, but not beside stop().
  virtual void answered(std::string query, std::string text) = 0;

  /// Ends all connections and the thread; nothing is asked afterwards.
  virtual void stop() = 0;

  virtual std::uint16_t port() const = 0;

  /// Others than this machine can reach it, and all must show the token.
  virtual bool beyond_loopback() const = 0;
};

} // namespace rayd
