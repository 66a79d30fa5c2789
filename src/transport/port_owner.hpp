#pragma once

#include <cstdint>
#include <string>

namespace rayd {

/// Who listens on a TCP port of this machine, as far as /proc shows it to us:
/// "redis-server (pid 4242)"; empty when it cannot be seen.
std::string port_owner(std::uint16_t port);

} // namespace rayd
