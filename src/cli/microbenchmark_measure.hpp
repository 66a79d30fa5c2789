#pragma once

#include "cli/microbenchmark_row.hpp"

namespace rayd {

/// How long and how often.
struct measure_plan {
  /// Of one run, at least; also of warming up, but at most 1 s there.
  double seconds = 2;
  int runs = 5;
};

/// Repeats *row*'s steps as *plan* says. Throws what steps throw.
row_figures measure(const row_info& info, benchmark_row& row,
                    const measure_plan& plan);

/// The smallest value that is not below *share* (0 to 1) of *values*; 0 of
/// none.
double value_at(std::vector<double> values, double share);

/// The middle value, or the mean of the two; 0 of none.
double median_of(std::vector<double> values);

} // namespace rayd
