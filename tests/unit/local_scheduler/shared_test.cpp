// Actors that share processes (with.shared).

#include "machine_world.hpp"

#include "catch.hpp"

#include <algorithm>

using namespace rayd;

namespace {

constexpr job_number job = 5;
constexpr process_id driver = 7;

/// One node with one CPU, whose driver makes shared actors.
struct shared_actors : machine_world {
  shared_actors() : node(add(1, 1, small())) {
    node.machine->job_begun(job, driver, "{}", 0);
    settle();
  }

  static machine_options small() {
    machine_options options;
    options.shared_actors_max = 3;
    return options;
  }

  task_spec spec(task_kind kind) {
    task_spec out;
    out.parent = root_id(1, job);
    out.id = child_id(out.parent, ++last, 1, job);
    out.job = job;
    out.kind = kind;
    out.function = {1, 1};
    out.function_name = "square";
    if (kind != task_kind::actor_call)
      out.demand.set("CPU", 1);
    return out;
  }

  object_id submit(task_spec task, process_id from = driver) {
    const auto id = task.id;
    node.machine->on_record(from, submit_task{std::move(task)});
    settle();
    return id;
  }

  object_id spawn(std::int32_t max_restarts = 0) {
    auto out = spec(task_kind::actor_creation);
    out.interface = "counter";
    task_wishes wishes;
    wishes.shared = true;
    wishes.max_restarts = max_restarts;
    out.wishes = std::make_shared<const task_wishes>(wishes);
    return submit(std::move(out));
  }

  task_spec call_of(const object_id& actor) {
    auto out = spec(task_kind::actor_call);
    out.actor = actor;
    return out;
  }

  /// Runs that were sent since, in their order, with their processes.
  std::vector<std::pair<process_id, run_task>> runs() {
    std::vector<std::pair<process_id, run_task>> found;
    for (auto& [process, records] : node.sent)
      std::erase_if(records, [&, to = process](lane_record& record) {
        auto* run = std::get_if<run_task>(&record);
        if (run)
          found.emplace_back(to, std::move(*run));
        return run != nullptr;
      });
    return found;
  }

  void answer(process_id worker, const object_id& task, object_value value = {},
              std::int32_t attempt = 0) {
    node.machine->on_record(
      worker, task_result{task, attempt, std::move(value), {1, 1}});
    settle();
  }

  /// Makes an actor and runs its constructor; where it lives.
  process_id live(object_id& actor, std::int32_t max_restarts = 0) {
    actor = spawn(max_restarts);
    const auto made = runs();
    REQUIRE(made.size() == 1);
    REQUIRE(made.front().second.spec.id == actor);
    answer(made.front().first, actor);
    return made.front().first;
  }

  void gone(process_id process, const object_id& actor,
            std::int32_t life = 0) {
    node.machine->on_record(
      process, actor_ended{actor, "", actor_ended::way::gone, life});
    settle();
  }

  /// How often *process* was told to end *actor*.
  std::ptrdiff_t ends(process_id process, const object_id& actor) {
    const auto& records = node.sent[process];
    return std::count_if(records.begin(), records.end(), [&](const auto& one) {
      const auto* end = std::get_if<end_actor>(&one);
      return end && end->actor == actor;
    });
  }

  const object_value* value(const object_id& id) {
    for (const auto& record : node.sent[driver])
      if (const auto* x = std::get_if<object_ready>(&record);
          x && x->object == id)
        return &x->value;
    return nullptr;
  }

  ray::errc error(const object_id& id) {
    const auto* found = value(id);
    REQUIRE(found);
    REQUIRE(found->what == object_value::kind::failed);
    return decode_failure(found->bytes).code;
  }

  machine_world::node& node;
  std::uint64_t last = 0;
};

} // namespace

TEST_CASE_METHOD(shared_actors, "shared actors are packed into processes",
                 "[shared]") {
  object_id actor;
  const auto first = live(actor);
  CHECK(node.settings.at(first).shared);
  CHECK(variables_of(node.settings.at(first), {}).at("RAYD_SHARED") == "1");
  CHECK(live(actor) == first);
  CHECK(live(actor) == first);
  const auto second = live(actor);
  CHECK(second != first);
  CHECK(node.machine->available().amount("CPU") == 1);

  const auto task = submit(spec(task_kind::task));
  const auto run = runs();
  REQUIRE(run.size() == 1);
  CHECK(run.front().second.spec.id == task);
  CHECK_FALSE(node.settings.at(run.front().first).shared);

  node_load load;
  node.machine->fill_load(load);
  CHECK(load.workers == 3);
}

