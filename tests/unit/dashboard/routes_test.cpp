#include "dashboard/routes.hpp"

#include "dashboard/assets.hpp"

#include "catch.hpp"

#include <nlohmann/json.hpp>

#include <random>
#include <string>

using namespace rayd;
using kind = route::kind;

TEST_CASE("each address has one meaning", "[routes]") {
  CHECK(read_route("/").what == kind::page);
  CHECK(read_route("/?token=abc").token == "abc");
  CHECK(read_route("/main.js").what == kind::asset);
  CHECK(read_route("/metrics").what == kind::metrics);
  const auto query = read_route("/api/query?q=%7B%22what%22:%22nodes%22%7D");
  CHECK(query.what == kind::query);
  CHECK(query.queries == std::vector<std::string>{R"({"what":"nodes"})"});
  const auto events
    = read_route(R"(/api/events?q=[{"what":"nodes"},{"what":"status"}])");
  CHECK(events.what == kind::events);
  CHECK(events.queries.size() == 2);
}

TEST_CASE("nothing of an address becomes a path", "[routes]") {
  for (const auto* path :
       {"/..", "/../etc/passwd", "/%2e%2e/secret", "//main.js", "/main.js/",
        "/./main.js", "/MAIN.JS", "/main.js%00", "/api", "/api/query/",
        "/index.html/../main.js", "/etc/passwd", "/node.log"})
    CHECK(read_route(path).what == kind::unknown);
  for (const auto* bad :
       {"", "main.js", "*", "http://evil/", "/?token=%", "/?token=%4"})
    CHECK(read_route(bad).what == kind::wrong);
  CHECK(read_route("/?token=" + std::string(20'000, 'x')).what == kind::wrong);
}

TEST_CASE("queries that change something, or that are none, are refused",
          "[routes]") {
  for (const auto* bad :
       {"", "{}", "[]", "{\"what\":1}", "{\"what\":\"flush_lines\"}",
        "{\"what\":\"stop\"}", "{\"what\":\"workers\"}", "nonsense"})
    CHECK_FALSE(read_page_query(bad));
  CHECK_FALSE(read_page_query("{\"what\":\"status\",\"x\":\""
                              + std::string(3000, 'x') + "\"}"));
  CHECK_FALSE(read_page_query("{\"what\":\"status\",\"x\":"
                              + std::string(900, '[') + std::string(900, ']')
                              + "}"));
  CHECK(read_route("/api/query").what == kind::wrong);
  CHECK(read_route("/api/events?q=[]").what == kind::wrong);
  CHECK(read_route("/api/events?q=" + std::string(12'000, '[')).what
        == kind::wrong);
  std::string many = "[{\"what\":\"status\"}";
  for (std::size_t i = 0; i < most_watches; ++i)
    many += ",{\"what\":\"status\"}";
  CHECK(read_route("/api/events?q=" + many + "]").what == kind::wrong);
}

TEST_CASE("what pages ask for has a limit, given or not", "[routes]") {
  const auto limit = [](const std::string& query) {
    const auto read = read_page_query(query);
    REQUIRE(read);
    return nlohmann::json::parse(*read)["limit"];
  };
  CHECK(limit(R"({"what":"list","kind":"tasks"})") == 100);
  CHECK(limit(R"({"what":"list","kind":"tasks","limit":1000000})") == 500);
  CHECK(limit(R"({"what":"list","kind":"tasks","limit":-3})") == 1);
  CHECK(limit(R"({"what":"list","kind":"tasks","limit":"all"})") == 100);
  CHECK(limit(R"({"what":"timeline"})") == 2000);
  CHECK(limit(R"({"what":"logs","limit":99999999})") == 262'144);
  // One form, so that answers are shared.
  CHECK(*read_page_query(R"({ "what":"get", "kind":"task","id":"1"})")
        == *read_page_query(R"({"id":"1","kind":"task","what":"get"})"));
}

TEST_CASE("random addresses are read without harm", "[routes]") {
  std::mt19937 dice{11};
  const std::string parts = "/?&=%[]{}\":,.aq0token\\u\xc3\xff what";
  const std::vector<std::string> starts{
    "", "/", "/api/query?q=", "/api/events?q=", "/?token=",
    "/api/events?q=[{\"what\":\"", "/api/query?q={\"what\":\"list\","};
  for (int i = 0; i < 50'000; ++i) {
    auto target = starts[dice() % starts.size()];
    for (auto n = dice() % 60; n > 0; --n)
      target += parts[dice() % parts.size()];
    const auto read = read_route(target);
    CHECK((read.what == kind::wrong) == !read.problem.empty());
    for (const auto& query : read.queries)
      CHECK(nlohmann::json::accept(query));
  }
}

TEST_CASE("all parts of the pages are there, compressed", "[routes]") {
  for (const auto* name :
       {"/index.html", "/main.js", "/style.css", "/dygraph.min.js"}) {
    const auto* const found = find_asset(name);
    REQUIRE(found != nullptr);
    CHECK(found->gzip.size() > 20);
    CHECK(found->gzip[0] == '\x1f');
    CHECK(found->gzip[1] == '\x8b');
  }
}
