#include "../driver/fake_node.hpp"

#include "wire/failure_record.hpp"
#include "worker/shared_executor.hpp"

#include "catch.hpp"

#include <ray/actor.hpp>
#include <ray/get.hpp>
#include <ray/session.hpp>

#include <thread>

using namespace rayd;

namespace {

/// Steps that a test and the methods of actors take in turn.
struct signal {
  std::mutex lock;
  std::condition_variable changed;
  int reached = 0;

  void reach(int step) {
    const std::lock_guard guard{lock};
    reached = step;
    changed.notify_all();
  }
  bool wait(int step) {
    std::unique_lock guard{lock};
    return changed.wait_for(guard, std::chrono::seconds{10},
                            [&] { return reached >= step; });
  }
};

signal* steps = nullptr; ///< Of the test that runs.
std::atomic<int> alive{0};

class light {
public:
  explicit light(int first) : count_(first) { ++alive; }
  ~light() { --alive; }
  light(const light&) = delete;
  light& operator=(const light&) = delete;

  int more(int by) { return count_ += by; }
  std::string who() const { return ray::runtime_context().actor_id; }
  /// Says 1, and returns after 2 or when it is stopped.
  int wait(std::stop_token stop) {
    steps->reach(1);
    const std::stop_callback stopped{stop, [] { steps->reach(2); }};
    return steps->wait(2) ? ++count_ : -1;
  }
  int get(ray::object_ref<int> ref) { return ray::get(ref); }

private:
  int count_;
};

template <class... Args>
std::string arguments(const Args&... args) {
  ray::detail::submission work;
  ray::detail::pack_arguments(work, args...);
  return work.arguments;
}

run_task order(const ray::detail::function_entry& entry, std::uint64_t number,
               std::string encoded) {
  run_task run;
  run.spec.id = {1, number};
  run.spec.job = 7;
  const auto key = entry.key();
  run.spec.function = {key.module, key.offset};
  run.spec.function_name = entry.name();
  run.spec.arguments = std::move(encoded);
  return run;
}

run_task creation(std::uint64_t actor, int first, std::int32_t attempt = 0) {
  using made = ray::detail::class_creation<light, int>;
  ray::detail::keep(made::listed);
  auto run = order(made::entry, actor, arguments(first));
  run.spec.kind = task_kind::actor_creation;
  run.attempt = attempt;
  return run;
}

template <auto Method, class... Args>
run_task call(std::uint64_t actor, std::uint64_t number, const Args&... args) {
  using called = ray::detail::class_call<light, Method>;
  ray::detail::keep(called::listed);
  auto run = order(called::entry, number, arguments(args...));
  run.spec.kind = task_kind::actor_call;
  run.spec.actor = {1, actor};
  return run;
}

/// A shared process of the fake node, in this process.
struct shared_worker {
  signal all_steps;
  fake_node node;
  std::atomic<int> ended{-1};
  shared_executor work{[this](int code) { ended = code; }};
  std::shared_ptr<client> process;
  std::thread thread;

  shared_worker() {
    steps = &all_steps;
    attach_request request;
    request.socket = node.socket;
    request.role = peer_role::worker;
    request.text = R"({"role":"worker","job":7,"token":"aa","pid":1})";
    request.receiver = &work;
    process = *attach(request);
    ray::detail::set_runtime(process);
    thread = std::thread{[this] { work.run(); }};
  }

  ~shared_worker() {
    all_steps.reach(100);
    work.stop();
    thread.join();
    ray::detail::set_runtime(nullptr);
    process->end();
  }

  task_result result() { return node.log->take_next<task_result>(); }

  /// The results of *count* attempts, whichever come first.
  std::map<std::uint64_t, object_value> results(int count) {
    std::map<std::uint64_t, object_value> found;
    for (int i = 0; i < count; ++i) {
      auto one = result();
      found[one.task.lo] = std::move(one.value);
    }
    return found;
  }

  object_id gone() {
    const auto told = node.log->take_next<actor_ended>();
    CHECK(told.how == actor_ended::way::gone);
    return told.actor;
  }
};

template <class T>
T value_in(const object_value& value) {
  REQUIRE(value.what == object_value::kind::inline_bytes);
  return ray::detail::decode<T>(
    std::as_bytes(std::span<const char>{value.bytes}));
}

} // namespace

