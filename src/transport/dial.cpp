#include "transport/dial.hpp"

#include "base/check.hpp"
#include "transport/sockets.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

namespace rayd {

namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// One attempt: where to, until when, and what the peer passed on the way.
struct attempt {
  std::string place; ///< For people.
  clock::time_point deadline;
  milliseconds timeout;
  std::vector<owned_fd> passed{};

  dial_failure fail(dial_error why, std::string_view what) const {
    return {why, fmt::format("{}: {}", place, what)};
  }

  dial_failure too_late(std::string_view doing) const {
    return fail(dial_error::timed_out,
                fmt::format("no {} within {} ms", doing, timeout.count()));
  }

  milliseconds left() const {
    return std::chrono::ceil<milliseconds>(deadline - clock::now());
  }
};

std::optional<dial_failure> connect_to(int fd, const sockaddr* address,
                                       socklen_t size, const attempt& to) {
  int code = ::connect(fd, address, size) == 0 ? 0 : errno;
  if (code == EINPROGRESS) {
    if (!wait_for(fd, POLLOUT, to.deadline))
      return to.too_late("connection");
    socklen_t code_size = sizeof code;
    ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &code_size);
  }
  if (code == 0)
    return std::nullopt;
  if (code == EAGAIN) // A Unix socket's backlog is full.
    return to.fail(dial_error::busy, "too many connections wait there");
  return to.fail(dial_error::unreachable,
                 fmt::format("nobody answers ({})", error_text(code)));
}

std::optional<dial_failure> shake(ssl_st* ssl, int fd, const attempt& to) {
  for (;;) {
    const auto step = tls_handshake(ssl);
    switch (step.state) {
      case tls_state::done:
        return std::nullopt;
      case tls_state::want_read:
      case tls_state::want_write:
        if (!wait_for(fd,
                      step.state == tls_state::want_read ? POLLIN : POLLOUT,
                      to.deadline))
          return to.too_late("TLS handshake");
        continue;
      case tls_state::closed:
      case tls_state::failed:
        break;
    }
    if (step.reason == tls_reason::other_key)
      return to.fail(dial_error::wrong_secret,
                     "the cluster there has another secret");
    return to.fail(dial_error::not_rayd,
                   step.reason == tls_reason::broken_off
                     ? "the connection ended in the TLS handshake; is this a "
                       "rayd port?"
                     : "something answers that is not rayd");
  }
}

// Keeps the descriptors of one received message.
void keep_passed(msghdr& message, std::vector<owned_fd>& into) {
  for (auto* at = CMSG_FIRSTHDR(&message); at != nullptr;
       at = CMSG_NXTHDR(&message, at)) {
    if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_RIGHTS)
      continue;
    const auto bytes = at->cmsg_len - CMSG_LEN(0);
    for (std::size_t i = 0; i + sizeof(int) <= bytes; i += sizeof(int)) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(at) + i, sizeof fd);
      into.emplace_back(fd);
    }
  }
}

// Fills *to* from a Unix socket. 1: done, 0: ended, -1: too late.
int receive_passing(int fd, char* to, std::size_t size, attempt& at) {
  for (std::size_t done = 0; done < size;) {
    iovec part{to + done, size - done};
    alignas(cmsghdr) char room[CMSG_SPACE(welcome_descriptors_max
                                          * sizeof(int))];
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = room;
    message.msg_controllen = sizeof room;
    const auto got = ::recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    if (got > 0) {
      keep_passed(message, at.passed);
      done += static_cast<std::size_t>(got);
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
      return 0;
    } else if (!wait_for(fd, POLLIN, at.deadline)) {
      return -1;
    }
  }
  return 1;
}

std::optional<dial_failure> read_part(stream& channel, std::string& to,
                                      attempt& at) {
  if (to.empty())
    return std::nullopt;
  bool late = false;
  if (channel.secured()) {
    auto got = channel.read_exactly(to.data(), to.size(), at.left());
    if (got)
      return std::nullopt;
    late = got.error().reason == stream_error::timed_out;
  } else {
    const int got = receive_passing(channel.descriptor(), to.data(), to.size(),
                                    at);
    if (got == 1)
      return std::nullopt;
    late = got < 0;
  }
  if (late)
    return at.too_late("answer");
  return at.fail(dial_error::busy,
                 "the connection ended before an answer; it may be stopping or "
                 "have too many connections: try again");
}

dial_failure failure_of(const refusal& no, const attempt& at) {
  switch (no.reason) {
    case refusal_reason::other_version:
      return at.fail(dial_error::other_version,
                     no.sentence + "; install the same version everywhere");
    case refusal_reason::other_cluster:
      return at.fail(dial_error::other_cluster, no.sentence);
    case refusal_reason::busy:
      return at.fail(dial_error::busy, no.sentence);
    case refusal_reason::refused:
      break;
  }
  return at.fail(dial_error::refused, no.sentence);
}

