#include "cli/microbenchmark_report.hpp"

#include "cli/table.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <sys/utsname.h>
#include <thread>

namespace rayd {

namespace {

/// Three digits that count, and no exponent.
std::string figure(double value) {
  if (value >= 100)
    return fmt::format("{:.0f}", value);
  if (value >= 10)
    return fmt::format("{:.1f}", value);
  return fmt::format("{:.{}f}", value, value >= 1 ? 2 : 3);
}

double least(const std::vector<double>& values) {
  return *std::min_element(values.begin(), values.end());
}

double most(const std::vector<double>& values) {
  return *std::max_element(values.begin(), values.end());
}

std::string kernel() {
  utsname names{};
  return ::uname(&names) == 0 ? names.release : "";
}

calibration mean_of(const calibration& a, const calibration& b) {
  calibration mean{};
  for (std::size_t i = 0; i < mean.size(); ++i)
    mean[i] = (a[i] + b[i]) / 2;
  return mean;
}

std::string calibration_table(const benchmark_report& report) {
  std::vector<std::vector<std::string>> table{
    {"machine", "unit", "first", "last", "nominal"}};
  for (const auto& row : limit_table()) {
    const auto at = static_cast<std::size_t>(row.limit);
    table.push_back({std::string{row.name}, std::string{to_string(row.unit)},
                     figure(report.first[at]), figure(report.last[at]),
                     figure(row.nominal)});
  }
  return format_table(table);
}

std::vector<std::string> text_row(const benchmark_report& report,
                                  const row_figures& row) {
  const auto& info = *row.row;
  std::vector<std::string> cells{std::to_string(info.number),
                                 std::string{info.name},
                                 std::string{to_string(info.unit)}};
  if (row.values.empty())
    cells.insert(cells.end(), {"-", "-", "-"});
  else
    cells.insert(cells.end(),
                 {figure(least(row.values)), figure(median_of(row.values)),
                  figure(most(row.values))});
  cells.push_back(row.p99.empty() ? "-" : figure(median_of(row.p99)));
  cells.push_back(figure(info.goal));
  cells.push_back(figure(goal_here(report, info)));
  cells.push_back(row.values.empty() ? "-"
                                     : figure(ratio_to_goal(report, row)));
  return cells;
}

std::string row_table_text(const benchmark_report& report) {
  std::vector<std::vector<std::string>> table{{"row", "name", "unit", "min",
                                               "median", "max", "p99", "goal",
                                               "goal here", "ratio"}};
  std::string problems;
  for (const auto& row : report.rows) {
    table.push_back(text_row(report, row));
    if (!row.problem.empty())
      problems += fmt::format("row {}, {}: {}\n", row.row->number,
                              row.row->name, row.problem);
  }
  return format_table(table) + problems;
}

std::string memory_table(const benchmark_report& report) {
  if (report.memory.empty())
    return {};
  std::vector<std::vector<std::string>> table{
    {"idle process", "MB PSS", "processes"}};
  for (const auto& one : report.memory)
    table.push_back(
      {one.process, figure(one.pss_megabytes), std::to_string(one.count)});
  return "\n" + format_table(table);
}

nlohmann::json json_row(const benchmark_report& report,
                        const row_figures& row) {
  const auto& info = *row.row;
  nlohmann::json json{
    {"row", info.number},
    {"case", info.variant},
    {"name", info.name},
    {"unit", to_string(info.unit)},
    {"less_is_better", less_is_better(info.unit)},
    {"goal", info.goal},
    {"goal_here", goal_here(report, info)},
  };
  if (!row.problem.empty())
    json[row.skipped ? "skipped" : "failed"] = row.problem;
  if (row.values.empty())
    return json;
  json["values"] = row.values;
  json["min"] = least(row.values);
  json["median"] = median_of(row.values);
  json["max"] = most(row.values);
  json["ratio"] = ratio_to_goal(report, row);
  if (!row.p99.empty()) {
    json["p50"] = median_of(row.values);
    json["p99"] = median_of(row.p99);
  }
  return json;
}

} // namespace

double goal_here(const benchmark_report& report, const row_info& row) {
  const auto speed = speed_of(mean_of(report.first, report.last), row.limit);
  return less_is_better(row.unit) ? row.goal / speed : row.goal * speed;
}

double ratio_to_goal(const benchmark_report& report, const row_figures& row) {
  const auto median = median_of(row.values);
  const auto goal = goal_here(report, *row.row);
  if (median <= 0)
    return 0;
  return less_is_better(row.row->unit) ? goal / median : median / goal;
}

std::string report_text(const benchmark_report& report) {
  const auto doubt = contamination(report.first, report.last);
  return fmt::format(
    "rayd {}: 2 workers, {} runs of {} s, {} cores, Linux {}\n\n{}{}\n{}\n"
    "goal here: the goal on this machine as calibrated; ratio: 1 and more "
    "meets it.\nThroughput is the mean of a run, latency its median; p99 is "
    "the median of the runs'.\n{}",
    RAYD_VERSION, report.plan.runs, report.plan.seconds,
    std::thread::hardware_concurrency(), kernel(), calibration_table(report),
    doubt.empty() ? "" : doubt + "\n", row_table_text(report),
    memory_table(report));
}

std::string report_json(const benchmark_report& report) {
  nlohmann::json json{
    {"version", RAYD_VERSION},
    {"workers", 2},
    {"seconds", report.plan.seconds},
    {"runs", report.plan.runs},
    {"cores", std::thread::hardware_concurrency()},
    {"kernel", kernel()},
    {"rows", nlohmann::json::array()},
    {"memory", nlohmann::json::array()},
  };
  for (const auto& row : limit_table()) {
    const auto at = static_cast<std::size_t>(row.limit);
    json["calibration"][std::string{row.key}] = {
      {"unit", to_string(row.unit)},
      {"first", report.first[at]},
      {"last", report.last[at]},
      {"nominal", row.nominal},
    };
  }
  const auto doubt = contamination(report.first, report.last);
  json["contaminated"] = !doubt.empty();
  if (!doubt.empty())
    json["contamination"] = doubt;
  for (const auto& row : report.rows)
    json["rows"].push_back(json_row(report, row));
  for (const auto& one : report.memory)
    json["memory"].push_back({{"process", one.process},
                              {"pss_mb", one.pss_megabytes},
                              {"count", one.count}});
  return json.dump(2) + "\n";
}

} // namespace rayd