TEST_CASE("actors of a shared process have their own state and name",
          "[shared]") {
  shared_worker w;
  w.node.send({creation(1, 10), creation(2, 20)});
  w.results(2);
  CHECK(alive == 2);
  std::vector<lane_record> calls;
  for (std::uint64_t i = 0; i < 20; ++i) {
    calls.push_back(call<&light::more>(1, 100 + i, 1));
    calls.push_back(call<&light::more>(2, 200 + i, 1));
  }
  calls.push_back(call<&light::who>(2, 300));
  w.node.send(std::move(calls));
  const auto found = w.results(41);
  for (std::uint64_t i = 0; i < 20; ++i) {
    CHECK(value_in<int>(found.at(100 + i)) == static_cast<int>(11 + i));
    CHECK(value_in<int>(found.at(200 + i)) == static_cast<int>(21 + i));
  }
  CHECK(value_in<std::string>(found.at(300)) == to_string(object_id{1, 2}));
}

TEST_CASE("an actor that computes keeps its calls, and only those waiting",
          "[shared]") {
  shared_worker w;
  w.node.send({creation(1, 10), creation(2, 20)});
  w.results(2);
  w.node.send({call<&light::wait>(1, 100), call<&light::more>(1, 101, 1)});
  REQUIRE(w.all_steps.wait(1));
  w.node.send({call<&light::more>(2, 200, 1)});
  CHECK(w.result().task.lo == 200);
  w.all_steps.reach(2);
  CHECK(value_in<int>(w.result().value) == 11);
  CHECK(value_in<int>(w.result().value) == 12);
}

TEST_CASE("get in a shared process says what to do instead", "[shared]") {
  shared_worker w;
  w.node.send({creation(1, 10)});
  w.result();
  auto object = w.process->retain({1, 77});
  ray::detail::submission work;
  ray::detail::pack_arguments(work, ray::object_ref<int>{object});
  auto run = call<&light::get>(1, 100);
  run.spec.arguments = work.arguments;
  run.spec.nested = {{1, 77}};
  w.node.send({run});
  const auto failure = decode_failure(w.result().value.bytes);
  CHECK(failure.code == ray::errc::would_block);
  CHECK(failure.message.find("request(...).then") != std::string::npos);
}

TEST_CASE("an actor goes when it is not wanted, once", "[shared]") {
  shared_worker w;
  w.node.send({creation(1, 10), creation(2, 20)});
  w.results(2);
  w.node.send({end_actor{{1, 1}, "it was killed"}});
  CHECK(w.gone() == object_id{1, 1});
  CHECK(alive == 1);
  w.node.send({call<&light::more>(1, 100, 1), end_actor{{1, 1}, "again"},
               call<&light::more>(2, 200, 1)});
  const auto next = w.node.log->take<lane_record>();
  REQUIRE(std::get_if<task_result>(&next) != nullptr);
  CHECK(std::get<task_result>(next).task.lo == 200);
}

TEST_CASE("what runs is told to stop, and its actor goes after it",
          "[shared]") {
  shared_worker w;
  w.node.send({creation(1, 10)});
  w.result();
  w.node.send({call<&light::wait>(1, 100), call<&light::more>(1, 101, 1)});
  REQUIRE(w.all_steps.wait(1));
  // Its next life may begin here before the last one has gone.
  w.node.send({end_actor{{1, 1}, "it was killed"}, creation(1, 30, 1)});
  std::vector<object_id> seen;
  for (int i = 0; i < 3; ++i) {
    const auto next = w.node.log->take<lane_record>();
    if (const auto* result = std::get_if<task_result>(&next))
      seen.push_back(result->task);
    else if (std::get_if<actor_ended>(&next) != nullptr)
      seen.push_back({9, 9});
  }
  CHECK(std::count(seen.begin(), seen.end(), object_id{1, 100}) == 1);
  CHECK(std::count(seen.begin(), seen.end(), object_id{1, 101}) == 0);
  CHECK(std::count(seen.begin(), seen.end(), object_id{9, 9}) == 1);
  CHECK(std::find(seen.begin(), seen.end(), object_id{1, 100})
        < std::find(seen.begin(), seen.end(), object_id{9, 9}));
  w.node.send({call<&light::more>(1, 102, 1)});
  CHECK(value_in<int>(w.result().value) == 31);
  w.node.send({end_actor{{1, 1}, "it was killed"}});
  CHECK(w.node.log->take_next<actor_ended>().life == 1);
}

TEST_CASE("a call that waits can be cancelled", "[shared]") {
  shared_worker w;
  w.node.send({creation(1, 10)});
  w.result();
  w.node.send({call<&light::wait>(1, 100), call<&light::more>(1, 101, 1),
               call<&light::more>(1, 102, 1)});
  REQUIRE(w.all_steps.wait(1));
  w.node.send({cancel_task{{1, 101}}});
  const auto cancelled = w.result();
  CHECK(cancelled.task.lo == 101);
  CHECK(decode_failure(cancelled.value.bytes).code == ray::errc::cancelled);
  w.node.send({cancel_task{{1, 100}}});
  CHECK(w.result().task.lo == 100);
  CHECK(value_in<int>(w.result().value) == 12);
}
