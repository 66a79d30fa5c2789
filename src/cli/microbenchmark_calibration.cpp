#include "cli/microbenchmark_calibration.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace rayd {

namespace {

using limit = machine_limit;
using unit = figure_unit;

const std::array<limit_info, machine_limit_count - 1> limits{{
  {limit::wake_up, "wake-up round trip", "wake_up_us", unit::microseconds, 45},
  {limit::tcp, "TCP loopback", "tcp_gb_per_s", unit::gigabytes_per_second, 2.2},
  {limit::memory_copy, "memcpy", "memcpy_gb_per_s", unit::gigabytes_per_second,
   9},
  {limit::streaming_store, "streaming store", "streaming_store_gb_per_s",
   unit::gigabytes_per_second, 15.5},
  {limit::first_touch, "first touch", "first_touch_gb_per_s",
   unit::gigabytes_per_second, 1.2},
  {limit::redis, "Redis, pipelined", "redis_per_s", unit::per_second, 320e3},
}};

/// The difference that makes a run contaminated.
constexpr double allowed_change = 0.25;

double& value_of(calibration& values, limit which) {
  return values[static_cast<std::size_t>(which)];
}

double value_of(const calibration& values, limit which) {
  return values[static_cast<std::size_t>(which)];
}

} // namespace

std::span<const limit_info> limit_table() {
  return limits;
}

std::string to_json_line(const calibration& values) {
  nlohmann::json json;
  for (const auto& row : limits)
    json[std::string{row.key}] = value_of(values, row.limit);
  return json.dump() + "\n";
}

std::optional<calibration> parse_calibration(const std::string& line) {
  const auto json = nlohmann::json::parse(line, nullptr, false);
  if (!json.is_object())
    return std::nullopt;
  calibration values{};
  for (const auto& row : limits) {
    const auto found = json.find(std::string{row.key});
    if (found == json.end() || !found->is_number())
      return std::nullopt;
    value_of(values, row.limit) = found->get<double>();
  }
  return values;
}

double speed_of(const calibration& values, machine_limit which) {
  for (const auto& row : limits) {
    const auto value = value_of(values, row.limit);
    if (row.limit == which && value > 0)
      return less_is_better(row.unit) ? row.nominal / value
                                      : value / row.nominal;
  }
  return 1;
}

std::string contamination(const calibration& first, const calibration& last) {
  std::string changed;
  for (const auto& row : limits) {
    const auto a = value_of(first, row.limit);
    const auto b = value_of(last, row.limit);
    const auto change = std::abs(a - b) / std::max(std::min(a, b), 1e-9);
    if (change > allowed_change)
      changed += fmt::format("{}{} by {:.0f} %", changed.empty() ? "" : ", ",
                             row.name, 100 * change);
  }
  if (changed.empty())
    return {};
  return fmt::format("contaminated: the machine itself changed while rows were "
                     "measured ({}); measure again on a quiet machine",
                     changed);
}

} // namespace rayd
