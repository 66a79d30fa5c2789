#include "dashboard/http_server.hpp"

#include "catch.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

using namespace rayd;

namespace {

/// A browser's end of a connection; reading gives up after 10 s.
class client {
public:
  explicit client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval limit{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    REQUIRE(::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
  }
  ~client() { ::close(fd_); }
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  void get(const std::string& target) {
    const auto text = "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    REQUIRE(::write(fd_, text.data(), text.size())
            == static_cast<ssize_t>(text.size()));
  }

  /// Reads until *part* has come; all that has come.
  std::string read_until(const std::string& part) {
    char bytes[4096];
    while (got_.find(part) == std::string::npos) {
      const auto n = ::read(fd_, bytes, sizeof bytes);
      if (n <= 0)
        break;
      got_.append(bytes, static_cast<std::size_t>(n));
    }
    return std::exchange(got_, {});
  }

private:
  int fd_;
  std::string got_;
};

/// A server whose head answers when the test says so.
struct world {
  world() {
    auto opened = http_server::open({"127.0.0.1", 0, std::string(64, 'a')});
    REQUIRE(opened);
    server = std::move(*opened);
    server->serve([this](const std::string& query) {
      std::lock_guard guard{mutex};
      asked.push_back(query);
      changed.notify_all();
    });
  }

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
  std::unique_ptr<http_server> server; ///< Uses the others: it goes first.
};

const std::string status_query = R"({"what":"status"})";

} // namespace

TEST_CASE("a query goes to the head, its answer to the browser", "[http]") {
  world place;
  client browser{place.server->port()};
  // Twice over one connection.
  for (const std::string answer : {"{\"x\":1}", "{\"x\":2}"}) {
    browser.get("/api/query?q={\"what\":\"status\",\"n\":"
                + answer.substr(5, 1) + "}");
    place.server->answered(place.next_query(), answer);
    const auto got = browser.read_until(answer);
    CHECK(got.find("HTTP/1.1 200 OK") == 0);
    CHECK(got.find(answer) != std::string::npos);
  }
  browser.get("/style.css");
  CHECK(browser.read_until("\r\n\r\n").find("gzip") != std::string::npos);
}

TEST_CASE("a stream gets events while others wait", "[http]") {
  world place;
  client stream{place.server->port()};
  stream.get("/api/events?q=[" + status_query + "]");
  CHECK(place.next_query() == status_query);
  client other{place.server->port()};
  other.get("/icon.svg");
  CHECK(other.read_until("\r\n\r\n").find("200 OK") != std::string::npos);
  place.server->answered(status_query, "{\"x\":1}");
  CHECK(stream.read_until("{\"0\":{\"x\":1}}\n\n").find("event: update\n")
        != std::string::npos);
}

TEST_CASE("it ends with streams, idle ones and open queries", "[http]") {
  world place;
  std::vector<std::unique_ptr<client>> browsers;
  for (int i = 0; i < 5; ++i) {
    browsers.push_back(std::make_unique<client>(place.server->port()));
    browsers.back()->get("/api/events?q=[" + status_query + "]");
    browsers.push_back(std::make_unique<client>(place.server->port()));
    browsers.back()->get("/api/query?q=" + status_query);
    browsers.push_back(std::make_unique<client>(place.server->port()));
  }
  CHECK(place.next_query() == status_query);
  place.server->stop();
  // An answer that comes too late is nobody's.
  place.server->answered(status_query, "{}");
  for (auto& one : browsers)
    one->read_until("never");
}

TEST_CASE("a host that is none of this machine is refused", "[http]") {
  const auto refused = http_server::open({"203.0.113.7", 0, "t"});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ray::errc::wrong_type);
  CHECK(refused.error().message.find("203.0.113.7") != std::string::npos);
  CHECK_FALSE(http_server::open({"no such host", 0, "t"}));
}
