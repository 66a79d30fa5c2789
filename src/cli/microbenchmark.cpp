#include "cli/commands.hpp"

#include "cli/flags.hpp"
#include "cli/microbenchmark_child.hpp"
#include "cli/microbenchmark_run.hpp"
#include "config/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <ostream>

namespace rayd {

namespace {

using std::chrono::microseconds;

const std::vector<flag> flags{
  {"rows", "N,N,...", "Only these rows; all without it."},
  {"seconds", "S", "How long one run takes at least; 2 without it."},
  {"runs", "N", "How many runs of each row; 5 without it."},
  {"json", "", "Print the report as JSON."},
  {"address", "HOST[:PORT]",
   "Measure this cluster (auto: the one on this machine) instead of starting "
   "one; rows that start nodes are left out."},
  {"inject-delay-us", "N",
   "For tests of the benchmark: every operation takes N microseconds longer, "
   "and nothing is calibrated."},
};

constexpr std::string_view usage
  = "rayd microbenchmark [FLAGS], or rayd microbenchmark calibration";

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

/// False when *text* is no list of numbers.
bool read_rows(const std::string& text, std::vector<int>& rows) {
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find(',', at), text.size());
    int number = 0;
    if (!read_number(text.substr(at, end - at), 1, number))
      return false;
    rows.push_back(number);
    at = end + 1;
  }
  return true;
}

/// @returns One sentence when a flag is wrong.
std::string read_request(const parsed_flags& given,
                         benchmark_request& request) {
  request.json = given.value("json") == "true";
  request.address = given.value("address");
  const auto wrong = [&](const char* name, const char* what) {
    return fmt::format("--{}: \"{}\" is not {}", name, given.value(name), what);
  };
  if (given.has("rows") && !read_rows(given.value("rows"), request.rows))
    return wrong("rows", "a list of row numbers, such as 1,2,10");
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
  request.calibrate = !given.has("inject-delay-us");
  return {};
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
    ::setenv("TMPDIR", folder.path().c_str(), 1);
    ::setenv("RAYD_EXECUTABLE", context.executable.c_str(), 1);
  }
  arguments inner{"microbenchmark", "measure"};
  inner.insert(inner.end(), args.begin(), args.end());
  const auto child = start_guarded(context.executable, inner);
  const int code = child < 0 ? -1 : wait_guarded(child);
  if (request.address.empty()) {
    if (!running_sessions(base).empty())
      run_child(context.executable, {"stop"}, std::chrono::seconds{30});
  }
  // Private clusters end by themselves once their program has.
  await_descendants(std::chrono::seconds{20});
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
  if (part == "measure")
    return context.run_benchmark(context, benchmark_part::measure, request);
  if (part == "calibration")
    return context.run_benchmark(context, benchmark_part::calibrate, request);
  if (part == "first-result")
    return context.run_benchmark(context, benchmark_part::first_result,
                                 request);
  if (!part.empty())
    return complain(context, exit_code::usage,
                    fmt::format("there is no part {} of the benchmark: run "
                                "rayd microbenchmark",
                                part));
  return run_supervised(context, args, request);
}

} // namespace rayd
