#pragma once

#include "cli/microbenchmark_row.hpp"

#include <array>
#include <optional>
#include <string>

namespace rayd {

// What the machine itself can do, without anything of rayd: the limits that
// goals scale with, and a witness that nobody else used the machine while rows
// were measured.

/// One limit. Nominal values are those of the machine that the goals of
/// row_table() were written for.
struct limit_info {
  machine_limit limit;
  std::string_view name;
  /// Key in JSON.
  std::string_view key;
  figure_unit unit;
  double nominal;
};

/// All limits but `none`.
std::span<const limit_info> limit_table();

/// Measured values, by machine_limit; 0: not measured.
using calibration = std::array<double, machine_limit_count>;

/// Measures all limits, in about 3 s and 1 GB of memory. Forks: call it in a
/// process of one thread.
/// @param folder  Where a Redis of its own may have its files.
/// @throws std::runtime_error  A limit cannot be measured.
calibration calibrate(const std::string& folder);

/// One line of JSON, and back.
std::string to_json_line(const calibration& values);
std::optional<calibration> parse_calibration(const std::string& line);

/// How many times faster this machine is at *limit* than the nominal one; 1
/// for `none` and for what was not measured.
double speed_of(const calibration& values, machine_limit limit);

/// A limit that changed by more than a quarter makes figures doubtful: one
/// sentence naming all of these, "" when there is none.
std::string contamination(const calibration& first, const calibration& last);

} // namespace rayd
