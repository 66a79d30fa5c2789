#include "../driver/fake_node.hpp"

#include "driver/probe.hpp"
#include "wire/failure_record.hpp"
#include "worker/executor.hpp"

#include "catch.hpp"

#include <ray/actor.hpp>
#include <ray/get.hpp>
#include <ray/session.hpp>
#include <ray/task.hpp>

#include <stdexcept>
#include <thread>

using namespace rayd;

namespace {

int add(int a, int b) {
  return a + b;
}

int fail(int code) {
  throw std::out_of_range("no " + std::to_string(code));
}

std::string make_text(std::uint64_t size) {
  return std::string(size, 't');
}

std::string who() {
  const auto context = ray::runtime_context();
  return context.task_id + " " + context.job_id + " "
         + std::to_string(context.attempt);
}

/// Submits a task and waits for it.
int nested(int x) {
  return ray::get(ray::remote<add>(x, 1));
}

class counter {
public:
  explicit counter(int first) : count_(first) {}
  int more(int by) { return count_ += by; }
  int nested(int x) { return ray::get(ray::remote<add>(x, 1)); }

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

template <auto Function>
const ray::detail::function_entry& entry_of() {
  ray::detail::keep(ray::detail::task_function<Function>::listed);
  return ray::detail::task_function<Function>::entry;
}

template <class T>
T value_in(const task_result& result) {
  return ray::detail::decode<T>(
    std::as_bytes(std::span<const char>{result.value.bytes}));
}

/// A worker of the fake node, in this process.
struct worker {
  fake_node node;
  std::atomic<int> ended{-1};
  executor work{[this](int code) { ended = code; }};
  std::shared_ptr<client> process;
  std::thread thread;

  worker() {
    attach_request request;
    request.socket = node.socket;
    request.role = peer_role::worker;
    request.text = R"({"role":"worker","job":7,"token":"aa","pid":1})";
    request.receiver = &work;
    process = *attach(request);
    ray::detail::set_runtime(process);
    thread = std::thread{[this] { work.run(); }};
  }

  ~worker() {
    work.stop();
    thread.join();
    ray::detail::set_runtime(nullptr);
    process->end();
  }

