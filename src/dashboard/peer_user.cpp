#include "dashboard/peer_user.hpp"

#include <fmt/format.h>

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace rayd {

namespace {

/// One end of a connection: an address as the network writes it.
struct end {
  int family = AF_UNSPEC;
  std::array<std::uint32_t, 4> address{};
  std::uint16_t port = 0; ///< Network order.
};

end end_of(const sockaddr_storage& from) {
  end made;
  made.family = from.ss_family;
  if (from.ss_family == AF_INET) {
    sockaddr_in four{};
    std::memcpy(&four, &from, sizeof four);
    made.address[0] = four.sin_addr.s_addr;
    made.port = four.sin_port;
  } else {
    sockaddr_in6 six{};
    std::memcpy(&six, &from, sizeof six);
    std::memcpy(made.address.data(), &six.sin6_addr, sizeof six.sin6_addr);
    made.port = six.sin6_port;
  }
  return made;
}

bool is_loopback(const end& at) {
  if (at.family == AF_INET)
    return (ntohl(at.address[0]) >> 24) == 127;
  in6_addr address{};
  std::memcpy(&address, at.address.data(), sizeof address);
  return at.family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&address);
}

/// As /proc/net/tcp and tcp6 write it.
std::string kernel_text(const end& at) {
  std::string text;
  for (std::size_t i = 0; i < (at.family == AF_INET ? 1u : 4u); ++i)
    text += fmt::format("{:08X}", at.address[i]);
  return text + fmt::format(":{:04X}", ntohs(at.port));
}

/// A socket that asks the kernel about sockets; -1: it cannot be asked.
class question {
public:
  question()
    : fd_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)) {
    const timeval limit{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  ~question() {
    if (fd_ >= 0)
      ::close(fd_);
  }
  question(const question&) = delete;
  question& operator=(const question&) = delete;

  bool ask(const end& theirs, const end& ours) const {
    struct {
      nlmsghdr head{};
      inet_diag_req_v2 asked{};
    } message;
    message.head.nlmsg_len = sizeof message;
    message.head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    message.head.nlmsg_flags = NLM_F_REQUEST;
    auto& asked = message.asked;
    asked.sdiag_family = static_cast<std::uint8_t>(theirs.family);
    asked.sdiag_protocol = IPPROTO_TCP;
    asked.idiag_states = ~0u;
    asked.id.idiag_sport = theirs.port;
    asked.id.idiag_dport = ours.port;
    std::copy(theirs.address.begin(), theirs.address.end(),
              asked.id.idiag_src);
    std::copy(ours.address.begin(), ours.address.end(), asked.id.idiag_dst);
    asked.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
    asked.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
    return ::send(fd_, &message, sizeof message, 0)
           == static_cast<ssize_t>(sizeof message);
  }

  /// @returns false when the kernel does not know such questions.
  bool answer(std::optional<inet_diag_msg>& found) const {
    alignas(nlmsghdr) std::array<char, 8192> bytes{};
    const auto got = ::recv(fd_, bytes.data(), bytes.size(), 0);
    nlmsghdr head{};
    if (got < static_cast<ssize_t>(sizeof head))
      return false;
    std::memcpy(&head, bytes.data(), sizeof head);
    const auto* const body = bytes.data() + NLMSG_HDRLEN;
    const auto room = static_cast<std::size_t>(got) - NLMSG_HDRLEN;
    if (head.nlmsg_type == NLMSG_ERROR && room >= sizeof(nlmsgerr)) {
      nlmsgerr why{};
      std::memcpy(&why, body, sizeof why);
      return why.error == -ENOENT; // There is no such connection.
    }
    if (head.nlmsg_type != SOCK_DIAG_BY_FAMILY || room < sizeof(inet_diag_msg))
      return false;
    std::memcpy(&found.emplace(), body, sizeof(inet_diag_msg));
    return true;
  }

private:
  int fd_;
};

std::optional<uid_t> look_up(const end& theirs, const end& ours) {
  const bool four = theirs.family == AF_INET;
  std::ostringstream table;
  table << std::ifstream{four ? "/proc/net/tcp" : "/proc/net/tcp6"}.rdbuf();
  return user_of_connection(table.str(), kernel_text(theirs),
                            kernel_text(ours));
}

} // namespace

std::optional<uid_t> user_at_other_end(int connection) {
  sockaddr_storage at{};
  socklen_t size = sizeof at;
  if (::getpeername(connection, reinterpret_cast<sockaddr*>(&at), &size) != 0)
    return std::nullopt;
  const auto theirs = end_of(at);
  size = sizeof at;
  if (!is_loopback(theirs)
      || ::getsockname(connection, reinterpret_cast<sockaddr*>(&at), &size)
           != 0)
    return std::nullopt;
  const auto ours = end_of(at);
  const question kernel;
  std::optional<inet_diag_msg> found;
  if (!kernel.ask(theirs, ours) || !kernel.answer(found))
    return look_up(theirs, ours);
  // Without their end the kernel names whoever listens there; an end that its
  // process has closed belongs to nobody, and is shown as root's.
  if (!found || found->id.idiag_sport != theirs.port
      || found->id.idiag_dport != ours.port || found->idiag_inode == 0)
    return std::nullopt;
  return found->idiag_uid;
}

bool is_own_peer(int connection) {
  const auto user = user_at_other_end(connection);
  return user && (*user == ::geteuid() || *user == 0);
}

std::optional<uid_t> user_of_connection(std::string_view table,
                                        std::string_view theirs,
                                        std::string_view ours) {
  // number, local, remote, state, queues, timer, retransmits, uid, timeout,
  // inode: 0 when no process has it any more.
  constexpr std::size_t fields = 10;
  while (!table.empty()) {
    const auto end = std::min(table.find('\n'), table.size());
    auto line = table.substr(0, end);
    table.remove_prefix(std::min(end + 1, table.size()));
    std::array<std::string_view, fields> field;
    for (auto& one : field) {
      while (line.starts_with(' '))
        line.remove_prefix(1);
      one = line.substr(0, line.find(' '));
      line.remove_prefix(one.size());
    }
    if (field[1] != theirs || field[2] != ours || field[9].empty()
        || field[9] == "0")
      continue;
    uid_t user = 0;
    const auto* const last = field[7].data() + field[7].size();
    if (std::from_chars(field[7].data(), last, user).ptr == last
        && !field[7].empty())
      return user;
  }
  return std::nullopt;
}

} // namespace rayd
