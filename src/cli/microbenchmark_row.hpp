#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rayd {

// The benchmark: `rayd microbenchmark`.
//
// Rows have the names of Ray's own suite and the numbers of the table of goals
// that this project is measured by; a row may have several cases, such as an
// actor on this node and on another one. The program measures itself: it is an
// ordinary driver, its tasks are functions of this binary, and the worker
// processes execute this binary too. It uses <ray/ray.hpp> and processes it
// starts, nothing inside a node.
//
// microbenchmark_table.cpp lists the rows. A row is a small class with one
// step: a batch of operations that it times itself. microbenchmark_measure
// repeats steps, microbenchmark_calibration measures what the machine can do
// before and after them, microbenchmark_report prints. microbenchmark.cpp runs
// the command twice: once to measure, and around it once to end, whatever
// happened, every node that was started, and to remove their folder.

/// What a row's figures count.
enum class figure_unit : std::uint8_t {
  microseconds, ///< Median time of one operation; with a 99th percentile.
  milliseconds, ///< Time of one operation.
  per_second,
  gigabytes_per_second, ///< 1e9 bytes.
};

/// Which of the machine's limits a goal scales with.
enum class machine_limit : std::uint8_t {
  none,
  wake_up,
  tcp,
  memory_copy,
  streaming_store,
  first_touch,
  redis,
};
inline constexpr std::size_t machine_limit_count = 7;

/// What a row runs on.
enum class row_place : std::uint8_t {
  private_cluster, ///< Two CPUs, started by this program for itself.
  two_nodes,       ///< A head with two CPUs and another node with one.
  commands,        ///< Starts and stops nodes itself.
};

/// What one step of a row did.
struct row_step {
  /// Operations, or 1e9 bytes.
  double amount = 1;
  double seconds = 0;
};

class benchmark_row {
public:
  virtual ~benchmark_row() = default;

  /// One batch, timed. Throws what the operations throw.
  virtual row_step step() = 0;
};

struct row_setting {
  /// Each operation takes so much longer, for tests of the benchmark; 0.
  std::chrono::microseconds delay{0};
  /// The actor, or the object, is on the second node.
  bool other_node = false;
};

using row_maker = std::unique_ptr<benchmark_row> (*)(const row_setting&);

struct row_info {
  int number;
  /// Which case of the row, "" for the only or the usual one.
  std::string_view variant;
  std::string_view name;
  figure_unit unit;
  double goal;
  machine_limit limit;
  row_place place;
  /// Null for row_place::commands.
  row_maker make;
  /// One step without warming up is the figure.
  bool once = false;
};

/// All rows, in the order in which they are measured.
std::span<const row_info> row_table();

/// A row's figures, or why there are none.
struct row_figures {
  const row_info* row = nullptr;
  /// One per run.
  std::vector<double> values;
  /// One per run, microseconds; empty for other units.
  std::vector<double> p99;
  /// One sentence when it was not measured.
  std::string problem;
  /// It was left out on purpose: *problem* is no failure.
  bool skipped = false;
};

bool less_is_better(figure_unit unit) noexcept;
std::string_view to_string(figure_unit unit) noexcept;

// -- rows ---------------------------------------------------------------------

std::unique_ptr<benchmark_row> make_tasks_sync(const row_setting& setting);
std::unique_ptr<benchmark_row> make_tasks_async(const row_setting& setting);
std::unique_ptr<benchmark_row> make_tasks_multi(const row_setting& setting);
std::unique_ptr<benchmark_row> make_calls_sync(const row_setting& setting);
std::unique_ptr<benchmark_row> make_calls_async(const row_setting& setting);
std::unique_ptr<benchmark_row> make_calls_multi(const row_setting& setting);
std::unique_ptr<benchmark_row> make_put_small(const row_setting& setting);
std::unique_ptr<benchmark_row> make_get_small(const row_setting& setting);
std::unique_ptr<benchmark_row> make_put_large(const row_setting& setting);
std::unique_ptr<benchmark_row> make_view_small(const row_setting& setting);
std::unique_ptr<benchmark_row> make_view_large(const row_setting& setting);
std::unique_ptr<benchmark_row> make_fetch_large(const row_setting& setting);

// -- what rows share ----------------------------------------------------------

/// Operations per step of the rows that count them per second.
inline constexpr int row_batch = 10'000;

/// The resource that only the second node has.
inline constexpr const char* other_node_resource = "other";

/// Keeps the core busy for so long; 0 returns at once.
void work_for(std::chrono::microseconds time);

class row_clock {
public:
  double seconds() const {
    return std::chrono::duration<double>(steady::now() - start_).count();
  }

private:
  using steady = std::chrono::steady_clock;
  steady::time_point start_ = steady::now();
};

} // namespace rayd
