#include "cli/microbenchmark_row.hpp"

#include <ray/ray.hpp>

namespace rayd {

namespace {

/// The actor that is called; a call takes so many microseconds.
class called_actor {
public:
  int call(int delay_us) {
    work_for(std::chrono::microseconds{delay_us});
    return ++calls_;
  }

private:
  int calls_ = 0;
};

using target = ray::actor<called_actor>;

target make_target(const row_setting& setting) {
  auto made = setting.other_node ? ray::spawn<called_actor>(
                ray::with{.resources = {{other_node_resource, 1}}})
                                 : ray::spawn<called_actor>();
  ray::get(made.call<&called_actor::call>(0));
  return made;
}

/// Calls *targets* in turn, *count* times in all, and waits for all.
int run_calls(const std::vector<target>& targets, int count, int delay_us) {
  std::vector<ray::object_ref<int>> refs;
  refs.reserve(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
    refs.push_back(
      targets[i % targets.size()].call<&called_actor::call>(delay_us));
  return static_cast<int>(ray::get(refs).size());
}

/// Calls from a process of its own.
class calling_actor {
public:
  explicit calling_actor(std::vector<target> targets)
    : targets_(std::move(targets)) {}

  int run(int count, int delay_us) {
    return run_calls(targets_, count, delay_us);
  }

private:
  std::vector<target> targets_;
};

/// Row 4: one call at a time.
class calls_sync final : public benchmark_row {
public:
  explicit calls_sync(const row_setting& setting)
    : delay_us_(static_cast<int>(setting.delay.count())),
      target_(make_target(setting)) {}

  row_step step() override {
    row_clock time;
    ray::get(target_.call<&called_actor::call>(delay_us_));
    return {1, time.seconds()};
  }

private:
  int delay_us_;
  target target_;
};

/// Row 5: a batch of calls, then all their results.
class calls_async final : public benchmark_row {
public:
  explicit calls_async(const row_setting& setting)
    : delay_us_(static_cast<int>(setting.delay.count())),
      targets_{make_target(setting)} {}

  row_step step() override {
    row_clock time;
    const int done = run_calls(targets_, row_batch, delay_us_);
    return {static_cast<double>(done), time.seconds()};
  }

private:
  int delay_us_;
  std::vector<target> targets_;
};

/// Row 6: four processes call four actors.
class calls_multi final : public benchmark_row {
public:
  explicit calls_multi(const row_setting& setting)
    : delay_us_(static_cast<int>(setting.delay.count())) {
    std::vector<target> targets;
    for (int i = 0; i < pairs; ++i)
      targets.push_back(make_target(setting));
    for (int i = 0; i < pairs; ++i)
      callers_.push_back(ray::spawn<calling_actor>(targets));
  }

  row_step step() override {
    row_clock time;
    std::vector<ray::object_ref<int>> batches;
    for (const auto& caller : callers_)
      batches.push_back(
        caller.call<&calling_actor::run>(row_batch / pairs, delay_us_));
    double done = 0;
    for (int count : ray::get(batches))
      done += count;
    return {done, time.seconds()};
  }

private:
  static constexpr int pairs = 4;

  int delay_us_;
  std::vector<ray::actor<calling_actor>> callers_;
};

} // namespace

std::unique_ptr<benchmark_row> make_calls_sync(const row_setting& setting) {
  return std::make_unique<calls_sync>(setting);
}

std::unique_ptr<benchmark_row> make_calls_async(const row_setting& setting) {
  return std::make_unique<calls_async>(setting);
}

std::unique_ptr<benchmark_row> make_calls_multi(const row_setting& setting) {
  return std::make_unique<calls_multi>(setting);
}

} // namespace rayd
