#pragma once

#include "cli/microbenchmark_calibration.hpp"
#include "cli/microbenchmark_cluster.hpp"
#include "cli/microbenchmark_measure.hpp"

#include <string>
#include <vector>

namespace rayd {

/// All that a run found.
struct benchmark_report {
  measure_plan plan;
  calibration first{};
  calibration last{};
  std::vector<row_figures> rows;
  std::vector<memory_figure> memory;
};

/// The goal of a row on this machine, as calibrated in this run.
double goal_here(const benchmark_report& report, const row_info& row);

/// How far the goal is met: 1 is met, 0.5 is half as fast; 0 without figures.
double ratio_to_goal(const benchmark_report& report, const row_figures& row);

/// Tables for people.
std::string report_text(const benchmark_report& report);

/// One JSON object with the keys version, seconds, runs, cores, kernel,
/// calibration, contaminated, rows, memory; units stand in each entry.
std::string report_json(const benchmark_report& report);

} // namespace rayd
