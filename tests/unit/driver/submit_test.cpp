#include "fake_node.hpp"

#include "catch.hpp"

#include <ray/errors.hpp>
#include <ray/options.hpp>
#include <ray/session.hpp>

#include <thread>

using namespace rayd;

TEST_CASE("a driver says who it is and learns its job", "[driver]") {
  fake_node node;
  auto driver = node.attach_driver();
  REQUIRE(driver);
  CHECK(driver->identity().job == 7);
  CHECK(driver->current_context().job_id == "j7");
  CHECK(driver->current_context().node_id == "n1");
  CHECK(node.log->attached.front().at("role") == "driver");
  CHECK(node.log->attached.front().at("job_name") == "a test");
  driver->end();
}

TEST_CASE("tasks arrive in order, described by their options", "[driver]") {
  fake_node node;
  auto driver = node.attach_driver();
  REQUIRE(driver);
  ray::with options{.num_cpus = 2.0, .resources = {{"disk", 0.5}},
                    .name = "big", .max_retries = 7};
  auto work = a_task("one");
  work.options = &options;
  const auto first = driver->submit(std::move(work));
  const auto second = driver->submit(a_task("two"));
  const auto spec = node.log->take<submit_task>().spec;
  CHECK(spec.id == first.id());
  CHECK(spec.arguments == "one");
  CHECK(spec.demand.amount("CPU") == 2);
  CHECK(spec.demand.amount("disk") == 0.5);
  CHECK(spec.name == "big");
  CHECK(spec.max_retries == 7);
  CHECK(spec.job == 7);
  CHECK(spec.depth == 1);
  CHECK(spec.parent == root_id(1, 7));
  const auto other = node.log->take<submit_task>().spec;
  CHECK(other.id == second.id());
  CHECK(other.demand.amount("CPU") == 1);
  CHECK(other.max_retries == 3);
  driver->end();
}

TEST_CASE("an actor holds CPUs while alive only when told to", "[driver]") {
  fake_node node;
  auto driver = node.attach_driver();
  REQUIRE(driver);
  auto plain = a_task();
  plain.what = ray::detail::submission::kind::actor_creation;
  plain.interface = "Counter";
  const auto actor = driver->submit(std::move(plain));
  const auto spec = node.log->take<submit_task>().spec;
  CHECK(spec.kind == task_kind::actor_creation);
  CHECK(spec.interface == "Counter");
  CHECK(spec.demand.amount("CPU") == 1);
  CHECK_FALSE(spec.keeps_cpu);
  auto call = a_task();
  call.what = ray::detail::submission::kind::actor_call;
  call.actor = actor;
  const auto result = driver->submit(std::move(call));
  const auto sent = node.log->take<submit_task>().spec;
  CHECK(sent.actor == actor.id());
  CHECK(sent.demand.empty());
  driver->end();
}

TEST_CASE("many tasks share few messages", "[driver]") {
  fake_node node;
  auto driver = node.attach_driver();
  REQUIRE(driver);
  constexpr std::size_t count = 20'000;
  std::vector<ray::detail::object_handle> results;
  for (std::size_t i = 0; i < count; ++i)
    results.push_back(driver->submit(a_task()));
  driver->out().flush();
  REQUIRE(node.log->wait_for(count));
  // Less than one per 40 tasks, although no thread waits for anything.
  CHECK(driver->out().batches() < count / 40);
  for (const auto& result : results)
    REQUIRE(node.log->take<submit_task>().spec.id == result.id());
  driver->end();
}

TEST_CASE("a task behind a running one is sent without help", "[driver]") {
  fake_node node;
  auto driver = node.attach_driver();
  REQUIRE(driver);
  const auto first = driver->submit(a_task());
  const auto second = driver->submit(a_task());
  // No thread flushes; the client actor does.
  CHECK(node.log->wait_for(2));
  driver->end();
}

TEST_CASE("submit blocks while the node grants no credit", "[driver]") {
  fake_node node;
  node.log->lane_window = 64 << 10;
  node.log->consume = false;
  auto driver = node.attach_driver();
  REQUIRE(driver);
  std::atomic<std::size_t> submitted{0};
  std::thread submitter{[&] {
    for (int i = 0; i < 200; ++i) {
      driver->submit(a_task(std::string(4096, 'x')));
      ++submitted;
    }
  }};
  // It gets stuck; it must not run through.
  std::size_t before = 0;
  do {
    before = submitted;
    pause(100ms);
  } while (submitted != before);
  CHECK(submitted < 100);
  node.log->consume = true;
  caf::actor_cast<fake_node_actor*>(node.actor)->ring();
  submitter.join();
  CHECK(submitted == 200);
  driver->end();
}

TEST_CASE("a submitter without credit ends when the node dies", "[driver]") {
  fake_node node;
  node.log->lane_window = 64 << 10;
  node.log->consume = false;
  auto driver = node.attach_driver();
  REQUIRE(driver);
  std::atomic<bool> threw{false};
  std::thread submitter{[&] {
    try {
      for (;;)
        driver->submit(a_task(std::string(4096, 'x')));
    } catch (const ray::connection_failed&) {
      threw = true;
    }
  }};
  pause(50ms);
  node.die();
  submitter.join();
  CHECK(threw);
  driver->end();
}

TEST_CASE("after the end every call says so", "[driver]") {
  fake_node node;
  auto driver = node.attach_driver();
  REQUIRE(driver);
  auto kept = driver->submit(a_task());
  driver->end();
  CHECK_THROWS_AS(driver->submit(a_task()), ray::connection_failed);
  CHECK_THROWS_AS(driver->get({&kept, 1}, ray::detail::no_deadline),
                  ray::connection_failed);
  // A reference that outlives its session is harmless.
  kept = {};
}

TEST_CASE("nobody at the socket is a sentence", "[driver]") {
  attach_request request;
  request.socket = "/tmp/rayd-no-such-socket";
  const auto made = attach(request);
  REQUIRE_FALSE(made);
  CHECK(made.error().message.find("/tmp/rayd-no-such-socket")
        != std::string::npos);
}
