#include "wire/state_question.hpp"

#include "catch.hpp"

using namespace rayd;

namespace {

std::string refusal(const std::string& request) {
  const auto read = read_question(request);
  REQUIRE_FALSE(read);
  return read.error().message;
}

} // namespace

TEST_CASE("a list has a kind, filters, a limit and a cursor", "[question]") {
  const auto asked = read_question(
    R"({"what": "list", "kind": "tasks", "limit": 1000000, "cursor": "7:x",
        "filters": [["state", "=", "failed"], ["name", "=~", "sq"]]})");
  REQUIRE(asked);
  CHECK(asked->limit == most_rows);
  CHECK(asked->cursor == "7:x");
  const auto row = [](std::string state, std::string name) {
    return [=](std::string_view field) {
      return field == "state" ? state : name;
    };
  };
  CHECK(matches(asked->filters, row("failed", "square")));
  CHECK_FALSE(matches(asked->filters, row("running", "square")));
  CHECK_FALSE(matches(asked->filters, row("failed", "cube")));
  CHECK(read_question(R"({"what": "get", "kind": "task"})")->kind == "tasks");
}

TEST_CASE("what is no question gives one sentence", "[question]") {
  for (const char* bad : {"", "[]", "7", "{}"})
    CHECK_FALSE(refusal(bad).empty());
  CHECK(refusal(R"({"what": "list", "kind": "cats"})").find("\"cats\"")
        != std::string::npos);
  CHECK(refusal(R"({"what": "list", "kind": "jobs",
                    "filters": [["size", "=", "1"]]})")
          .find("no field \"size\"")
        != std::string::npos);
  for (const char* filters :
       {"7", "[7]", R"([["id", "="]])", R"([["id", "<", "1"]])",
        R"([["id", "=", 1]])"})
    CHECK_FALSE(refusal(std::string{
                          R"({"what": "list", "kind": "jobs", "filters": )"}
                        + filters + "}")
                  .empty());
  CHECK_FALSE(
    refusal(R"({"what": "list", "kind": "jobs", "limit": 0})").empty());
}
