#pragma once

#include "base/result.hpp"
#include "dashboard/http_server.hpp"

#include <caf/actor.hpp>
#include <caf/fwd.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace rayd {

struct dashboard_options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8265;
  std::string shown_host; ///< This machine's name, when host is 0.0.0.0.
  std::string token;      ///< Shown by whoever comes from beyond loopback.
  caf::actor global;      ///< The global scheduler, which is asked.
};

// The dashboard of a cluster, in its head's process: a web server on a thread
// of its own (http_server.hpp), and an actor that carries queries to the global
// scheduler and answers back. It remembers nothing but answers of the last
// seconds; what it shows is what `rayd status`, `list` and so on show, by the
// same queries (wire/query.hpp). It changes nothing: there is no request that
// could. Its pages are in pages/, part of the program.
class dashboard {
public:
  /// @error wrong_type  options.host is no address of this machine.
  /// @error connection_failed  There is no socket to listen on.
  static result<std::unique_ptr<dashboard>>
  start(caf::actor_system& system, dashboard_options options);

  ~dashboard();

  /// "http://127.0.0.1:8265".
  const std::string& address() const noexcept { return address_; }
  /// Of everybody; else of other users than ours only.
  bool wants_token() const { return server_->beyond_loopback(); }
  std::uint16_t port() const { return server_->port(); }

  /// Before the global scheduler ends.
  void stop();

private:
  dashboard() = default;

  std::string address_;
  caf::actor asker_;
  caf::actor_system* system_ = nullptr;
  std::unique_ptr<http_server> server_;
};

} // namespace rayd
