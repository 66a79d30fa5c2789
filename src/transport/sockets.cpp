#include "transport/sockets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>

namespace rayd {

std::string error_text(int code) {
  return std::generic_category().message(code);
}

void make_non_blocking(int fd) noexcept {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags >= 0)
    ::fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

void tune_tcp(int fd) noexcept {
  const auto set = [fd](int level, int name, int value) {
    ::setsockopt(fd, level, name, &value, sizeof value);
  };
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  // A machine that is gone, or a path that is cut, ends the connection in 5 s,
  // whether or not something is being sent.
  set(IPPROTO_TCP, TCP_KEEPIDLE, 2);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 1);
  set(IPPROTO_TCP, TCP_KEEPCNT, 3);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, 5000);
}

std::optional<sockaddr_un> unix_address(const std::string& path) noexcept {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path
      || path.find('\0') != std::string::npos)
    return std::nullopt;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

std::string address_text(const sockaddr* address, socklen_t size) {
  char host[NI_MAXHOST] = "?";
  char port[NI_MAXSERV] = "?";
  ::getnameinfo(address, size, host, sizeof host, port, sizeof port,
                NI_NUMERICHOST | NI_NUMERICSERV);
  if (address->sa_family == AF_INET6)
    return fmt::format("[{}]:{}", host, port);
  return fmt::format("{}:{}", host, port);
}

bool wait_for(int fd, short events,
              std::chrono::steady_clock::time_point deadline) noexcept {
  using namespace std::chrono;
  for (;;) {
    const auto left = ceil<milliseconds>(deadline - steady_clock::now());
    if (left.count() <= 0)
      return false;
    pollfd entry{fd, events, 0};
    const auto wait = std::min<milliseconds::rep>(left.count(), 60'000);
    const int ready = ::poll(&entry, 1, static_cast<int>(wait));
    if (ready > 0)
      return true;
    if (ready < 0 && errno != EINTR)
      return true; // The caller's next system call meets the error.
  }
}

} // namespace rayd
