#pragma once

#include "base/result.hpp"
#include "driver/client.hpp"
#include "transport/hello.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace rayd {

/// Who attaches to which node.
struct attach_request {
  std::string socket; ///< The node's Unix socket.
  peer_role role = peer_role::driver;
  std::string text; ///< JSON of the attach message.
  work_receiver* receiver = nullptr; ///< Of a worker.
  std::chrono::milliseconds patience{10'000};
};

/// Dials the node, maps its arena, and starts the client actor; blocks until
/// the node let this process in. end() of the client undoes it.
/// @error connection_failed  Nobody listens, or the node refused; the
///                           sentence says why.
result<std::shared_ptr<client>> attach(const attach_request& request);

/// CAF's actor system of this process, made when first needed. It stays until
/// the process ends: CAF waits in its destructor for actors of the program,
/// and may wait for ever. *threads* run its actors that have none of their
/// own; only the first call decides.
caf::actor_system& process_system(std::size_t threads = 1);

/// What a driver says of itself in the attach message.
std::string describe_driver(const std::string& job_name,
                            bool log_to_driver = false);

} // namespace rayd
