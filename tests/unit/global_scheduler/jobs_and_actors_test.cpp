#include "catch.hpp"

#include "global_scheduler/query_answer.hpp"
#include "head_world.hpp"
#include "wire/failure_record.hpp"

#include <nlohmann/json.hpp>

using namespace rayd;

namespace {

object_id actor_of(node_index home, std::uint64_t n) {
  return child_id(root_id(home, 1), n, home, 1);
}

} // namespace

TEST_CASE("a job gets its number once the store has it", "[jobs]") {
  head_world head;
  head.join(1, 1);
  head.tell(1, begin_job{9, 1, 100, "demo", "/bin/demo"});
  head.tell(1, begin_job{9, 1, 100, "demo", "/bin/demo"});
  CHECK(head.to<job_given>(1).empty());
  head.store_answers();
  REQUIRE(head.to<job_given>(1).size() == 1);
  CHECK(head.to<job_given>(1)[0].job == 1);
  head.tell(1, begin_job{9, 1, 100, "demo", "/bin/demo"});
  CHECK(head.to<job_given>(1).size() == 2);
  CHECK(head.last_job == 1);
  CHECK(head.machine.jobs().running() == 1);
}

TEST_CASE("a job ends by its node's word or death", "[jobs]") {
  head_world head;
  head.join(1, 1);
  head.join(2, 1);
  head.tell(1, begin_job{1, 1, 100, "demo", "/bin/demo"});
  head.store_answers();
  head.tell(2, job_ended{1, "failed"});
  CHECK(head.machine.jobs().running() == 1);

  SECTION("word") {
    head.tell(1, job_ended{1, "succeeded"});
    CHECK(head.stored_jobs.back().state == job_state::succeeded);
  }
  SECTION("death") {
    head.machine.link_lost(head.now, 1, "reset");
    CHECK(head.stored_jobs.back().state == job_state::failed);
  }
  CHECK(head.machine.jobs().running() == 0);
}

TEST_CASE("a store that fails fails the job, not the head", "[jobs]") {
  head_world head;
  head.join(1, 1);
  head.tell(1, begin_job{3, 1, 100, "demo", "/bin/demo"});
  head.machine.store_failed(head.now, head.numbers.at(0).first, "no Redis");
  REQUIRE(head.to<job_given>(1).size() == 1);
  CHECK(!head.to<job_given>(1)[0].failure.empty());
}

TEST_CASE("a name belongs to one live actor", "[actors]") {
  head_world head;
  head.join(1, 1);
  head.join(2, 1);
  const auto a = actor_of(1, 1);
  const auto b = actor_of(2, 2);
  head.tell(1, claim_actor_name{1, "n", a, "C"});
  head.tell(2, find_actor_name{2, "n"});
  CHECK(head.to<actor_name_answer>(1).empty());
  CHECK(head.to<actor_name_answer>(2).empty());
  head.store_answers();
  CHECK(head.to<actor_name_answer>(1).at(0).failure.empty());
  CHECK(head.to<actor_name_answer>(2).at(0).actor == a);
  CHECK(head.to<actor_name_answer>(2).at(0).interface == "C");
  head.clear();

  SECTION("taken") {
    head.tell(2, claim_actor_name{3, "n", b, "C"});
    const auto answer = head.to<actor_name_answer>(2).at(0);
    CHECK(decode_failure(answer.failure).code == ray::errc::name_taken);
  }
  SECTION("claimed again by the same") {
    head.tell(1, claim_actor_name{4, "n", a, "C"});
    CHECK(head.to<actor_name_answer>(1).at(0).failure.empty());
  }
  SECTION("free after its death, and late news do not bring it back") {
    SECTION("told") {
      head.tell(1, actor_changed{a, "n", "C", "dead", 1, 5, "killed"});
    }
    SECTION("its home died") { head.machine.link_lost(head.now, 1, ""); }
    head.tell(1, actor_changed{a, "n", "C", "alive", 1, 5, ""});
    CHECK(head.machine.actors().actors().at(a).state == actor_state::dead);
    CHECK(head.stored_names.back().first == "n");
    CHECK(!head.stored_names.back().second);
    head.tell(2, find_actor_name{5, "n"});
    CHECK(decode_failure(head.to<actor_name_answer>(2).at(0).failure).code
          == ray::errc::no_such_actor);
    head.tell(2, claim_actor_name{6, "n", b, "C"});
    head.store_answers();
    CHECK(head.to<actor_name_answer>(2).at(1).failure.empty());
  }
  SECTION("its home says what becomes of it when its host dies") {
    head.tell(1, actor_changed{a, "n", "C", "alive", 2, 5, ""});
    CHECK(head.machine.actors().alive_on(2) == 1);
    head.machine.link_lost(head.now, 2, "");
    CHECK(head.machine.actors().names() == 1);
    head.tell(1, actor_changed{a, "n", "C", "restarting", 0, 0, "", 1, 3});
    const auto& known = head.machine.actors().actors().at(a);
    CHECK(known.state == actor_state::restarting);
    CHECK(known.restarts == 1);
    head.tell(1, actor_changed{a, "n", "C", "dead", 0, 0, "enough", 3, 3});
    CHECK(head.machine.actors().names() == 0);
  }
  SECTION("only its home may speak for an actor") {
    head.tell(2, actor_changed{a, "n", "C", "dead", 1, 5, ""});
    head.tell(2, claim_actor_name{7, "m", a, "C"});
    CHECK(head.machine.actors().names() == 1);
  }
}

TEST_CASE("a claim that the store refuses is not a name", "[actors]") {
  head_world head;
  head.join(1, 1);
  head.tell(1, claim_actor_name{1, "n", actor_of(1, 1), "C"});
  head.tell(1, find_actor_name{2, "n"});
  head.machine.store_failed(head.now, head.syncs.at(0), "no Redis");
  CHECK(head.to<actor_name_answer>(1).size() == 2);
  CHECK(head.machine.actors().names() == 0);
}

TEST_CASE("queries are answered in JSON", "[query]") {
  head_world head;
  head.join(1, 2);
  head.join(2, 8);
  head.load(1, 1, -5, 5);
  const query_context context{head.now + 5000, 0, "h:6379", 1};
  const auto status = nlohmann::json::parse(
    *answer_query(head.machine, context, R"({"what": "status"})"));
  CHECK(status["nodes"].size() == 2);
  CHECK(status["nodes"][0]["role"] == "head");
  CHECK(status["nodes"][0]["id"] == "n1");
  CHECK(status["nodes"][0]["resources_available"].value("CPU", 0.0) == 0);
  CHECK(status["totals"]["resources_total"]["CPU"] == 10);
  CHECK(status["totals"]["resources_available"]["CPU"] == 8);
  const auto all = nlohmann::json::parse(
    *answer_query(head.machine, context, R"({"what": "cluster_resources"})"));
  CHECK(all["CPU"] == 10);
  CHECK(!answer_query(head.machine, context, "{}"));
  CHECK(!answer_query(head.machine, context, "nonsense"));
  CHECK(!answer_query(head.machine, context, R"({"what": 5})"));
}
