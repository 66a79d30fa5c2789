// The dashboard's web server, as the network sees it.

#include "system/kernel_view.hpp"
#include "system/processes.hpp"

#include "catch.hpp"

#include <algorithm>
#include <fstream>
#include <regex>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace rayd::testing;
using namespace std::chrono_literals;

namespace {

/// What stands behind "dashboard: " in what start printed.
std::string dashboard_of(const outcome& started) {
  return line_of(started.out, "dashboard:");
}

std::uint16_t port_in(const std::string& address) {
  std::smatch found;
  REQUIRE(std::regex_search(address, found, std::regex{R"(:(\d+))"}));
  return static_cast<std::uint16_t>(std::stoi(found[1]));
}

struct reply {
  int code = 0;
  std::string head;
  std::string body;
};

reply parse(const std::string& text) {
  const auto end = text.find("\r\n\r\n");
  if (end == std::string::npos || text.rfind("HTTP/1.1 ", 0) != 0)
    return {};
  return {std::stoi(text.substr(9)), text.substr(0, end), text.substr(end + 4)};
}

/// One request over a connection of its own.
reply ask(std::uint16_t port, const std::string& target,
          const std::string& headers = "Host: 127.0.0.1\r\n",
          const std::string& method = "GET") {
  plain_client client{port};
  client.send(method + " " + target + " HTTP/1.1\r\n" + headers
              + "Connection: close\r\n\r\n");
  client.closed_within(10s);
  return parse(client.received());
}

nlohmann::json query(std::uint16_t port, const std::string& encoded) {
  return nlohmann::json::parse(ask(port, "/api/query?q=" + encoded).body,
                               nullptr, false);
}

constexpr const char* status_query = "%7B%22what%22:%22status%22%7D";

const std::vector<std::string> routes{
  "/", "/index.html", "/main.js", "/style.css", "/dygraph.min.js", "/metrics",
  std::string{"/api/query?q="} + status_query, "/api/query",
  std::string{"/api/events?q=["} + status_query + "]", "/none",
  "/../../etc/passwd", "/?token=x", "/api/query?q=%7B%22what%22:%22logs%22%7D"};

} // namespace

TEST_CASE("a head has a dashboard that shows what rayd status shows") {
  cluster place;
  const auto started = place.start_head({"--num-cpus=1"});
  const auto address = dashboard_of(started);
  INFO(started.out);
  REQUIRE(address.rfind("http://127.0.0.1:", 0) == 0);
  const auto port = port_in(address);
  const auto page = ask(port, "/");
  CHECK(page.code == 200);
  for (const auto* header :
       {"Content-Security-Policy: default-src 'none';",
        "X-Content-Type-Options: nosniff", "X-Frame-Options: DENY",
        "Content-Encoding: gzip"})
    CHECK(page.head.find(header) != std::string::npos);
  // The worker of the probe task goes first.
  REQUIRE(eventually(
    [&] { return status_of(place)["totals"]["workers"] == 0; }, 10s));
  REQUIRE(eventually(
    [&] { return query(port, status_query)["totals"]["workers"] == 0; }, 10s));
  const auto shown = query(port, status_query);
  const auto status = status_of(place);
  CHECK(shown["cluster_id"] == status["cluster_id"]);
  CHECK(shown["nodes"].size() == 1);
  CHECK(accounts_of(shown) == accounts_of(status));
  // The machine's figures come with the first loads.
  CHECK(eventually(
    [&] {
      const auto nodes = query(port, status_query)["nodes"];
      return nodes[0].contains("memory_total")
             && nodes[0]["memory_total"] > 0;
    },
    10s));
  const auto series = [&] {
    return query(port, "%7B%22what%22:%22series%22,%22node%22:%22n1%22,"
                       "%22span_s%22:60%7D");
  };
  CHECK(eventually(
    [&] {
      const auto memory = series()["series"]["memory"];
      return std::count_if(memory.begin(), memory.end(), [](const auto& x) {
               return x.is_number() && x > 0;
             })
             >= 2;
    },
    10s));
}

TEST_CASE("a taken port gives the next free one, and start says so") {
  cluster one;
  cluster other;
  const auto wanted
    = "--dashboard-port=" + std::to_string(free_ports(1).front());
  const auto first = dashboard_of(one.start_head({"--num-cpus=0", wanted}));
  const auto second = dashboard_of(other.start_head({"--num-cpus=0", wanted}));
  CHECK(port_in(second) > port_in(first));
  CHECK(second.find("is taken") != std::string::npos);
  CHECK(first.find("is taken") == std::string::npos);
  CHECK(ask(port_in(second), "/").code == 200);
}

