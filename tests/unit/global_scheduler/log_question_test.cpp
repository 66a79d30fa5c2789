// Which node has the log that an id means.

#include "head_world.hpp"

#include "catch.hpp"
#include "global_scheduler/log_question.hpp"
#include "global_scheduler/why.hpp"

#include <nlohmann/json.hpp>

using namespace rayd;

namespace {

using kind = log_step::kind;
using json = nlohmann::json;

const std::string id(32, 'a');

std::string query(const std::string& what, const std::string& of) {
  return json{{"what", "logs"}, {"kind", what}, {"id", of}, {"tail", 3}}.dump();
}

std::string error_of(const log_step& step) {
  REQUIRE(step.what == kind::answer);
  return json::parse(step.text)["error"];
}

} // namespace

TEST_CASE("a worker's id names its node and process", "[log_question]") {
  head_world head;
  const auto node = head.join(1, 2);
  REQUIRE(node == 1);
  const auto step = log_asked(head.machine, query("worker", "n1:4711"));
  REQUIRE(step.what == kind::ask_node);
  CHECK(step.node == 1);
  const auto asked = json::parse(step.text);
  CHECK(asked["pid"] == 4711);
  CHECK(asked["tail"] == 3);
  for (const auto* wrong : {"", "n1", "4711", "n1:", "n1:x", "n1:-5", "/etc"})
    CHECK(error_of(log_asked(head.machine, query("worker", wrong)))
            .find("is not the id of a worker")
          != std::string::npos);
  CHECK(error_of(log_asked(head.machine, query("worker", "n7:4711")))
        == "there is no node \"n7\": rayd list nodes shows those there are");
}

TEST_CASE("a node's log is that of process 0", "[log_question]") {
  head_world head;
  head.join(1, 2);
  const auto step = log_asked(head.machine, query("node", "n1"));
  CHECK(step.what == kind::ask_node);
  CHECK(json::parse(step.text)["pid"] == 0);
  head.machine.link_lost(head.now, 1, "it is gone");
  CHECK(error_of(log_asked(head.machine, query("node", "n1")))
          .find("node n1 is dead")
        == 0);
}

TEST_CASE("a task's log is that of the worker which ran it",
          "[log_question]") {
  head_world head;
  head.join(1, 2);
  const auto text = query("task", id);
  const auto step = log_asked(head.machine, text);
  CHECK(step.what == kind::ask_store);
  CHECK(step.text == id);
  const auto next = log_recorded(head.machine, text,
                                 R"({"row":{"node":"n1","pid":12}})");
  CHECK(next.what == kind::ask_node);
  CHECK(json::parse(next.text)["pid"] == 12);
  // So that whoever follows it asks the worker, and the store no more.
  CHECK(json::parse(next.text)["worker"] == "n1:12");
  CHECK(error_of(log_recorded(head.machine, text, R"({"error":"none"})"))
        == "none");
  CHECK(error_of(log_recorded(head.machine, text, ""))
        == "the control store does not answer");
  CHECK(error_of(log_recorded(head.machine, text,
                              R"({"row":{"node":null,"pid":0}})"))
          .find("has not run yet")
        != std::string::npos);
}

TEST_CASE("why tells what the store has of a task", "[why]") {
  const auto said = json::parse(why_recorded(
    id, R"({"row":{"type":"task","function":"f","state":"finished"}})"));
  CHECK(said["sentence"] == "task f waits for nothing: it is finished");
  CHECK(why_recorded(id, R"({"error":"none"})") == R"({"error":"none"})");
  CHECK(why_recorded(id, "").find("does not answer") != std::string::npos);
}
