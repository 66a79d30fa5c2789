#include "machine_world.hpp"

#include <catch2/catch.hpp>

using namespace rayd;

namespace {

constexpr job_number job = 5;
constexpr process_id driver = 7;

machine_options with_gpus(std::vector<std::string> ids) {
  machine_options options;
  options.gpus = std::move(ids);
  options.total.set("GPU", static_cast<double>(options.gpus.size()));
  return options;
}

/// One node whose driver submits tasks for several kinds of processes.
struct settings : machine_world {
  explicit settings(machine_options options = with_gpus({"4", "6"}))
    : node(add(1, 4, std::move(options))) {
    node.machine->job_begun(job, driver, "{}", 0);
    settle();
  }

  task_spec spec(double cpus, double gpus,
                 std::map<std::string, std::string> env = {}) {
    task_spec out;
    out.parent = root_id(1, job);
    out.id = child_id(out.parent, ++last, 1, job);
    out.job = job;
    out.function = {1, 1};
    out.max_retries = 1;
    out.demand.set("CPU", cpus);
    out.demand.set("GPU", gpus);
    task_wishes wishes;
    wishes.env = std::move(env);
    out.wishes = std::make_shared<const task_wishes>(wishes);
    return out;
  }

  object_id submit(task_spec task) {
    const auto id = task.id;
    node.machine->on_record(driver, submit_task{std::move(task)});
    settle();
    return id;
  }

  /// Tasks that were sent to workers since, with their processes.
  std::map<object_id, process_id> runs() {
    std::map<object_id, process_id> found;
    for (auto& [process, records] : node.sent) {
      for (const auto& record : records)
        if (const auto* run = std::get_if<run_task>(&record))
          found[run->spec.id] = process;
      if (process != driver)
        records.clear();
    }
    return found;
  }

  void finish(process_id worker, const object_id& task) {
    node.machine->on_record(worker, task_result{task, 0, {}, {1, 1}});
    settle();
  }

  std::string visible(process_id worker) {
    return variables_of(node.settings.at(worker), with_gpus({"4", "6"}))
      .at("CUDA_VISIBLE_DEVICES");
  }

  machine_world::node& node;
  std::uint64_t last = 0;
};

} // namespace

TEST_CASE_METHOD(settings, "tasks of one env share processes", "[settings]") {
  const auto a = submit(spec(1, 0, {{"A", "1"}}));
  const auto first = runs().at(a);
  CHECK(node.settings.at(first).env.at("A") == "1");
  finish(first, a);
  const auto b = submit(spec(1, 0, {{"A", "2"}}));
  const auto second = runs().at(b);
  CHECK(second != first);
  CHECK(node.settings.at(second).env.at("A") == "2");
  finish(second, b);
  const auto c = submit(spec(1, 0, {{"A", "1"}}));
  CHECK(runs().at(c) == first);
  const auto plain = submit(spec(1, 0));
  const auto third = runs().at(plain);
  CHECK(third != first);
  CHECK(third != second);
}

TEST_CASE_METHOD(settings, "OpenMP gets the task's CPUs", "[settings]") {
  const auto threads = [&](double cpus) {
    const auto id = submit(spec(cpus, 0));
    const auto worker = runs().at(id);
    finish(worker, id);
    return variables_of(node.settings.at(worker), {}).at("OMP_NUM_THREADS");
  };
  CHECK(threads(1) == "1");
  CHECK(threads(3) == "3");
  CHECK(threads(0.5) == "1");
  const auto own = submit(spec(2, 0, {{"OMP_NUM_THREADS", "7"}}));
  CHECK(variables_of(node.settings.at(runs().at(own)), {})
          .at("OMP_NUM_THREADS")
        == "7");
}

TEST_CASE_METHOD(settings, "each GPU is given once", "[settings]") {
  const auto a = submit(spec(1, 1));
  const auto b = submit(spec(1, 1));
  const auto c = submit(spec(1, 1));
  auto ran = runs();
  REQUIRE(ran.size() == 2);
  CHECK(visible(ran.at(a)) == "4");
  CHECK(visible(ran.at(b)) == "6");
  // While it waits it keeps its GPU.
  node.machine->on_record(ran.at(b), task_blocked{b, true});
  settle();
  CHECK(runs().empty());
  node.machine->on_record(ran.at(b), task_blocked{b, false});
  finish(ran.at(b), b);
  ran = runs();
  CHECK(visible(ran.at(c)) == "6");
  const auto none = submit(spec(1, 0));
  CHECK(visible(runs().at(none)).empty());
}

