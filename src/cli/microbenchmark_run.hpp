#pragma once

#include "cli/commands.hpp"
#include "cli/microbenchmark_measure.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace rayd {

/// What `rayd microbenchmark` was asked for.
struct benchmark_request {
  measure_plan plan;
  /// Empty: all.
  std::vector<int> rows;
  bool json = false;
  /// "": clusters of its own.
  std::string address;
  bool calibrate = true;
  /// See row_setting.
  std::chrono::microseconds delay{0};
};

/// What one process of the command does.
enum class benchmark_part : std::uint8_t {
  /// Measures the rows and prints the report.
  measure,
  /// Measures the machine and prints one line of JSON.
  calibrate,
  /// Is a driver that waits for one task.
  first_result,
};

/// Does *part* in this process and gives its exit code. Nodes are started in
/// the session folder of the environment, which the caller cleans up.
int run_benchmark(command_context& context, benchmark_part part,
                  const benchmark_request& request);

} // namespace rayd