outcome<dialled, dial_failure> greet(stream channel, hello& greeting,
                                     attempt& at) {
  const auto said = encode(greeting);
  if (auto sent = channel.write_all(said.data(), said.size(), at.left());
      !sent)
    return at.fail(sent.error().reason == stream_error::timed_out
                     ? dial_error::timed_out
                     : dial_error::busy,
                   sent.error().message);
  std::string head_bytes(frame_head_bytes, '\0');
  if (auto failed = read_part(channel, head_bytes, at))
    return *failed;
  const auto head = decode_head(head_bytes);
  if (!head)
    return at.fail(dial_error::not_rayd, "something answers that is not rayd");
  if (head->protocol != protocol_number)
    return at.fail(dial_error::other_version,
                   fmt::format("it speaks protocol {}, this is rayd {} with "
                               "protocol {}; install the same version "
                               "everywhere",
                               head->protocol, RAYD_VERSION, protocol_number));
  std::string body(head->body_bytes, '\0');
  if (auto failed = read_part(channel, body, at))
    return *failed;
  auto reply = decode_answer(body);
  if (!reply)
    return at.fail(dial_error::not_rayd, "its answer cannot be read");
  if (const auto* no = std::get_if<refusal>(&*reply))
    return failure_of(*no, at);
  auto& in = std::get<welcome>(*reply);
  if (in.descriptors.size() != at.passed.size())
    return at.fail(dial_error::busy,
                   fmt::format("{} descriptors came of {}; raise the limit of "
                               "open files (ulimit -n)",
                               at.passed.size(), in.descriptors.size()));
  in.descriptors.clear();
  return dialled{std::move(channel), std::move(in), std::move(at.passed)};
}

void complete(hello& greeting) {
  if (greeting.rayd_version.empty())
    greeting.rayd_version = RAYD_VERSION;
  greeting.pid = ::getpid();
}

struct free_addresses {
  void operator()(addrinfo* list) const noexcept { ::freeaddrinfo(list); }
};

outcome<dialled, dial_failure> dial_address(const addrinfo& where,
                                            const tls_context& tls,
                                            hello& greeting, attempt& at) {
  owned_fd socket{::socket(where.ai_family,
                           SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!socket)
    return at.fail(dial_error::unreachable, error_text(errno));
  tune_tcp(socket.get());
  if (auto failed
      = connect_to(socket.get(), where.ai_addr, where.ai_addrlen, at))
    return *failed;
  auto ssl = tls.open(socket.get());
  if (auto failed = shake(ssl.get(), socket.get(), at))
    return *failed;
  return greet(stream{std::move(socket), std::move(ssl)}, greeting, at);
}

} // namespace

outcome<dialled, dial_failure> dial_unix(const std::string& path,
                                         hello greeting, milliseconds timeout) {
  attempt at{path, clock::now() + timeout, timeout};
  complete(greeting);
  const auto address = unix_address(path);
  if (!address || !fits(greeting))
    return at.fail(dial_error::bad_address,
                   !address ? "a socket path has 1 to 107 bytes"
                            : "the greeting is too long");
  owned_fd socket{
    ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!socket)
    return at.fail(dial_error::unreachable, error_text(errno));
  if (auto failed
      = connect_to(socket.get(), reinterpret_cast<const sockaddr*>(&*address),
                   sizeof *address, at))
    return *failed;
  return greet(stream{std::move(socket)}, greeting, at);
}

outcome<dialled, dial_failure>
dial_tcp(const std::string& host, std::uint16_t port, const secret_key& key,
         hello greeting, milliseconds timeout) {
  attempt at{fmt::format("{}:{}", host, port), clock::now() + timeout, timeout};
  complete(greeting);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int wrong = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(),
                                  &hints, &list);
  const std::unique_ptr<addrinfo, free_addresses> owner{list};
  if (wrong != 0 || !fits(greeting))
    return at.fail(dial_error::bad_address,
                   wrong != 0 ? ::gai_strerror(wrong)
                              : "the greeting is too long");
  const tls_context tls{tls_side::client, key};
  outcome<dialled, dial_failure> last
    = at.fail(dial_error::unreachable, "no address");
  for (const auto* where = list; where != nullptr; where = where->ai_next) {
    last = dial_address(*where, tls, greeting, at);
    // Whoever answers has answered; only silence makes us look further.
    if (last || last.error().reason != dial_error::unreachable)
      break;
  }
  return last;
}

} // namespace rayd
