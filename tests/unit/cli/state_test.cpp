#include "cli/state_request.hpp"
#include "cli/state_view.hpp"
#include "unit/cli/stand_in.hpp"

#include "catch.hpp"

#include <nlohmann/json.hpp>

using namespace rayd;
using nlohmann::json;

TEST_CASE("filters are written as in Ray", "[state]") {
  const auto read = read_filters("state=running,name!=a b,function=~sq");
  REQUIRE(read);
  CHECK(json::parse(*read)
        == json::parse(R"([["state", "=", "running"], ["name", "!=", "a b"],
                           ["function", "=~", "sq"]])"));
  CHECK(*read_filters("") == "[]");
  CHECK(json::parse(*read_filters("name="))[0][2] == "");
  for (const char* bad : {"state", "=x", "!=x"})
    CHECK_FALSE(read_filters(bad));
}

TEST_CASE("limits are numbers or all", "[state]") {
  CHECK(*read_limit("", 7) == 7);
  CHECK(*read_limit("12", 7) == 12);
  CHECK(*read_limit("all", 7) > 1'000'000'000);
  for (const char* bad : {"0", "-1", "x", "1x", "99999999999999999999999"})
    CHECK_FALSE(read_limit(bad, 7));
}

TEST_CASE("list follows the pages up to its limit", "[state]") {
  command_line shell;
  shell.add_session("20260101-000000-1-head", own_identity(), node_role::head,
                    1);
  std::vector<json> asked;
  shell.context.query = [&](const query_target&, const std::string& request) {
    asked.push_back(json::parse(request));
    const auto page = asked.size();
    return query_answer{
      exit_code::ok,
      json{{"rows", {{{"id", "t" + std::to_string(page)}}}},
           {"next", page < 3 ? "after " + std::to_string(page) : ""},
           {"total", 3}}
        .dump()};
  };
  CHECK(shell.run({"list", "tasks", "--json", "--filter=state=failed"}) == 0);
  CHECK(json::parse(shell.out.str()).size() == 3);
  REQUIRE(asked.size() == 3);
  CHECK(asked[0]["filters"][0][2] == "failed");
  CHECK_FALSE(asked[0].contains("cursor"));
  CHECK(asked[2]["cursor"] == "after 2");

  asked.clear();
  CHECK(shell.run({"list", "tasks", "--limit=2"}) == 0);
  CHECK(asked.size() == 2);
  CHECK(asked[1]["limit"] == 1);
  CHECK(shell.out.str().find("2 of 3 are shown") != std::string::npos);
}

TEST_CASE("answers to state queries that make no sense are refused",
          "[state]") {
  command_line shell;
  shell.add_session("20260101-000000-1-head", own_identity(), node_role::head,
                    1);
  for (const char* text : {"", "{}", "[]", R"({"rows": 1})", "no json"}) {
    shell.answer.text = text;
    CHECK(shell.run({"list", "tasks"}) == 1);
    CHECK(shell.run({"get", "task", "1"}) == 1);
    CHECK(shell.run({"memory"}) == 1);
  }
}

TEST_CASE("a row shows its name, how long it took and why", "[state]") {
  const auto rows = json::parse(
    R"([{"id": "a", "name": "", "function": "square", "state": "finished",
         "started_us": 1000, "finished_us": 2500, "submitted_us": 0},
        {"id": "b", "state": "waiting_for_resources", "reason": "one\ntwo"},
        7])");
  const auto table = rows_table("tasks", rows, 5'000'000);
  CHECK(table.find("square") != std::string::npos);
  CHECK(table.find("1.500ms") != std::string::npos);
  CHECK(table.find("one") != std::string::npos);
  CHECK(table.find("two") == std::string::npos);
  CHECK(rows_table("xyzzy", rows, 0).empty());
}

TEST_CASE("a trace names nodes and workers", "[state]") {
  const auto answer = json::parse(
    R"({"rows": [{"node": "n1", "pid": 7, "spans": [
         {"id": "a", "name": "f", "started_us": 10, "finished_us": 30,
          "state": "finished"},
         {"id": "b", "name": "g", "started_us": 40, "finished_us": 0,
          "state": "running"}]}]})");
  const auto trace = json::parse(chrome_trace(answer, 100));
  std::vector<json> spans;
  for (const auto& event : trace["traceEvents"])
    if (event["ph"] == "X")
      spans.push_back(event);
  REQUIRE(spans.size() == 2);
  CHECK(spans[0]["ts"] == 10);
  CHECK(spans[0]["dur"] == 20);
  CHECK(spans[1]["dur"] == 60);
  CHECK(spans[1]["tid"] == 7);
}
