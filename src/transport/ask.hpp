#pragma once

#include "base/result.hpp"
#include "transport/dial.hpp"

#include <caf/atom.hpp>
#include <caf/fwd.hpp>

#include <chrono>
#include <string>

namespace rayd {

class tls_pump;

/// For the command line: over a fresh connection (use: messages), sends
/// (*tag*, *request*) to the peer's root actor and waits for one
/// (atom, std::string) back. The connection stays open with *system*.
/// @param pump Carries a TLS connection; may be null for Unix sockets.
/// @error connection_failed  Hand-over failed or the peer went away.
/// @error get_timeout        No answer within *timeout*, for the whole.
result<std::string> ask(caf::actor_system& system, tls_pump* pump,
                        dialled connection, caf::atom_value tag,
                        std::string request,
                        std::chrono::milliseconds timeout);

} // namespace rayd
