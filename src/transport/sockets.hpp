#pragma once

#include "transport/owned_fd.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <chrono>
#include <optional>
#include <string>

// What this room's files need of the kernel's socket interface.

namespace rayd {

/// The text of an errno value; thread-safe.
std::string error_text(int code);

void make_non_blocking(int fd) noexcept;

/// No delay; keepalive probes after 10 s of silence, dead 15 s later.
void tune_tcp(int fd) noexcept;

/// Nothing when *path* is empty or longer than the kernel allows (107).
std::optional<sockaddr_un> unix_address(const std::string& path) noexcept;

/// "192.0.2.7:4242" or "[2001:db8::1]:4242".
std::string address_text(const sockaddr* address, socklen_t size);

/// Waits for *events* of poll(2). False when *deadline* came first.
bool wait_for(int fd, short events,
              std::chrono::steady_clock::time_point deadline) noexcept;

} // namespace rayd
