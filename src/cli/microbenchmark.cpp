#include "cli/commands.hpp"

#include "cli/flags.hpp"
#include "cli/microbenchmark_child.hpp"
#include "cli/microbenchmark_report.hpp"

#include <ray/ray.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <map>
#include <ostream>
#include <sys/prctl.h>

namespace rayd {

namespace {

using std::chrono::microseconds;

/// What the command was asked for.
struct benchmark_request {
  measure_plan plan;
  /// Empty: all.
  std::vector<int> rows;
  bool json = false;
  /// "": clusters of its own.
  std::string address;
  microseconds delay{0};
};

const std::vector<flag> flags{
  {"rows", "N,N,...", "Only these rows; all without it."},
  {"seconds", "S", "How long one run takes at least; 2 without it."},
  {"runs", "N", "How many runs of each row; 5 without it."},
  {"json", "", "Print the report as JSON."},
  {"address", "HOST[:PORT]",
   "Measure this cluster (auto: the one on this machine) instead of starting "
   "one; rows that start nodes are left out."},
  {"inject-delay-us", "N",
   "For tests of the benchmark: every operation takes N microseconds longer."},
};

constexpr std::string_view usage =
  "rayd microbenchmark [FLAGS], or rayd microbenchmark calibration";

template <class Number>
bool read_number(const std::string& text, Number least, Number& to) {
  const auto* end = text.data() + text.size();
  Number value{};
  const auto read = std::from_chars(text.data(), end, value);
  if (read.ec != std::errc{} || read.ptr != end || !(value >= least))
    return false;
  to = value;
  return true;
}

/// @returns One sentence when a number is none of row_table()'s.
std::string read_rows(const std::string& text, std::vector<int>& rows) {
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find(',', at), text.size());
    int number = 0;
    const bool read = read_number(text.substr(at, end - at), 1, number);
    const auto table = row_table();
    if (!read || std::none_of(table.begin(), table.end(), [&](auto& row) {
          return row.number == number;
        }))
      return fmt::format("--rows: \"{}\" is no row: 1 to 6, 8 to 11, 16 and 18 "
                         "are measured",
                         text.substr(at, end - at));
    rows.push_back(number);
    at = end + 1;
  }
  return {};
}

/// @returns One sentence when a flag is wrong.
std::string read_request(const parsed_flags& given,
                         benchmark_request& request) {
  request.json = given.value("json") == "true";
  request.address = given.value("address");
  if (given.has("rows"))
    if (auto wrong = read_rows(given.value("rows"), request.rows);
        !wrong.empty())
      return wrong;
  const auto wrong = [&](const char* name, const char* what) {
    return fmt::format("--{}: \"{}\" is not {}", name, given.value(name), what);
  };
  if (given.has("seconds")
      && !read_number(given.value("seconds"), 0.01, request.plan.seconds))
    return wrong("seconds", "a number of seconds of at least 0.01");
  if (given.has("runs")
      && !read_number(given.value("runs"), 1, request.plan.runs))
    return wrong("runs", "a number of runs of at least 1");
  microseconds::rep delay = 0;
  if (given.has("inject-delay-us")
      && !read_number(given.value("inject-delay-us"), microseconds::rep{0},
                      delay))
    return wrong("inject-delay-us", "a number of microseconds");
  request.delay = microseconds{delay};
  return {};
}

bool wanted(const benchmark_request& request, const row_info& row) {
  return request.rows.empty()
         || std::find(request.rows.begin(), request.rows.end(), row.number)
              != request.rows.end();
}