TEST_CASE_METHOD(settings, "shares of a GPU are packed", "[settings]") {
  const auto a = submit(spec(1, 0.5));
  const auto b = submit(spec(1, 0.5));
  const auto both = submit(spec(1, 1));
  auto ran = runs();
  REQUIRE(ran.size() == 3);
  CHECK(visible(ran.at(a)) == "4");
  CHECK(visible(ran.at(b)) == "4");
  CHECK(ran.at(a) != ran.at(b));
  CHECK(visible(ran.at(both)) == "6");
}

TEST_CASE_METHOD(settings, "a GPU comes back when its process dies",
                 "[settings]") {
  const auto a = submit(spec(1, 2));
  const auto worker = runs().at(a);
  CHECK(visible(worker) == "4,6");
  node.machine->process_left(worker, "was ended by SIGKILL");
  settle();
  const auto again = runs();
  REQUIRE(again.size() == 1);
  CHECK(visible(again.at(a)) == "4,6");
  finish(again.at(a), a);
  CHECK(node.machine->available().amount("GPU") == 2);
}

TEST_CASE_METHOD(settings, "shares do not fill the gaps of a GPU that a task "
                           "waits for",
                 "[settings]") {
  std::vector<object_id> shares;
  for (int i = 0; i < 4; ++i)
    shares.push_back(submit(spec(1, 0.5)));
  const auto ran = runs();
  REQUIRE(ran.size() == 4);
  // One of each GPU ends: there is 1 in all, and no whole one.
  finish(ran.at(shares[0]), shares[0]);
  finish(ran.at(shares[2]), shares[2]);
  const auto one = submit(spec(1, 1));
  const auto share = submit(spec(0, 0.5));
  const auto then = runs();
  REQUIRE(then.contains(share));
  CHECK(visible(then.at(share)) == "6");
  CHECK_FALSE(then.contains(one));
  finish(ran.at(shares[1]), shares[1]);
  CHECK(visible(runs().at(one)) == "4");
}

TEST_CASE_METHOD(settings, "a task for a whole GPU is offered to others while "
                           "there are pieces only",
                 "[settings]") {
  std::vector<object_id> shares;
  for (int i = 0; i < 4; ++i)
    shares.push_back(submit(spec(0.5, 0.5)));
  const auto ran = runs();
  finish(ran.at(shares[0]), shares[0]);
  finish(ran.at(shares[2]), shares[2]);
  submit(spec(1, 1));
  node_load load;
  node.machine->fill_load(load);
  REQUIRE(load.waiting.size() == 1);
  CHECK(load.waiting[0].demand.amount("GPU") == 1);
  CHECK(load.waiting[0].waiting == 1);
  // What the head places here must fit in one piece.
  CHECK(load.available.amount("GPU") == 0.5);
}

TEST_CASE_METHOD(settings, "a process ends before another setting gets its GPU",
                 "[settings]") {
  const auto both = submit(spec(1, 2, {{"A", "1"}}));
  const auto first = runs().at(both);
  finish(first, both);
  const auto next = submit(spec(1, 1, {{"A", "2"}}));
  CHECK(node.ended == std::vector{first});
  // It may have memory there until it has gone.
  CHECK(runs().empty());
  node.machine->process_left(first, "ended");
  settle();
  const auto ran = runs();
  REQUIRE(ran.contains(next));
  CHECK(ran.at(next) != first);
  finish(ran.at(next), next);
  // The same setting gets the same process.
  const auto again = submit(spec(1, 1, {{"A", "2"}}));
  CHECK(runs().at(again) == ran.at(next));
}

TEST_CASE_METHOD(settings, "an idle process keeps no GPU's memory for long",
                 "[settings]") {
  const auto gpu = submit(spec(1, 1));
  const auto plain = submit(spec(1, 0));
  const auto ran = runs();
  finish(ran.at(gpu), gpu);
  finish(ran.at(plain), plain);
  now += machine_options{}.idle_worker_us - 1;
  node.machine->at(now, now);
  node.machine->tick();
  CHECK(node.ended.empty());
  ++now;
  node.machine->at(now, now);
  node.machine->tick();
  CHECK(node.ended == std::vector{ran.at(gpu)});
}

TEST_CASE_METHOD(settings, "many settings do not pile up processes",
                 "[settings]") {
  for (int i = 0; i < 100; ++i) {
    const auto id = submit(spec(1, 0, {{"A", std::to_string(i)}}));
    finish(runs().at(id), id);
  }
  CHECK(node.machine->worker_count() - node.ended.size() <= 8);
}
