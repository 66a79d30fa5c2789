#include "transport/gate_listen.hpp"

#include "transport/port_owner.hpp"
#include "transport/sockets.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

#include <netdb.h>
#include <netinet/in.h>
#include <sys/stat.h>

namespace rayd {

namespace {

namespace fs = std::filesystem;

// Where idle strangers wait for one of the places; with a short one, the
// kernel would drop those who know the key for a second. It takes less when
// net.core.somaxconn says so.
constexpr int backlog = 4096;

std::optional<gate_failure> check_folder(const std::string& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    return gate_failure{gate_error::bad_folder,
                        fmt::format("cannot make the folder {}: {}", folder,
                                    error_text(errno))};
  struct stat about {};
  if (::lstat(folder.c_str(), &about) != 0)
    return gate_failure{gate_error::bad_folder,
                        fmt::format("cannot look at the folder {}: {}", folder,
                                    error_text(errno))};
  if (!S_ISDIR(about.st_mode) || about.st_uid != ::geteuid()
      || (about.st_mode & 0077) != 0)
    return gate_failure{
      gate_error::bad_folder,
      fmt::format("{} must be a folder of user {} with mode 0700; it belongs "
                  "to user {} and has mode {:04o}",
                  folder, ::geteuid(), about.st_uid, about.st_mode & 07777)};
  return std::nullopt;
}

bool somebody_answers(const sockaddr_un& address) {
  owned_fd probe{
    ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  const int done
    = ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address),
                sizeof address);
  return done == 0 || errno == EAGAIN; // EAGAIN: its backlog is full.
}

struct free_addresses {
  void operator()(addrinfo* list) const noexcept { ::freeaddrinfo(list); }
};

gate_failure tcp_failure(const addrinfo& where, std::uint16_t port,
                         int code) {
  const auto place = address_text(where.ai_addr, where.ai_addrlen);
  if (code == EADDRINUSE) {
    const auto owner = port_owner(port);
    return {gate_error::port_taken,
            fmt::format("{} is taken by {}; choose another --port (in a node "
                        "--node-port), or 0 for any free one",
                        place, owner.empty() ? "another process" : owner)};
  }
  if (code == EADDRNOTAVAIL)
    return {gate_error::bad_address,
            fmt::format("{} is no address of this machine; give one that is",
                        place)};
  return {gate_error::system,
          fmt::format("cannot listen on {}: {}", place, error_text(code))};
}

std::uint16_t bound_port(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  if (address.ss_family == AF_INET6)
    return ntohs(reinterpret_cast<sockaddr_in6&>(address).sin6_port);
  return ntohs(reinterpret_cast<sockaddr_in&>(address).sin_port);
}

} // namespace

outcome<listener, gate_failure> listen_unix(const std::string& path) {
  const auto address = unix_address(path);
  if (!address)
    return gate_failure{gate_error::bad_folder,
                        fmt::format("the socket path {} has {} bytes; the "
                                    "kernel takes 107: choose a shorter folder",
                                    path, path.size())};
  if (auto wrong = check_folder(fs::path{path}.parent_path().string()))
    return *wrong;
  if (somebody_answers(*address))
    return gate_failure{gate_error::path_taken,
                        fmt::format("another process listens on {}; stop it or "
                                    "choose another folder",
                                    path)};
  ::unlink(path.c_str()); // Of a process that died, or nothing.
  listener made;
  made.local = true;
  made.socket.reset(
    ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!made.socket
      || ::bind(made.socket.get(), reinterpret_cast<const sockaddr*>(&*address),
                sizeof *address)
           != 0
      || ::chmod(path.c_str(), 0600) != 0 // The folder is closed, too.
      || ::listen(made.socket.get(), backlog) != 0)
    return gate_failure{gate_error::system,
                        fmt::format("cannot listen on {}: {}", path,
                                    error_text(errno))};
  return made;
}

outcome<listener, gate_failure> listen_tcp(const std::string& host,
                                           std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int wrong = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(),
                                  &hints, &list);
  const std::unique_ptr<addrinfo, free_addresses> owner{list};
  if (wrong != 0)
    return gate_failure{gate_error::bad_address,
                        fmt::format("cannot listen on host '{}': {}", host,
                                    ::gai_strerror(wrong))};
  std::optional<gate_failure> last;
  for (const auto* at = list; at != nullptr; at = at->ai_next) {
    listener made;
    made.socket.reset(::socket(
      at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int yes = 1;
    // Connections of an earlier life in TIME_WAIT do not count as taken.
    ::setsockopt(made.socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes,
                 sizeof yes);
    if (made.socket
        && ::bind(made.socket.get(), at->ai_addr, at->ai_addrlen) == 0
        && ::listen(made.socket.get(), backlog) == 0) {
      made.port = bound_port(made.socket.get());
      return made;
    }
    last = tcp_failure(*at, port, errno);
  }
  return *last;
}

} // namespace rayd