TEST_CASE_METHOD(shared_actors, "each of them has calls of its own",
                 "[shared]") {
  object_id one, two;
  const auto process = live(one);
  REQUIRE(live(two) == process);
  const auto slow = submit(call_of(one));
  const auto quick = submit(call_of(two));
  const auto sent = runs();
  REQUIRE(sent.size() == 2);
  CHECK(sent[0].first == process);
  CHECK(sent[1].first == process);
  answer(process, quick);
  CHECK(value(quick));
  CHECK_FALSE(value(slow));
  answer(process, slow);
  answer(process, slow); // A copy has no effect.
  CHECK(value(slow));
}

TEST_CASE_METHOD(shared_actors, "kill ends one actor of a process",
                 "[shared]") {
  object_id one, two;
  const auto process = live(one);
  REQUIRE(live(two) == process);
  const auto argument = child_id(root_id(1, job), 900, 1, job);
  node.machine->on_record(driver,
                          seal_object_room{argument, {64, 200'000}, {}, false});
  auto call = call_of(one);
  call.dependencies = {argument};
  const auto runs_on = submit(std::move(call));
  const auto waits = submit(call_of(one));
  REQUIRE(runs().size() == 2);

  node.machine->on_record(driver, kill_actor{one});
  settle();
  CHECK(node.ended.empty());
  CHECK(ends(process, one) == 1);
  CHECK(ends(process, two) == 0);
  CHECK(error(runs_on) == ray::errc::actor_died);
  CHECK(error(waits) == ray::errc::actor_died);
  node.machine->on_record(driver, kill_actor{one});
  settle();
  CHECK(ends(process, one) == 1);

  // The method that runs still views its argument, until it is gone.
  node.machine->on_record(driver, release_objects{{argument, runs_on}});
  settle();
  CHECK(node.freed.empty());
  answer(process, runs_on,
         {object_value::kind::stored, {}, {64, 200'000}, {}});
  CHECK(node.freed == std::vector<object_id>{runs_on});
  gone(process, one);
  CHECK(node.freed == std::vector<object_id>{runs_on, argument});
  gone(process, one);

  const auto other = submit(call_of(two));
  REQUIRE(runs().size() == 1);
  answer(process, other);
  CHECK(value(other)->what == object_value::kind::inline_bytes);
}

TEST_CASE_METHOD(shared_actors, "a shared process without actors is idle",
                 "[shared]") {
  object_id one, two;
  const auto process = live(one);
  node.machine->on_record(driver, release_objects{{one}});
  settle();
  CHECK(ends(process, one) == 1);
  gone(process, one);
  CHECK(live(two) == process);
  node.machine->on_record(driver, release_objects{{two}});
  settle();
  gone(process, two);
  submit(spec(task_kind::task)); // Another idle process, which stays.
  const auto run = runs();
  answer(run.front().first, run.front().second.spec.id);
  now += 10'000'000;
  settle();
  node.machine->tick();
  CHECK(node.ended == std::vector<process_id>{process});
}

TEST_CASE_METHOD(shared_actors, "actors die with their process, each lives "
                 "again as it may", "[shared]") {
  object_id mortal, phoenix;
  const auto process = live(mortal);
  REQUIRE(live(phoenix, 1) == process);
  const auto lost = submit(call_of(mortal));
  const auto cut = submit(call_of(phoenix));
  runs();
  node.machine->process_left(process, "was ended by SIGSEGV");
  settle();
  CHECK(error(lost) == ray::errc::actor_died);
  CHECK(error(cut) == ray::errc::actor_unavailable);
  CHECK(decode_failure(value(lost)->bytes).message.find("SIGSEGV")
        != std::string::npos);
  const auto again = runs();
  REQUIRE(again.size() == 1);
  CHECK(again.front().second.spec.id == phoenix);
  CHECK(again.front().second.attempt == 1);
  CHECK(again.front().first != process);
  answer(again.front().first, phoenix, {}, 1);
  const auto next = submit(call_of(phoenix));
  CHECK(runs().front().first == again.front().first);
  answer(again.front().first, next);
  CHECK(value(next)->what == object_value::kind::inline_bytes);
}

TEST_CASE_METHOD(shared_actors, "a failed constructor leaves its place",
                 "[shared]") {
  object_id other;
  const auto process = live(other);
  const auto actor = spawn();
  REQUIRE(runs().size() == 1);
  answer(process, actor,
         {object_value::kind::failed,
          encode_failure(ray::errc::task_error, "no"), {}, {}});
  CHECK(error(submit(call_of(actor))) == ray::errc::actor_died);
  CHECK(ends(process, actor) == 1);
  gone(process, actor);
  CHECK(live(other) == process);
  CHECK(live(other) == process);
  CHECK(live(other) != process);
}

TEST_CASE_METHOD(shared_actors, "one that is killed in its constructor goes",
                 "[shared]") {
  object_id other;
  const auto process = live(other);
  const auto actor = spawn(-1);
  REQUIRE(runs().size() == 1);
  node.machine->on_record(driver, kill_actor{actor});
  settle();
  CHECK(ends(process, actor) == 1);
  answer(process, actor); // Late: it ran on.
  CHECK(node.machine->available().amount("CPU") == 0);
  gone(process, actor);
  CHECK(node.machine->available().amount("CPU") == 1);
  CHECK(error(submit(call_of(actor))) == ray::errc::actor_died);
  CHECK(runs().empty());
  CHECK(node.ended.empty());
}

TEST_CASE_METHOD(shared_actors, "an actor ends itself alone", "[shared]") {
  object_id leaver, failing, other;
  const auto process = live(leaver);
  REQUIRE(live(failing, 1) == process);
  REQUIRE(live(other) == process);
  const auto leaving = submit(call_of(leaver));
  runs();
  node.machine->on_record(
    process, actor_ended{leaver, encode_failure(ray::errc::actor_died, "exit"),
                         actor_ended::way::after_calls, 0});
  settle();
  CHECK(ends(process, leaver) == 0);
  answer(process, leaving);
  CHECK(value(leaving)->what == object_value::kind::inline_bytes);
  CHECK(ends(process, leaver) == 1);
  gone(process, leaver);

  node.machine->on_record(
    process, actor_ended{failing, encode_failure(ray::errc::actor_died, "it"),
                         actor_ended::way::died, 0});
  settle();
  CHECK(ends(process, failing) == 1);
  const auto again = runs();
  REQUIRE(again.size() == 1);
  CHECK(again.front().second.attempt == 1);
  CHECK(again.front().first == process); // After the order to end it.
  answer(process, failing, {}, 1);
  const auto next = submit(call_of(failing));
  REQUIRE(runs().size() == 1);
  answer(process, next);
  CHECK(value(next)->what == object_value::kind::inline_bytes);

  // The lives go in any order; all three places are taken until one has.
  node.machine->on_record(driver, kill_actor{failing});
  settle();
  CHECK(ends(process, failing) == 2);
  object_id fresh;
  const auto elsewhere = live(fresh);
  CHECK(elsewhere != process);
  gone(process, failing, 7);
  gone(process, failing, 1);
  gone(process, failing, 1);
  CHECK(live(fresh) == process);
  CHECK(live(fresh) == elsewhere);
  gone(process, failing, 0);
  CHECK(live(fresh) == process);
  CHECK(node.ended.empty());
}

TEST_CASE_METHOD(shared_actors, "an actor's calls go in order from place to "
                 "place", "[shared]") {
  object_id caller, neighbour, target;
  const auto process = live(caller);
  REQUIRE(live(neighbour) == process);
  REQUIRE(live(target) == process);
  const auto first = submit(call_of(caller));
  const auto second = submit(call_of(caller));
  const auto third = submit(call_of(neighbour));
  REQUIRE(runs().size() == 3);

  const auto missing = child_id(root_id(1, job), 901, 1, job);
  node.machine->on_record(driver, submit_task{[&] {
    auto task = spec(task_kind::task);
    task.id = missing;
    task.demand.set("GPU", 1); // Never runs.
    return task;
  }()});
  const auto from = [&](const object_id& parent, bool waits) {
    auto call = call_of(target);
    call.parent = parent;
    if (waits)
      call.dependencies = {missing};
    return submit(std::move(call), process);
  };
  from(first, true);
  answer(process, first);
  const auto behind = from(second, false);
  const auto free = from(third, false);
  const auto sent = runs();
  REQUIRE(sent.size() == 1);
  CHECK(sent.front().second.spec.id == free);
  CHECK(sent.front().second.spec.id != behind);
}

TEST_CASE_METHOD(shared_actors, "a job's end ends its shared processes",
                 "[shared]") {
  object_id actor;
  const auto process = live(actor);
  submit(call_of(actor));
  node.machine->process_left(driver, "ended");
  settle();
  CHECK(node.ended == std::vector<process_id>{process});
  node.machine->process_left(process, "was ended");
  settle();
  CHECK(node.machine->worker_count() == 0);
  CHECK(node.machine->task_count() == 0);
}
