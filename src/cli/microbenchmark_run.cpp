#include "cli/microbenchmark_run.hpp"

#include "cli/microbenchmark_child.hpp"
#include "cli/microbenchmark_report.hpp"

#include <ray/ray.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <ostream>
#include <stdexcept>
#include <sys/prctl.h>
#include <thread>

namespace rayd {

namespace {

int answer_twice(int x) {
  return 2 * x;
}

/// Measures in this process, in clusters that it starts.
class benchmark_run {
public:
  benchmark_run(command_context& context, benchmark_request request)
    : context_(context), request_(std::move(request)) {
    report_.plan = request_.plan;
  }

  benchmark_report run() {
    report_.first = calibration_now();
    if (request_.address.empty()) {
      rows_of(row_place::private_cluster,
              {.address = "local",
               .num_cpus = 2,
               .object_store_memory = std::uint64_t{4} << 30});
      two_node_rows();
      start_rows();
    } else {
      rows_of(row_place::private_cluster, {.address = request_.address});
      leave_out(row_place::two_nodes);
      leave_out(row_place::commands);
    }
    report_.last = calibration_now();
    std::stable_sort(report_.rows.begin(), report_.rows.end(),
                     [](const auto& a, const auto& b) {
                       return a.row->number < b.row->number;
                     });
    return std::move(report_);
  }

private:
  /// In a process of its own: it forks, and this one gets threads.
  calibration calibration_now() {
    if (!request_.calibrate)
      return {};
    context_.talk << "calibrating\n";
    const auto done = run_child(context_.executable,
                                {"microbenchmark", "calibration"},
                                std::chrono::seconds{60});
    if (auto values = parse_calibration(done.out))
      return *values;
    throw std::runtime_error("the machine could not be calibrated");
  }

  bool wanted(const row_info& row) const {
    const auto& rows = request_.rows;
    return rows.empty()
           || std::find(rows.begin(), rows.end(), row.number) != rows.end();
  }

  std::vector<const row_info*> rows_at(row_place place) const {
    std::vector<const row_info*> rows;
    for (const auto& row : row_table())
      if (row.place == place && wanted(row))
        rows.push_back(&row);
    return rows;
  }

  static ray::session connect(ray::init_options options) {
    options.job_name = "microbenchmark";
    std::string name = "rayd";
    char* argv[] = {name.data(), nullptr};
    int argc = 1;
    return ray::init(argc, argv, std::move(options));
  }

  void rows_of(row_place place, const ray::init_options& options) {
    const auto rows = rows_at(place);
    if (rows.empty())
      return;
    try {
      const auto session = connect(options);
      if (request_.address.empty())
        add_memory();
      for (const auto* row : rows)
        report_.rows.push_back(measure_row(*row));
    } catch (const std::exception& error) {
      fail_rows(rows, error.what());
    }
  }

  /// Those of *rows* that have no figures.
  void fail_rows(const std::vector<const row_info*>& rows,
                 const std::string& why) {
    for (const auto* row : rows)
      if (std::none_of(report_.rows.begin(), report_.rows.end(),
                       [&](auto& done) { return done.row == row; }))
        report_.rows.push_back({row, {}, {}, why, false});
  }

  row_figures measure_row(const row_info& info) {
    context_.talk << fmt::format("row {}: {}\n", info.number, info.name)
                  << std::flush;
    try {
      const bool other = info.place == row_place::two_nodes;
      const auto row = info.make({request_.delay, other});
      return measure(info, *row, request_.plan);
    } catch (const std::exception& error) {
      return {&info, {}, {}, error.what(), false};
    }
  }

  void two_node_rows() {
    const auto rows = rows_at(row_place::two_nodes);
    if (rows.empty())
      return;
    try {
      two_node_cluster cluster{context_.executable};
      rows_of(row_place::two_nodes, {.address = "auto"});
    } catch (const std::exception& error) {
      fail_rows(rows, error.what());
    }
  }

  void start_rows() {
    const auto rows = rows_at(row_place::commands);
    if (rows.empty())
      return;
    context_.talk << "row 18: start, join, stop\n" << std::flush;
    start_times times;
    std::string problem;
    try {
      times = measure_start(context_.executable, request_.plan.runs,
                            request_.delay);
    } catch (const std::exception& error) {
      problem = error.what();
    }
    const std::map<std::string_view, std::vector<double>*> by_case{
      {"first result", &times.first_result},
      {"node joins", &times.node_joins},
      {"stop", &times.stop}};
    for (const auto* row : rows)
      report_.rows.push_back(
        {row, *by_case.at(row->variant), {}, problem, false});
  }

  void leave_out(row_place place) {
    for (const auto* row : rows_at(place))
      report_.rows.push_back({row,
                              {},
                              {},
                              "starts nodes of its own, so it is left out "
                              "with --address",
                              true});
  }

  /// Kinds of processes that are not in the report yet; once a task ran and
  /// the cluster has come to rest.
  void add_memory() {
    ray::get(ray::remote<answer_twice>(1));
    std::this_thread::sleep_for(std::chrono::milliseconds{500});
    for (auto& found : measure_memory(default_session_base()))
      if (std::none_of(report_.memory.begin(), report_.memory.end(),
                       [&](auto& one) { return one.process == found.process; }))
        report_.memory.push_back(std::move(found));
  }

  command_context& context_;
  benchmark_request request_;
  benchmark_report report_;
};

int run_measurement(command_context& context, benchmark_request request) {
  const bool json = request.json;
  benchmark_report report;
  try {
    report = benchmark_run{context, std::move(request)}.run();
  } catch (const std::exception& error) {
    return complain(context, exit_code::failed,
                    fmt::format("the benchmark ended early: {}", error.what()));
  }
  context.out << (json ? report_json(report) : report_text(report))
              << std::flush;
  const bool all = std::none_of(report.rows.begin(), report.rows.end(),
                                [](auto& row) {
                                  return row.values.empty() && !row.skipped;
                                });
  return all ? 0 : static_cast<int>(exit_code::failed);
}

/// A driver that waits for one task, for row 18.
int run_first_result(command_context& context) {
  std::string name = "rayd";
  char* argv[] = {name.data(), nullptr};
  int argc = 1;
  const auto session = ray::init(argc, argv, {.address = "auto"});
  if (ray::get(ray::remote<answer_twice>(21)) == 42)
    return 0;
  return complain(context, exit_code::failed,
                  "the first task came back with another result");
}

int run_calibration(command_context& context) {
  scratch_folder folder;
  context.out << to_json_line(calibrate(folder.path()));
  return 0;
}

/// 0, or the first number that is no row.
int unknown_row(const std::vector<int>& numbers) {
  const auto table = row_table();
  for (const int number : numbers)
    if (std::none_of(table.begin(), table.end(),
                     [&](auto& row) { return row.number == number; }))
      return number;
  return 0;
}

} // namespace

int run_benchmark(command_context& context, benchmark_part part,
                  const benchmark_request& request) {
  if (const int number = unknown_row(request.rows); number != 0)
    return complain(context, exit_code::usage,
                    fmt::format("--rows: there is no row {}: 1 to 6, 8 to 11, "
                                "16 and 18 are measured",
                                number));
  // Whoever started this cleans up; without it nobody would.
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  switch (part) {
    case benchmark_part::measure: return run_measurement(context, request);
    case benchmark_part::calibrate: return run_calibration(context);
    case benchmark_part::first_result: return run_first_result(context);
  }
  return static_cast<int>(exit_code::usage);
}

} // namespace rayd
