#include "cli/report_data.hpp"
#include "unit/cli/stand_in.hpp"

#include "catch.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>

using namespace rayd;
using nlohmann::json;

namespace {

query_answer good(const json& answer) {
  return {exit_code::ok, answer.dump()};
}

/// A cluster of three nodes, of which one is dead, with 25 tasks.
query_answer some_cluster(const json& asked) {
  const auto what = asked["what"];
  if (what == "status")
    return good({{"nodes", {{{"id", "n1"}, {"state", "alive"}},
                            {{"id", "n2"}, {"state", "dead"}},
                            {{"id", "n3"}, {"state", "alive"}}}}});
  if (what == "logs" && asked["kind"] == "files")
    return good({{"rows", {{{"pid", 1}}, {{"pid", 2}}, {{"pid", 3}}}}});
  if (what == "logs")
    return good({{"text", asked["id"]},
                 {"next", asked["kind"] == "node" ? 40'000 : 10}});
  if (what == "series")
    return good({{"node", asked["node"]}});
  if (what != "list" || asked["kind"] == "errors")
    return {exit_code::failed, "it is busy"};
  const int total = asked["kind"] == "tasks" ? 25 : 2;
  const int first = asked.contains("cursor")
                      ? std::stoi(asked["cursor"].get<std::string>())
                      : 0;
  // At most ten at once, as if they were long.
  const auto last = std::min({first + asked["limit"].get<int>(), first + 10,
                              total});
  json page{{"rows", json::array()}, {"total", total}, {"dropped", 7}};
  for (int i = first; i < last; ++i)
    page["rows"].push_back({{"id", i}});
  page["next"] = last < total ? std::to_string(last) : "";
  return good(page);
}

} // namespace

TEST_CASE("a report has all answers within its limits, and says the rest",
          "[report]") {
  report_limits limits;
  limits.tasks = 22;
  limits.nodes = 1;
  limits.logs = 2;
  const auto got = collect_report(some_cluster, limits, 17);
  REQUIRE(got.code == exit_code::ok);
  const auto report = json::parse(got.text);
  CHECK(report["at_us"] == 17);
  const auto& tasks = report["tables"]["tasks"];
  REQUIRE(tasks["rows"].size() == 22);
  CHECK(tasks["rows"][21]["id"] == 21);
  CHECK(tasks["dropped"] == 10);
  CHECK(report["tables"]["actors"]["rows"].size() == 2);
  CHECK(report["tables"]["errors"]["error"] == "it is busy");
  CHECK(report["series"].size() == 6);
  CHECK(report["series"]["n1 600"]["node"] == "n1");
  CHECK(report["series"][" 86400"]["node"] == "");
  CHECK(report["logs"]["node n1"]["text"] == "n1");
  CHECK(report["logs"]["worker n1:2"]["text"] == "n1:2");
  CHECK_FALSE(report["logs"].contains("worker n1:3"));
  CHECK(report["logs"]["files n1"]["rows"].size() == 3);
  const auto said = report["left_out"].dump();
  for (const char* what :
       {"3 of 25 tasks", "errors (it is busy)", "objects by size (it is busy)",
        "1 of 3 logs of n1", "history and logs of 1 nodes",
        "of 1 logs all but the last 32 KiB"}) {
    INFO(what);
    CHECK(said.find(what) != std::string::npos);
  }
}

TEST_CASE("without a status there is no report", "[report]") {
  const auto none = collect_report(
    [](const json&) { return query_answer{exit_code::refused, "nobody"}; }, {},
    0);
  CHECK(none.code == exit_code::refused);
  CHECK(none.text == "nobody");
  for (const char* text : {"", "[]", "{}", R"({"nodes": 1})"}) {
    const auto odd = collect_report(
      [&](const json&) { return query_answer{exit_code::ok, text}; }, {}, 0);
    CHECK(odd.code == exit_code::failed);
  }
}

TEST_CASE("rayd report writes a file, or says why not", "[report]") {
  command_line shell;
  shell.add_session("20260101-000000-1-head", own_identity(), node_role::head,
                    1);
  shell.answer.text = R"({"nodes": []})";
  std::string data;
  shell.context.report_page = [&](std::string_view given) {
    data = given;
    return std::string{"<html>"};
  };
  CHECK(shell.run({"report"}) == 2);
  CHECK(shell.talk.str()
        == "rayd report needs a file: rayd report -o run.html\n");
  const auto file = (shell.base / "run.html").string();
  CHECK(shell.run({"report", "-o", file}) == 0);
  CHECK(shell.out.str().find(file) != std::string::npos);
  CHECK(json::parse(data)["at_us"] > 1'700'000'000'000'000);
  std::ifstream in{file};
  std::string written;
  in >> written;
  CHECK(written == "<html>");
  // It holds logs, which are private.
  using std::filesystem::perms;
  CHECK(std::filesystem::status(file).permissions()
        == (perms::owner_read | perms::owner_write));
  CHECK(shell.run({"report", "--output=/none/x.html"}) == 1);
  CHECK(shell.talk.str().find("/none/x.html cannot be written")
        != std::string::npos);
}