// -- measuring ----------------------------------------------------------------

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
      rows_of(row_place::private_cluster, [this] {
        return connect({.address = "local",
                        .num_cpus = 2,
                        .object_store_memory = std::uint64_t{4} << 30});
      });
      two_node_rows();
      start_rows();
    } else {
      rows_of(row_place::private_cluster,
              [this] { return connect({.address = request_.address}); });
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
    context_.talk << "calibrating\n";
    const auto done = run_child(context_.executable,
                                {"microbenchmark", "calibration"},
                                std::chrono::seconds{60});
    if (auto values = parse_calibration(done.out))
      return *values;
    throw std::runtime_error("the machine could not be calibrated");
  }

  std::vector<const row_info*> rows_at(row_place place) const {
    std::vector<const row_info*> rows;
    for (const auto& row : row_table())
      if (row.place == place && wanted(request_, row))
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

  template <class Connect>
  void rows_of(row_place place, Connect&& start) {
    const auto rows = rows_at(place);
    if (rows.empty())
      return;
    const auto session = start();
    if (request_.address.empty())
      add_memory();
    for (const auto* row : rows)
      report_.rows.push_back(measure_row(*row));
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
    if (rows_at(row_place::two_nodes).empty())
      return;
    two_node_cluster cluster{context_.executable};
    rows_of(row_place::two_nodes, [] { return connect({.address = "auto"}); });
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
      report_.rows.push_back({row, {}, {},
                              "starts nodes of its own, so it is left out "
                              "with --address",
                              true});
  }

  /// Kinds of processes that are not in the report yet.
  void add_memory() {
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
  // Whoever started this cleans up; without it nobody would.
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
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
  const bool all = std::none_of(
    report.rows.begin(), report.rows.end(),
    [](auto& row) { return row.values.empty() && !row.skipped; });
  return all ? 0 : static_cast<int>(exit_code::failed);
}

// -- the parts of the command -------------------------------------------------

int answer_twice(int x) {
  return 2 * x;
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

/// Runs the measurement in a child whose clusters live in a folder of their
/// own, and leaves nothing behind, however it ends.
int run_supervised(command_context& context, const arguments& args,
                   const benchmark_request& request) {
  scratch_folder folder;
  const auto base = folder.path() + "/rayd";
  if (request.address.empty()) {
    // A person's settings are for a person's clusters.
    for (const char* name :
         {"RAY_ADDRESS", "RAY_NUM_CPUS", "RAY_REDIS_PASSWORD",
          "RAY_REDIS_PASSWORD_FILE", "RAYD_SESSION_DIR"})
      ::unsetenv(name);
    ::setenv("XDG_STATE_HOME", folder.path().c_str(), 1);
    ::setenv("RAYD_EXECUTABLE", context.executable.c_str(), 1);
  }
  arguments inner{"microbenchmark", "measure"};
  inner.insert(inner.end(), args.begin(), args.end());
  const auto child = start_guarded(context.executable, inner);
  const int code = child < 0 ? -1 : wait_guarded(child);
  if (request.address.empty()) {
    if (!running_sessions(base).empty())
      run_child(context.executable, {"stop"}, std::chrono::seconds{30});
    await_no_nodes(base, std::chrono::seconds{20});
  }
  if (child < 0)
    return complain(context, exit_code::failed,
                    fmt::format("{} cannot be started", context.executable));
  return code;
}

} // namespace

int run_microbenchmark(command_context& context, const arguments& args) {
  auto given = parse_flags("microbenchmark", flags, args, 1);
  if (given.help) {
    context.out << describe_flags(usage, flags);
    return 0;
  }
  benchmark_request request;
  if (given.problem.empty())
    given.problem = read_request(given, request);
  if (!given.problem.empty())
    return complain(context, exit_code::usage, given.problem);
  const auto part = given.words.empty() ? std::string{} : given.words[0];
  if (part == "calibration")
    return run_calibration(context);
  if (part == "first-result")
    return run_first_result(context);
  if (part == "measure")
    return run_measurement(context, std::move(request));
  if (!part.empty())
    return complain(context, exit_code::usage,
                    fmt::format("there is no part {} of the benchmark: run "
                                "rayd microbenchmark",
                                part));
  return run_supervised(context, args, request);
}

} // namespace rayd
