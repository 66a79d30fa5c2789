#pragma once

#include "dashboard/http_server.hpp"

#include "catch.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace rayd::testing {

/// A browser's end of a connection; reading gives up after 10 s. At its end
/// the kernel forgets the connection at once, so that thousands leave nothing.
class web_client {
public:
  /// @param window  Bytes that the kernel takes unread; 0: as usual.
  explicit web_client(std::uint16_t port, int window = 0)
    : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval limit{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    const linger at_once{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    if (window > 0)
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &window, sizeof window);
    REQUIRE(::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
  }
  ~web_client() { ::close(fd_); }
  web_client(const web_client&) = delete;
  web_client& operator=(const web_client&) = delete;

  /// What the server does not take, because it is done, is nobody's loss.
  void send(const std::string& text) {
    const auto sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
    REQUIRE((sent == static_cast<ssize_t>(text.size()) || errno == EPIPE
             || errno == ECONNRESET));
  }

  /// Nothing more will be sent.
  void end() { ::shutdown(fd_, SHUT_WR); }

  void get(const std::string& target) {
    send("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }

  /// Reads until *part* has come, or the end; all that has come.
  std::string read_until(const std::string& part) {
    char bytes[4096];
    while (got_.find(part) == std::string::npos) {
      const auto n = ::read(fd_, bytes, sizeof bytes);
      ended_ = n == 0 || (n < 0 && errno == ECONNRESET);
      if (n <= 0)
        break;
      got_.append(bytes, static_cast<std::size_t>(n));
    }
    return std::exchange(got_, {});
  }

  /// The server has ended the connection.
  bool ended() const { return ended_; }

private:
  int fd_;
  bool ended_ = false;
  std::string got_;
};

/// A server whose head answers when the test says so.
struct web_world {
  explicit web_world(http_patience patience = {},
                     const std::string& host = "127.0.0.1",
                     const std::string& shown_host = "") {
    auto opened = http_server::open({host, 0, token(), patience, shown_host});
    REQUIRE(opened);
    server = std::move(*opened);
    server->serve([this](const std::string& query) {
      std::lock_guard guard{mutex};
      asked.push_back(query);
      changed.notify_all();
      if (!always.empty())
        server->answered(query, always);
    });
  }

  static std::string token() { return std::string(64, 'a'); }

  std::string next_query() {
    std::unique_lock guard{mutex};
    changed.wait(guard, [&] { return !asked.empty(); });
    auto query = asked.front();
    asked.erase(asked.begin());
    return query;
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> asked;
  std::string always; ///< Answers each query; "": none.
  std::unique_ptr<http_server> server; ///< Uses the others: it goes first.
};

inline const std::string status_query = R"({"what":"status"})";

} // namespace rayd::testing
