#include "unit/dashboard/http_world.hpp"

using namespace rayd;
using namespace rayd::testing;

TEST_CASE("a query goes to the head, its answer to the browser", "[http]") {
  web_world place;
  web_client browser{place.server->port()};
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

TEST_CASE("parts of the pages that a browser has are not sent again",
          "[http]") {
  web_world place;
  web_client browser{place.server->port()};
  browser.get("/style.css");
  const auto first = browser.read_until("\r\n\r\n");
  const auto at = first.find("ETag: ");
  REQUIRE(at != std::string::npos);
  const auto tag = first.substr(at + 6, first.find('\r', at) - at - 6);
  CHECK(tag.size() > 10);
  const auto again = [&](const std::string& known) {
    web_client other{place.server->port()};
    other.send("GET /style.css HTTP/1.1\r\nHost: localhost\r\n"
               "If-None-Match: " + known + "\r\nConnection: close\r\n\r\n");
    return other.read_until("never");
  };
  const auto same = again(tag);
  CHECK(same.find("HTTP/1.1 304") == 0);
  CHECK(same.size() < 800);
  CHECK(again("\"older\"").find("HTTP/1.1 200") == 0);
}

TEST_CASE("a stream gets events while others wait", "[http]") {
  web_world place;
  web_client stream{place.server->port()};
  stream.get("/api/events?q=[" + status_query + "]");
  CHECK(place.next_query() == status_query);
  web_client other{place.server->port()};
  other.get("/icon.svg");
  CHECK(other.read_until("\r\n\r\n").find("200 OK") != std::string::npos);
  place.server->answered(status_query, "{\"x\":1}");
  CHECK(stream.read_until("{\"0\":{\"x\":1}}\n\n").find("event: update\n")
        != std::string::npos);
}

TEST_CASE("it ends with streams, idle ones and open queries", "[http]") {
  web_world place;
  const auto open
    = [&] { return std::make_unique<web_client>(place.server->port()); };
  std::vector<std::unique_ptr<web_client>> browsers;
  for (int i = 0; i < 5; ++i) {
    browsers.push_back(open());
    browsers.back()->get("/api/events?q=[" + status_query + "]");
    browsers.push_back(open());
    browsers.back()->get("/api/query?q=" + status_query);
    browsers.push_back(open());
  }
  CHECK(place.next_query() == status_query);
  place.server->stop();
  // An answer that comes too late is nobody's.
  place.server->answered(status_query, "{}");
  for (auto& one : browsers)
    one->read_until("never");
}

TEST_CASE("metrics do without the control store", "[http]") {
  web_world place;
  web_client browser{place.server->port()};
  browser.get("/metrics");
  // All at once: the summary, which is never answered, holds up no other.
  std::vector<std::string> asked;
  for (int i = 0; i < 3; ++i)
    asked.push_back(place.next_query());
  for (const auto& query : asked)
    if (query.find("summary") == std::string::npos)
      place.server->answered(query, query.find("status") == std::string::npos
                                      ? "{}"
                                      : R"({"nodes":[],"totals":{}})");
  CHECK(browser.read_until("\r\n\r\n").find("HTTP/1.1 200 OK") == 0);
}

TEST_CASE("a browser may use the address that was printed", "[http]") {
  // As with --host=lab.example --dashboard-host=0.0.0.0.
  web_world place{{}, "0.0.0.0", "lab.example"};
  const auto code = [&](const std::string& host) {
    web_client browser{place.server->port()};
    browser.send("GET /?token=" + web_world::token() + " HTTP/1.1\r\nHost: "
                 + host + "\r\n\r\n");
    return browser.read_until("\r\n\r\n").substr(9, 3);
  };
  CHECK(code("lab.example:8265") == "303");
  CHECK(code("other.example:8265") == "403");
}

TEST_CASE("a host that is none of this machine is refused", "[http]") {
  const auto refused = http_server::open({"203.0.113.7", 0, "t", {}});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ray::errc::wrong_type);
  CHECK(refused.error().message.find("203.0.113.7") != std::string::npos);
  CHECK_FALSE(http_server::open({"no such host", 0, "t", {}}));
}
