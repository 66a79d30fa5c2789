// Who gets what over the wire: all routes, methods and headers crossed, slow
// readers, and bytes that are no HTTP.

#include "unit/dashboard/http_world.hpp"

#include <algorithm>
#include <chrono>
#include <random>

using namespace rayd;
using namespace rayd::testing;
using namespace std::chrono_literals;

namespace {

using texts = std::vector<std::string>;

const texts routes{"/",
                   "/main.js",
                   "/metrics",
                   "/api/query?q=" + status_query,
                   "/api/events?q=[" + status_query + "]",
                   "/api/query?q={\"what\":\"stop\"}",
                   "/none",
                   "/?token=" + std::string(64, 'b')};
const texts methods{"GET", "HEAD", "POST", "OPTIONS", "X"};
const texts hosts{"127.0.0.1:8265", "10.1.2.3", "evil.example", ""};
const texts origins{"", "http://127.0.0.1:8265", "http://evil.example", "null"};
const texts sites{"", "same-origin", "same-site", "cross-site"};

struct asked {
  std::string route, method, host, origin, site, token;
};

std::string text_of(const asked& x) {
  const auto header = [](const char* name, const std::string& value) {
    return value.empty() ? "" : std::string{name} + ": " + value + "\r\n";
  };
  return x.method + " " + x.route + " HTTP/1.1\r\nHost: " + x.host + "\r\n"
         + header("Origin", x.origin) + header("Sec-Fetch-Site", x.site)
         + header("Authorization", x.token.empty() ? "" : "Bearer " + x.token)
         + "\r\n";
}

/// Calls *each* with all of them crossed.
template <class Each>
void cross(const texts& tokens, Each each) {
  for (const auto& route : routes)
    for (const auto& method : methods)
      for (const auto& host : hosts)
        for (const auto& origin : origins)
          for (const auto& site : sites)
            for (const auto& token : tokens)
              each(asked{route, method, host, origin, site, token});
}

int answer_to(const web_world& place, const std::string& request,
              std::string* head = nullptr) {
  web_client client{place.server->port()};
  client.send(request);
  const auto got = client.read_until("\r\n\r\n");
  if (head)
    *head = got;
  return got.rfind("HTTP/1.1 ", 0) == 0 ? std::stoi(got.substr(9)) : 0;
}

bool from_our_page(const asked& x) {
  return x.method == "GET" && (x.site.empty() || x.site == "same-origin")
         && (x.origin.empty() || x.origin == "http://" + x.host);
}

/// What a request that is let in gets.
int wanted_code(const std::string& route) {
  if (route.find("token=") != std::string::npos)
    return 303;
  if (route == "/none")
    return 404;
  return route.find("stop") == std::string::npos ? 200 : 400;
}

constexpr const char* empty_status = R"({"nodes":[]})";

} // namespace

TEST_CASE("on loopback only our own pages and names get an answer", "[http]") {
  web_world place;
  place.always = empty_status;
  std::size_t wrong = 0;
  std::string first;
  cross({""}, [&](const asked& x) {
    const bool let_in = from_our_page(x) && x.host == hosts[0];
    std::string head;
    const int code = answer_to(place, text_of(x), &head);
    const bool safe = head.find("Content-Security-Policy: default-src 'none'")
                        != std::string::npos
                      && head.find("nosniff") != std::string::npos;
    const bool good = let_in ? code == wanted_code(x.route)
                             : code >= 400 && code < 500;
    if (safe && good)
      return;
    ++wrong;
    if (first.empty())
      first = text_of(x) + head;
  });
  INFO(first);
  CHECK(wrong == 0);
}

TEST_CASE("beyond loopback nothing is answered without the token", "[http]") {
  web_world place{{}, "0.0.0.0"};
  place.always = empty_status;
  std::size_t wrong = 0;
  std::size_t let_in = 0;
  std::string first;
  cross({"", std::string(64, 'b'), web_world::token()}, [&](const asked& x) {
    // A name that is no address may be another site's.
    const bool ours = x.host == hosts[0] || x.host == hosts[1];
    const bool good = from_our_page(x) && ours
                      && x.token == web_world::token();
    const int code = answer_to(place, text_of(x));
    let_in += good;
    if (good ? code == wanted_code(x.route) : code >= 400 && code < 500)
      return;
    ++wrong;
    if (first.empty())
      first = text_of(x) + std::to_string(code);
  });
  INFO(first);
  CHECK(wrong == 0);
  CHECK(let_in > routes.size());
}

TEST_CASE("slow readers are dropped, and others do not feel them", "[http]") {
  web_world place{{10s, 200ms, 200ms}};
  place.always = "{\"x\":\"" + std::string(std::size_t{6} << 20, 'x') + "\"}";
  const auto target = "/api/events?q=[" + status_query + "]";
  std::vector<std::unique_ptr<web_client>> slow;
  for (int i = 0; i < 32; ++i) {
    slow.push_back(std::make_unique<web_client>(place.server->port(), 4096));
    slow.back()->get(target);
  }
  const auto stream = [&] {
    return answer_to(place,
                     "GET " + target + " HTTP/1.1\r\nHost: [::1]\r\n\r\n");
  };
  // Their streams have begun once there is room for no other one; those that
  // have gone leave it. Nobody else waits for them.
  const auto until = std::chrono::steady_clock::now() + 10s;
  int code = 0;
  bool full = false;
  while (std::chrono::steady_clock::now() < until && !(full && code == 200)) {
    code = stream();
    full = full || code == 503;
    CHECK(answer_to(place, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
          == 200);
  }
  CHECK(full);
  CHECK(code == 200);
}

TEST_CASE("who does not send its request in time is dropped", "[http]") {
  web_world place{{200ms, 10s, 10s}};
  web_client silent{place.server->port()};
  web_client slow{place.server->port()};
  slow.send("GET / HTTP/1.1\r\nHost: loc");
  for (auto* one : {&silent, &slow}) {
    CHECK(one->read_until("never").empty());
    CHECK(one->ended());
  }
}

TEST_CASE("bytes that are no request get a sentence, or the end", "[http]") {
  web_world place;
  place.always = empty_status;
  const auto good = text_of({routes[3], "GET", hosts[2], "", "", ""});
  std::mt19937 dice{23};
  const std::string bytes = "\r\n\r\n :/ GETPOSHTTP/1.1%{}\"\xff\t;,0129"
                            + std::string(3, '\0');
  for (int i = 0; i < 2000; ++i) {
    auto request = good;
    for (auto n = dice() % 12; n > 0; --n) {
      const auto at = dice() % request.size();
      const auto one = bytes[dice() % bytes.size()];
      switch (dice() % 4) {
        case 0: request[at] = one; break;
        case 1: request.insert(at, 1 + dice() % 40, one); break;
        case 2: request.erase(at, 1 + dice() % 5); break;
        default: request += request.substr(at); break;
      }
      request += request.empty() ? "x" : "";
    }
    request.resize(std::min<std::size_t>(request.size(), 30'000));
    // The host is another site's, and so few changes make no name of ours.
    web_client client{place.server->port()};
    client.send(request);
    client.end();
    const auto got = client.read_until("never");
    INFO(request << "\n" << got);
    CHECK(client.ended());
    CHECK((got.empty() || got.rfind("HTTP/1.1 4", 0) == 0));
    CHECK(got.find("\r\nHTTP/1.1 2") == std::string::npos);
  }
  CHECK(answer_to(place, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n") == 200);
}
