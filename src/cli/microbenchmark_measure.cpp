#include "cli/microbenchmark_measure.hpp"

#include <algorithm>
#include <cmath>

namespace rayd {

namespace {

/// Only the time inside of steps counts: a row may prepare between them.
void warm_up(benchmark_row& row, double seconds) {
  double spent = 0;
  do
    spent += row.step().seconds;
  while (spent < seconds);
}

void run_latency(benchmark_row& row, double seconds, row_figures& figures) {
  std::vector<double> times;
  double spent = 0;
  do {
    const auto step = row.step();
    times.push_back(step.seconds * 1e6);
    spent += step.seconds;
  } while (spent < seconds);
  figures.values.push_back(value_at(times, 0.5));
  figures.p99.push_back(value_at(std::move(times), 0.99));
}

void run_rate(benchmark_row& row, double seconds, row_figures& figures) {
  row_step sum{0, 0};
  do {
    const auto step = row.step();
    sum.amount += step.amount;
    sum.seconds += step.seconds;
  } while (sum.seconds < seconds);
  figures.values.push_back(sum.amount / sum.seconds);
}

} // namespace

row_figures measure(const row_info& info, benchmark_row& row,
                    const measure_plan& plan) {
  row_figures figures;
  figures.row = &info;
  const bool is_latency = info.unit == figure_unit::microseconds;
  if (!info.once)
    warm_up(row, std::min(1.0, plan.seconds));
  for (int run = 0; run < (info.once ? 1 : plan.runs); ++run)
    if (is_latency)
      run_latency(row, plan.seconds, figures);
    else
      run_rate(row, info.once ? 0 : plan.seconds, figures);
  return figures;
}

double value_at(std::vector<double> values, double share) {
  if (values.empty())
    return 0;
  const auto rank = std::ceil(share * static_cast<double>(values.size()));
  const auto place = static_cast<std::ptrdiff_t>(std::max(rank - 1, 0.0));
  std::nth_element(values.begin(), values.begin() + place, values.end());
  return values[static_cast<std::size_t>(place)];
}

double median_of(std::vector<double> values) {
  if (values.empty())
    return 0;
  std::sort(values.begin(), values.end());
  const auto middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle]
                                : (values[middle - 1] + values[middle]) / 2;
}

bool less_is_better(figure_unit unit) noexcept {
  return unit == figure_unit::microseconds || unit == figure_unit::milliseconds;
}

std::string_view to_string(figure_unit unit) noexcept {
  switch (unit) {
    case figure_unit::microseconds: return "us";
    case figure_unit::milliseconds: return "ms";
    case figure_unit::per_second: return "1/s";
    case figure_unit::gigabytes_per_second: return "GB/s";
  }
  return "";
}

void work_for(std::chrono::microseconds time) {
  if (time.count() <= 0)
    return;
  const auto until = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < until) {
  }
}

} // namespace rayd
