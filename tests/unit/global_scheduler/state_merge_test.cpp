#include "global_scheduler/state_merge.hpp"
#include "global_scheduler/survey_book.hpp"

#include "catch.hpp"

#include <nlohmann/json.hpp>

using namespace rayd;
using nlohmann::json;

namespace {

const auto task = to_string(child_id(root_id(3, 1), 1, 3, 1));
const std::string tasks = R"({"what": "list", "kind": "tasks"})";

std::string page_with(const std::string& state) {
  return json{{"rows", {{{"id", task}, {"state", state}}}}}.dump();
}

} // namespace

TEST_CASE("only homes of tasks that wait are asked why", "[state]") {
  const auto asked = node_questions(tasks, page_with("waiting_for_args"));
  REQUIRE(asked.size() == 1);
  CHECK(asked[0].node == 3);
  CHECK(json::parse(asked[0].text)["ids"][0] == task);
  CHECK(node_questions(tasks, page_with("finished")).empty());
  CHECK(node_questions(tasks, "no json").empty());
}

TEST_CASE("what nodes say is added to the rows", "[state]") {
  const auto page = page_with("waiting_for_args");
  const auto said = json{{"about", {{task, {{"reason", "so"}}}}}}.dump();
  const auto merged = json::parse(
    merge_state(tasks, page, {{3, said}, {4, "no json"}, {5, ""}}, ""));
  CHECK(merged["rows"][0]["reason"] == "so");
  CHECK(merged["rows"][0]["state"] == "waiting_for_args");
  CHECK(merge_state(tasks, page, {}, "") == page);
}

TEST_CASE("who hosts an actor is asked what it has to do", "[state]") {
  const auto row = [](const char* state, const json& node) {
    return json{{"rows", {{{"id", task}, {"state", state}, {"node", node},
                           {"reason", "x"}}}}}
      .dump();
  };
  for (const std::string request :
       {R"({"what": "list", "kind": "actors"})",
        R"({"what": "get", "kind": "actor", "id": "x"})"}) {
    const auto asked = node_questions(request, row("alive", "n7"));
    REQUIRE(asked.size() == 1);
    CHECK(asked[0].node == 7);
    CHECK(json::parse(asked[0].text)
          == json{{"what", "actors"}, {"ids", {task}}});
    CHECK(node_questions(request, row("dead", "n7")).empty());
    CHECK(node_questions(request, row("alive", "")).empty());
    CHECK(node_questions(request, row("alive", nullptr)).empty());
    const auto said = json{{"about", {{task, {{"mailbox", 3}}}}}}.dump();
    const auto merged = json::parse(
      merge_state(request, row("alive", "n7"), {{7, said}}, ""));
    CHECK(merged["rows"][0]["mailbox"] == 3);
    CHECK(merged["rows"][0]["reason"] == "x");
  }
}

TEST_CASE("workers come from the nodes alone", "[state]") {
  const std::string list
    = R"({"what": "list", "kind": "workers", "limit": 1,
          "filters": [["state", "=", "idle"]]})";
  CHECK(store_question(list).empty());
  REQUIRE(node_questions(list, "").size() == 1);
  CHECK(node_questions(list, "")[0].node == 0);
  const auto said = json{{"workers",
                          {{{"id", "n1:7"}, {"state", "idle"}},
                           {{"id", "n1:8"}, {"state", "running"}},
                           {{"id", "n1:9"}, {"state", "idle"}}}}}
                      .dump();
  const auto answer = json::parse(merge_state(list, "", {{1, said}}, ""));
  CHECK(answer["rows"].size() == 1);
  CHECK(answer["total"] == 2);
  CHECK(answer["dropped"] == 1);
  const std::string get = R"({"what": "get", "kind": "worker", "id": "n1:8"})";
  CHECK(json::parse(merge_state(get, "", {{1, said}}, ""))["row"]["state"]
        == "running");
  CHECK(json::parse(merge_state(get, "", {}, "")).contains("error"));
}

TEST_CASE("a survey ends with its last answer or its time", "[state]") {
  survey_book book;
  std::vector<node_answers> done;
  const auto note = [&](node_answers said) { done.push_back(std::move(said)); };
  book.begin(1, {1, 2}, 100, note);
  CHECK(book.answer(1, 1, "a"));
  CHECK(book.answer(1, 1, "again"));
  CHECK(book.answer(1, 9, "stranger"));
  CHECK(done.empty());
  CHECK(book.answer(1, 2, "b"));
  REQUIRE(done.size() == 1);
  CHECK(done[0] == node_answers{{1, "a"}, {2, "b"}});
  CHECK_FALSE(book.answer(1, 2, "late"));

  book.begin(2, {1, 2}, 100, note);
  book.answer(2, 1, "a");
  book.expire(99);
  CHECK(done.size() == 1);
  book.expire(100);
  REQUIRE(done.size() == 2);
  CHECK(done[1].size() == 1);
  book.begin(3, {}, 100, note);
  CHECK(done.size() == 3);
  CHECK(book.size() == 0);
}
