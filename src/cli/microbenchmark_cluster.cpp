#include "cli/microbenchmark_cluster.hpp"

#include "cli/microbenchmark_child.hpp"
#include "cli/microbenchmark_row.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <thread>

namespace rayd {

namespace {

constexpr std::chrono::seconds command_limit{60};

void run_rayd_command(const std::string& executable,
                      const std::vector<std::string>& arguments) {
  const auto done = run_child(executable, arguments, command_limit);
  if (done.exit_code == 0)
    return;
  std::string words = "rayd";
  for (const auto& argument : arguments)
    words += " " + argument;
  throw std::runtime_error(
    done.exit_code < 0
      ? fmt::format("{} did not end within {} s", words, command_limit.count())
      : fmt::format("{} ended with exit code {}", words, done.exit_code));
}

} // namespace

void start_head(const std::string& executable) {
  run_rayd_command(executable,
                   {"start", "--head", "--port=0", "--host=127.0.0.1",
                    "--num-cpus=2",
                    fmt::format("--object-store-memory={}", benchmark_store)});
}

void start_other_node(const std::string& executable) {
  const auto head = find_auto(default_session_base());
  if (!head || head->record.role != node_role::head)
    throw std::runtime_error("the head that was just started has ended");
  run_rayd_command(executable,
                   {"start",
                    fmt::format("--address=127.0.0.1:{}", head->record.port),
                    "--host=127.0.0.1", "--num-cpus=1",
                    fmt::format("--resources={}=1000", other_node_resource),
                    fmt::format("--object-store-memory={}", benchmark_store)});
}

void stop_nodes(const std::string& executable) {
  run_rayd_command(executable, {"stop"});
}

two_node_cluster::two_node_cluster(const std::string& executable)
  : executable_(executable) {
  try {
    start_head(executable_);
    start_other_node(executable_);
  } catch (const std::runtime_error&) {
    run_child(executable_, {"stop"}, command_limit);
    throw;
  }
}

two_node_cluster::~two_node_cluster() {
  try {
    stop_nodes(executable_);
  } catch (const std::runtime_error&) {
    // Whoever made the session folder ends what is left.
  }
}

start_times measure_start(const std::string& executable, int runs,
                          std::chrono::microseconds delay) {
  start_times times;
  const auto timed = [&](std::vector<double>& to, auto&&... parts) {
    row_clock time;
    (parts(), ...);
    std::this_thread::sleep_for(delay);
    to.push_back(time.seconds() * 1e3);
  };
  for (int run = 0; run < runs; ++run) {
    timed(
      times.first_result, [&] { start_head(executable); },
      [&] {
        run_rayd_command(executable, {"microbenchmark", "first-result"});
      });
    timed(times.node_joins, [&] { start_other_node(executable); });
    timed(times.stop, [&] { stop_nodes(executable); });
  }
  return times;
}

} // namespace rayd
