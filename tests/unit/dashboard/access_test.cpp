#include "dashboard/access.hpp"

#include "catch.hpp"

#include <fmt/format.h>

#include <random>
#include <string>
#include <vector>

using namespace rayd;

namespace {

const std::string token(64, 'a');

access_rules local_rules() {
  return {false, {}, token};
}

access_rules open_rules() {
  return {true, {"lab.example"}, token};
}

/// What a browser of this user on this machine sends for one of our pages.
request_facts good() {
  request_facts facts;
  facts.method = "GET";
  facts.host = "127.0.0.1:8265";
  facts.own_peer = true;
  return facts;
}

const std::vector<std::string> methods{"GET",    "HEAD",  "POST", "PUT",
                                       "DELETE", "PATCH", "TRACE", "get", ""};
const std::vector<std::string> hosts{
  "127.0.0.1:8265", "localhost:8265", "[::1]:8265", "127.9.9.9", "LOCALHOST",
  "10.0.0.1:8265",  "lab.example:80", "evil.example", "evil.example:8265",
  "127.0.0.1.evil.example", "localhost.evil.example:8265", "", ":8265",
  "127.0.0.1:x",    "127.0.0.1:8265@evil.example", "[::1", "0x7f.1", "[::1]x"};
const std::vector<std::string> origins{
  "", "http://127.0.0.1:8265", "http://localhost:8265",
  "https://127.0.0.1:8265", "http://evil.example", "null",
  "http://127.0.0.1:8265.evil.example", "http://127.0.0.1:8266"};
const std::vector<std::string> sites{"", "same-origin", "none", "same-site",
                                     "cross-site", "nonsense"};

bool is_loopback_name(const std::string& host) {
  return host == "127.0.0.1:8265" || host == "localhost:8265"
         || host == "[::1]:8265" || host == "127.9.9.9" || host == "LOCALHOST";
}

} // namespace

TEST_CASE("only our own pages may ask, by method, host, origin and site",
          "[access]") {
  std::size_t let_in = 0;
  for (const auto& method : methods)
    for (const auto& host : hosts)
      for (const auto& origin : origins)
        for (const auto& site : sites) {
          auto facts = good();
          facts.method = method;
          facts.host = host;
          facts.origin = origin;
          facts.fetch_site = site;
          const bool wanted
            = method == "GET" && is_loopback_name(host)
              && (origin.empty() || origin == "http://" + host)
              && (site.empty() || site == "same-origin" || site == "none");
          INFO(method << ' ' << host << ' ' << origin << ' ' << site);
          CHECK((judge(local_rules(), facts) == access_verdict::allowed)
                == wanted);
          let_in += wanted;
        }
  CHECK(let_in > 0);
}

TEST_CASE("beyond loopback nobody comes in without the token", "[access]") {
  for (const auto& method : methods)
    for (const auto& host : hosts)
      for (const auto& origin : origins)
        for (const auto& site : sites)
          for (const bool own : {false, true}) {
            auto facts = good();
            facts.method = method;
            facts.host = host;
            facts.origin = origin;
            facts.fetch_site = site;
            facts.own_peer = own;
            CHECK(judge(open_rules(), facts) != access_verdict::allowed);
          }
  auto facts = good();
  facts.own_peer = false;
  for (const auto& host :
       {"10.0.0.1:8265", "lab.example:80", "[2001:db8::1]:8265"}) {
    facts.host = host;
    CHECK(judge(open_rules(), facts) == access_verdict::wants_token);
    facts.token = token;
    CHECK(judge(open_rules(), facts) == access_verdict::allowed);
    facts.token = {};
  }
  facts.token = token;
  facts.host = "evil.example";
  CHECK(judge(open_rules(), facts) == access_verdict::wrong_host);
}

TEST_CASE("the name that start printed is ours, over loopback too",
          "[access]") {
  auto facts = good();
  facts.host = "lab.example:8265";
  auto rules = local_rules();
  CHECK(judge(rules, facts) == access_verdict::wrong_host);
  rules.names = {"Lab.example", ""};
  CHECK(judge(rules, facts) == access_verdict::allowed);
  facts.host = "evil.example:8265";
  CHECK(judge(rules, facts) == access_verdict::wrong_host);
  facts.host = "10.0.0.1:8265";
  CHECK(judge(rules, facts) == access_verdict::wrong_host);
}

TEST_CASE("the token is shown as bearer, in a cookie or in the address",
          "[access]") {
  auto facts = good();
  facts.own_peer = false;
  const auto verdict = [&] { return judge(local_rules(), facts); };
  CHECK(verdict() == access_verdict::wants_token);
  const auto bearer = "Bearer " + token;
  facts.authorization = bearer;
  CHECK(verdict() == access_verdict::allowed);
  const auto wrong = "Bearer " + std::string(64, 'b');
  const auto shorter = bearer.substr(0, bearer.size() - 1);
  for (const auto& bad : {wrong, shorter, token, bearer + "a",
                          std::string{"Bearer "}, std::string{"Basic x"}}) {
    facts.authorization = bad;
    CHECK(verdict() == access_verdict::wants_token);
  }
  facts.authorization = {};
  const auto cookie = "a=b; rayd_token=" + token + "; c=d";
  facts.cookie = cookie;
  CHECK(verdict() == access_verdict::allowed);
  const auto other = "xrayd_token=" + token;
  facts.cookie = other;
  CHECK(verdict() == access_verdict::wants_token);
  facts.cookie = {};
  facts.token = token;
  CHECK(verdict() == access_verdict::allowed);
  CHECK(token_cookie(local_rules())
        == "rayd_token=" + token + "; Path=/; HttpOnly; SameSite=Strict");
}

TEST_CASE("bodies and doubled headers are refused", "[access]") {
  auto facts = good();
  facts.has_body = true;
  CHECK(judge(local_rules(), facts) == access_verdict::has_body);
  facts = good();
  facts.repeated = true;
  CHECK(judge(local_rules(), facts) == access_verdict::wrong_host);
}

TEST_CASE("random headers never let a stranger in", "[access]") {
  std::mt19937 dice{7};
  const std::string letters = "0127.:[]localhostevil=;, Bearr\t\xff";
  const auto text = [&] {
    std::string made;
    for (auto n = dice() % 40; n > 0; --n)
      made += letters[dice() % letters.size()];
    return made;
  };
  for (int i = 0; i < 20'000; ++i) {
    auto facts = good();
    facts.own_peer = false;
    const auto host = dice() % 2 ? text() : std::string{facts.host};
    const auto cookie = text();
    const auto given = text();
    facts.host = host;
    facts.cookie = cookie;
    facts.authorization = given;
    CHECK(judge(local_rules(), facts) != access_verdict::allowed);
  }
}