TEST_CASE("without a dashboard nothing listens; private clusters have none") {
  cluster place;
  const auto started
    = place.start_head({"--num-cpus=0", "--include-dashboard=false"});
  CHECK(dashboard_of(started).empty());
  CHECK(tcp_listeners(node_named(place, "n1").pid).size() == 1);
  place.stop();
  cluster own;
  for (const bool asked : {false, true}) {
    const auto file = own.base() / "end";
    std::map<std::string, std::string> environment{{"RAY_NUM_CPUS", "1"}};
    if (asked)
      environment = {{"RAY_NUM_CPUS", "1"},
                     {"RAYD_INCLUDE_DASHBOARD", "true"},
                     {"RAYD_DASHBOARD_PORT", "0"}};
    running program{own.program("page_user", {file}, environment)};
    REQUIRE(program.wait_for_output("ready", 20s));
    const auto nodes = own.nodes();
    REQUIRE_FALSE(nodes.empty());
    CHECK(tcp_listeners(nodes.back().pid).size() == (asked ? 1 : 0));
    std::ofstream{file};
    CHECK(program.wait(20s).exit_code == 0);
    std::filesystem::remove(file);
  }
}

TEST_CASE("no route answers other methods, names, pages or users' programs") {
  cluster place;
  const auto port = port_in(dashboard_of(place.start_head({"--num-cpus=0"})));
  const auto good = "Host: 127.0.0.1:" + std::to_string(port) + "\r\n";
  const auto refused = [&](const reply& got) {
    return got.code >= 400 && got.code < 500;
  };
  for (const auto& route : routes) {
    INFO(route);
    for (const auto* method :
         {"HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "X"})
      CHECK(refused(ask(port, route, good, method)));
    for (const auto* host :
         {"evil.example", "10.0.0.1", "127.0.0.1.evil.example", "", "[::1"})
      CHECK(refused(
        ask(port, route, std::string{"Host: "} + host + "\r\n")));
    CHECK(refused(ask(port, route, "X: y\r\n")));
    CHECK(refused(ask(port, route, good + good)));
    for (const auto* origin :
         {"http://evil.example", "null", "https://127.0.0.1"})
      CHECK(refused(
        ask(port, route, good + "Origin: " + std::string{origin} + "\r\n")));
    for (const auto* site : {"cross-site", "same-site", "x"})
      CHECK(refused(ask(port, route,
                        good + "Sec-Fetch-Site: " + std::string{site}
                          + "\r\n")));
    CHECK(refused(ask(port, route, good + "Content-Length: 3\r\n")));
  }
}

TEST_CASE("beyond loopback every route wants the token") {
  cluster place;
  const auto started = place.start_head(
    {"--num-cpus=0", "--host=127.0.0.1", "--dashboard-host=0.0.0.0"});
  const auto address = dashboard_of(started);
  const auto port = port_in(address);
  const auto mark = address.find("/?token=");
  INFO(started.out);
  REQUIRE(mark != std::string::npos);
  const auto token = address.substr(mark + 8, 64);
  const std::string host = "Host: 127.0.0.1\r\n";
  for (const auto& route : routes) {
    INFO(route);
    CHECK(ask(port, route, host).code == 401);
    CHECK(ask(port, route,
              host + "Authorization: Bearer " + std::string(64, '0') + "\r\n")
            .code
          == 401);
  }
  const auto with = host + "Authorization: Bearer " + token + "\r\n";
  CHECK(ask(port, "/metrics", with).code == 200);
  const auto entered = ask(port, "/?token=" + token, host);
  CHECK(entered.code == 303);
  std::smatch cookie;
  REQUIRE(std::regex_search(entered.head, cookie,
                            std::regex{"Set-Cookie: ([^;]*); Path=/; HttpOnly; "
                                       "SameSite=Strict"}));
  CHECK(ask(port, "/", host + "Cookie: " + cookie[1].str() + "\r\n").code
        == 200);
  // It stands nowhere but on the terminal.
  CHECK(place.logs().find(token) == std::string::npos);
  const auto node = node_named(place, "n1");
  CHECK(file_text(node.folder / "node.json").find(token) == std::string::npos);
  CHECK(proc_file(node.pid, "cmdline").find(token) == std::string::npos);
}

namespace {

/// Whether the answer to GET /metrics begins with *wanted*, asked by a process
/// of another user, which does nothing but connect.
bool other_user_gets(std::uint16_t port, const std::string& headers,
                     const std::string& wanted) {
  const auto request
    = "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n" + headers + "\r\n";
  const auto child = ::fork();
  if (child == 0) {
    if (::setuid(65534) != 0)
      ::_exit(3);
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    char code[13] = {};
    if (::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0
        || ::write(fd, request.data(), request.size()) < 0
        || ::read(fd, code, 12) != 12)
      ::_exit(4);
    ::_exit(code == wanted ? 0 : 5);
  }
  int result = -1;
  ::waitpid(child, &result, 0);
  return WIFEXITED(result) && WEXITSTATUS(result) == 0;
}

} // namespace

TEST_CASE("another user of this machine wants the token on loopback too") {
  RAYD_SKIP_IF(::geteuid() != 0, "only root can be another user");
  cluster place;
  const auto started = place.start_head({"--num-cpus=0"});
  const auto port = port_in(dashboard_of(started));
  CHECK(ask(port, "/metrics").code == 200);
  CHECK(other_user_gets(port, "", "HTTP/1.1 401"));
  // As Prometheus shows what start printed.
  std::smatch token;
  REQUIRE(std::regex_search(started.out, token,
                            std::regex{R"(/\?token=([0-9a-f]{64}))"}));
  CHECK(other_user_gets(port, "Authorization: Bearer " + token[1].str()
                                + "\r\n",
                        "HTTP/1.1 200"));
  CHECK(place.logs().find(token[1].str()) == std::string::npos);
}

TEST_CASE("a stream of events tells what changes; connections are bounded") {
  cluster place;
  const auto port = port_in(dashboard_of(place.start_head({"--num-cpus=1"})));
  const auto target = std::string{"/api/events?q=["} + status_query + "]";
  const auto begin = [&](const plain_client& client) {
    client.send("GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  };
  const auto count = [](const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string::npos;
         at = text.find(part, at + 1))
      ++found;
    return found;
  };
  plain_client stream{port};
  begin(stream);
  CHECK(eventually(
    [&] {
      stream.closed_within(100ms);
      return count(stream.received(), "event: update\ndata: {\"0\":{") >= 3;
    },
    10s));
  // A hundred that say nothing do not keep anybody out.
  std::vector<plain_client> idle;
  for (int i = 0; i < 100; ++i)
    idle.emplace_back(port);
  CHECK(ask(port, "/").code == 200);
  // Streams have a limit of their own; those that read nothing too.
  std::vector<plain_client> streams;
  for (int i = 0; i < 40; ++i) {
    streams.emplace_back(port);
    begin(streams.back());
  }
  CHECK(ask(port, "/").code == 200);
  CHECK(ask(port, target).code == 503);
  const auto head = node_named(place, "n1").pid;
  CHECK(std::filesystem::is_directory("/proc/" + std::to_string(head)));
  streams.clear();
  CHECK(eventually(
    [&] {
      plain_client again{port};
      begin(again);
      again.closed_within(200ms);
      return again.received().rfind("HTTP/1.1 200", 0) == 0;
    },
    10s));
}

TEST_CASE("requests too long, too slow or broken end, and the head serves") {
  cluster place;
  const auto port = port_in(dashboard_of(place.start_head({"--num-cpus=0"})));
  CHECK(ask(port, "/", "Host: 127.0.0.1\r\nX: " + std::string(20'000, 'x')
                         + "\r\n")
          .code
        == 431);
  plain_client slow{port};
  slow.send("GET / HTTP/1.1\r\nHost: ");
  for (const std::string& broken :
       {std::string{"\r\n\r\n\r\n"}, std::string{"GET\r\n\r\n"},
        std::string(5000, '\0'), std::string{"GET / HTTP/9.9\r\n\r\n"},
        std::string{"\x16\x03\x01\x02"} + std::string(600, 'x')}) {
    plain_client client{port};
    client.send(broken);
    CHECK(client.closed_within(15s));
  }
  CHECK(slow.closed_within(15s));
  CHECK(ask(port, "/").code == 200);
}

TEST_CASE("prometheus understands the metrics") {
  cluster place;
  const auto port = port_in(dashboard_of(place.start_head({"--num-cpus=1"})));
  const auto got = ask(port, "/metrics");
  CHECK(got.code == 200);
  CHECK(got.head.find("text/plain; version=0.0.4") != std::string::npos);
  CHECK(got.body.find("ray_cluster_nodes{State=\"alive\"} 1\n")
        != std::string::npos);
  RAYD_SKIP_IF(run({{"which", "promtool"}}).exit_code != 0,
               "promtool (package prometheus) is not installed");
  command check{{"promtool", "check", "metrics"}};
  check.input = got.body;
  const auto done = run(check);
  INFO(to_string(done));
  CHECK(done.exit_code == 0);
}
