#include "cli/microbenchmark_row.hpp"

#include <ray/ray.hpp>

namespace rayd {

namespace {

/// The task: takes so many microseconds (none but in tests of the benchmark).
int short_task(int delay_us) {
  work_for(std::chrono::microseconds{delay_us});
  return delay_us;
}

int to_int(std::chrono::microseconds delay) {
  return static_cast<int>(delay.count());
}

/// Submits *count* tasks and waits for all.
int run_tasks(int count, int delay_us) {
  std::vector<ray::object_ref<int>> refs;
  refs.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i)
    refs.push_back(ray::remote<short_task>(delay_us));
  return static_cast<int>(ray::get(refs).size());
}

/// Submits from a process of its own.
class task_submitter {
public:
  int run(int count, int delay_us) { return run_tasks(count, delay_us); }
};

/// Row 1: one task at a time.
class tasks_sync final : public benchmark_row {
public:
  explicit tasks_sync(int delay_us) : delay_us_(delay_us) {}

  row_step step() override {
    row_clock time;
    ray::get(ray::remote<short_task>(delay_us_));
    return {1, time.seconds()};
  }

private:
  int delay_us_;
};

/// Row 2: a batch of tasks, then all their results.
class tasks_async final : public benchmark_row {
public:
  explicit tasks_async(int delay_us) : delay_us_(delay_us) {}

  row_step step() override {
    row_clock time;
    const int done = run_tasks(row_batch, delay_us_);
    return {static_cast<double>(done), time.seconds()};
  }

private:
  int delay_us_;
};

/// Row 3: the same from four processes at once.
class tasks_multi final : public benchmark_row {
public:
  explicit tasks_multi(int delay_us) : delay_us_(delay_us) {
    for (int i = 0; i < submitter_count; ++i)
      submitters_.push_back(ray::spawn<task_submitter>());
  }

  row_step step() override {
    row_clock time;
    std::vector<ray::object_ref<int>> batches;
    for (const auto& submitter : submitters_)
      batches.push_back(submitter.call<&task_submitter::run>(
        row_batch / submitter_count, delay_us_));
    double done = 0;
    for (int count : ray::get(batches))
      done += count;
    return {done, time.seconds()};
  }

private:
  static constexpr int submitter_count = 4;

  int delay_us_;
  std::vector<ray::actor<task_submitter>> submitters_;
};

} // namespace

std::unique_ptr<benchmark_row> make_tasks_sync(const row_setting& setting) {
  return std::make_unique<tasks_sync>(to_int(setting.delay));
}

std::unique_ptr<benchmark_row> make_tasks_async(const row_setting& setting) {
  return std::make_unique<tasks_async>(to_int(setting.delay));
}

std::unique_ptr<benchmark_row> make_tasks_multi(const row_setting& setting) {
  return std::make_unique<tasks_multi>(to_int(setting.delay));
}

} // namespace rayd