  task_result result() { return node.log->take_next<task_result>(); }
};

} // namespace

TEST_CASE("a worker runs what it is given, in order", "[worker]") {
  worker w;
  std::vector<lane_record> orders;
  for (int i = 0; i < 50; ++i)
    orders.push_back(order(entry_of<&add>(), static_cast<std::uint64_t>(i + 1),
                           arguments(i, 1)));
  w.node.send(std::move(orders));
  for (int i = 0; i < 50; ++i) {
    const auto result = w.result();
    CHECK(result.task.lo == static_cast<std::uint64_t>(i + 1));
    CHECK(value_in<int>(result) == i + 1);
  }
  CHECK(w.node.log->batches < 50);
}

TEST_CASE("an exception is the result, with its standard type", "[worker]") {
  worker w;
  w.node.send({order(entry_of<&fail>(), 1, arguments(4))});
  const auto result = w.result();
  REQUIRE(result.value.what == object_value::kind::failed);
  const auto failure = decode_failure(result.value.bytes);
  CHECK(failure.message == "no 4");
  CHECK(failure.type == "std::out_of_range");
  CHECK(failure.node == "n1");
}

TEST_CASE("a function that is not here is named", "[worker]") {
  worker w;
  auto unknown = order(entry_of<&add>(), 1, arguments(1, 2));
  unknown.spec.function = {1, 2};
  w.node.send({unknown});
  const auto result = w.result();
  REQUIRE(result.value.what == object_value::kind::failed);
  const auto failure = decode_failure(result.value.bytes);
  CHECK(failure.code == ray::errc::wrong_type);
  CHECK(failure.message.find("add") != std::string::npos);
}

TEST_CASE("a task knows who it is", "[worker]") {
  worker w;
  auto run = order(entry_of<&who>(), 9, arguments());
  run.attempt = 2;
  w.node.send({run});
  CHECK(value_in<std::string>(w.result())
        == to_string(object_id{1, 9}) + " j7 2");
}

TEST_CASE("a large result goes into the store under the task's id",
          "[worker]") {
  worker w;
  object_id created;
  w.node.log->handle = [&](lane_record& x) {
    if (const auto* create = std::get_if<create_object_room>(&x))
      created = create->object;
    return w.node.give_space(x);
  };
  w.node.send({order(entry_of<&make_text>(), 3,
                     arguments(std::uint64_t{300'000}))});
  const auto result = w.result();
  CHECK(result.value.what == object_value::kind::stored);
  CHECK(created == object_id{1, 3});
  CHECK(result.value.where.size > 300'000);
}

TEST_CASE("a task that waits gives back its queue and its CPU", "[worker]") {
  worker w;
  w.node.send({order(entry_of<&nested>(), 1, arguments(5)),
               order(entry_of<&add>(), 2, arguments(1, 1))});
  const auto child = w.node.log->take_next<submit_task>().spec;
  CHECK(child.parent == object_id{1, 1});
  // The second order may come when the first one waits already.
  task_blocked blocked;
  tasks_returned returned;
  for (int i = 0; i < 2; ++i) {
    const auto next = w.node.log->take<lane_record>();
    if (const auto* x = std::get_if<task_blocked>(&next))
      blocked = *x;
    else if (const auto* y = std::get_if<tasks_returned>(&next))
      returned = *y;
  }
  CHECK(returned.tasks == std::vector<object_id>{{1, 2}});
  CHECK(blocked.task == object_id{1, 1});
  CHECK(blocked.blocked);
  const std::string six{"\6\0\0\0", 4};
  w.node.send({object_ready{child.id, inline_value(six)}});
  CHECK_FALSE(w.node.log->take_next<task_blocked>().blocked);
  CHECK(value_in<int>(w.result()) == 6);
}

TEST_CASE("a second attempt names its children as the first", "[worker]") {
  worker w;
  const auto run = order(entry_of<&nested>(), 1, arguments(5));
  const auto child = [&](std::int32_t attempt) {
    auto again = run;
    again.attempt = attempt;
    w.node.send({again});
    const auto id = w.node.log->take_next<submit_task>().spec.id;
    w.node.send({object_ready{id, inline_value(std::string{"\6\0\0\0", 4})}});
    w.result();
    return id;
  };
  const auto first = child(0);
  CHECK(child(1) == first);
}

TEST_CASE("recall is answered, also with nothing", "[worker]") {
  worker w;
  w.node.send({recall_tasks{}});
  std::unique_lock guard{w.node.log->lock};
  REQUIRE(w.node.log->changed.wait_for(
    guard, 10s, [&] { return !w.node.log->records.empty(); }));
  const auto* answer
    = std::get_if<tasks_returned>(&w.node.log->records.front());
  REQUIRE(answer);
  CHECK(answer->tasks.empty());
}

TEST_CASE("an actor keeps its state between calls", "[worker]") {
  worker w;
  using creation = ray::detail::class_creation<counter, int>;
  using call = ray::detail::class_call<counter, &counter::more>;
  ray::detail::keep(creation::listed);
  ray::detail::keep(call::listed);
  auto create = order(creation::entry, 1, arguments(40));
  create.spec.kind = task_kind::actor_creation;
  w.node.send({create});
  CHECK(w.result().value.what == object_value::kind::inline_bytes);
  for (std::uint64_t i = 2; i < 4; ++i) {
    auto next = order(call::entry, i, arguments(1));
    next.spec.kind = task_kind::actor_call;
    next.spec.actor = create.spec.id;
    w.node.send({next});
  }
  CHECK(value_in<int>(w.result()) == 41);
  CHECK(value_in<int>(w.result()) == 42);
}

TEST_CASE("a call that is cancelled while it waits is answered",
          "[worker]") {
  worker w;
  using creation = ray::detail::class_creation<counter, int>;
  using nested_call = ray::detail::class_call<counter, &counter::nested>;
  using call = ray::detail::class_call<counter, &counter::more>;
  ray::detail::keep(creation::listed);
  ray::detail::keep(nested_call::listed);
  ray::detail::keep(call::listed);
  auto create = order(creation::entry, 1, arguments(40));
  create.spec.kind = task_kind::actor_creation;
  w.node.send({create});
  w.result();
  auto waits = order(nested_call::entry, 2, arguments(5));
  auto behind = order(call::entry, 3, arguments(1));
  for (auto* one : {&waits, &behind}) {
    one->spec.kind = task_kind::actor_call;
    one->spec.actor = create.spec.id;
  }
  w.node.send({waits, behind});
  const auto child = w.node.log->take_next<submit_task>().spec.id;
  w.node.send({cancel_task{behind.spec.id}});
  // The node takes back no calls: it must get a result.
  const auto result = w.result();
  CHECK(result.task == behind.spec.id);
  CHECK(decode_failure(result.value.bytes).code == ray::errc::cancelled);
  w.node.send({object_ready{child, inline_value(std::string{"\6\0\0\0", 4})}});
  CHECK(w.result().task == waits.spec.id);
}

TEST_CASE("a dependency that failed is the result", "[worker]") {
  worker w;
  ray::detail::submission work;
  auto object = w.process->retain({1, 77});
  ray::detail::pack_arguments(work, object, 1);
  auto run = order(entry_of<&add>(), 1, work.arguments);
  run.spec.dependencies = {{1, 77}};
  run.values = {{object_value::kind::failed,
                 encode_failure(ray::errc::object_lost, "it is gone"),
                 {},
                 {}}};
  w.node.send({run});
  const auto result = w.result();
  CHECK(decode_failure(result.value.bytes).code == ray::errc::object_lost);
}

TEST_CASE("the probe task runs in any program", "[worker]") {
  worker w;
  run_task run;
  run.spec.id = {1, 1};
  run.spec.function = probe_function();
  run.spec.arguments = probe_arguments();
  w.node.send({run});
  CHECK(value_in<int>(w.result()) == 2);
}

TEST_CASE("end_process ends a worker at once", "[worker]") {
  worker w;
  w.node.send({end_process{"its job is over"}});
  for (int i = 0; i < 1000 && w.ended < 0; ++i)
    pause(10ms);
  CHECK(w.ended == 0);
}
