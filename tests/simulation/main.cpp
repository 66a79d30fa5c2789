// simulation --seed N [--trace]        one run again
// simulation [--from N] --seeds N [--seconds S]   many runs, one after another
// simulation --mutant NAME ...         with a fault switched on: must be found
// --trouble KIND instead of the one that each seed chooses: none, workers,
//   nodes, silence, all
// --full-stores: stores want space all the time, objects go to disk and back
// --jobs J splits the seeds over J processes.

#include "world.hpp"

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <optional>

#include <sys/wait.h>
#include <unistd.h>

using namespace rayd::simulation;

namespace {

struct arguments {
  std::optional<std::uint64_t> seed;
  std::uint64_t from = 1;
  std::uint64_t seeds = 2000;
  double seconds = 0; ///< 0: no limit.
  unsigned jobs = 1;
  bool trace = false;
  bool full_stores = false;
  std::optional<trouble> kind;
  std::string mutant;
};

using switch_on = std::function<void(world_options&)>;

const std::map<std::string, switch_on>& mutants() {
  static const std::map<std::string, switch_on> all{
    {"accept_old_grant",
     [](auto& o) { o.node_faults.accept_old_grant = true; }},
    {"accept_stale_result",
     [](auto& o) { o.node_faults.accept_stale_result = true; }},
    {"ack_before_retain",
     [](auto& o) { o.node_faults.ack_before_retain = true; }},
    {"forget_node_tasks",
     [](auto& o) { o.node_faults.forget_node_tasks = true; }},
    {"ignore_views", [](auto& o) { o.node_faults.ignore_views = true; }},
    {"keep_dead_load", [](auto& o) { o.head.keep_dead_load = true; }},
    {"accept_old_load", [](auto& o) { o.head.accept_old_load = true; }},
    {"forget_assigned", [](auto& o) { o.head.forget_assigned = true; }},
    {"answer_before_stored",
     [](auto& o) { o.head.answer_before_stored = true; }},
  };
  return all;
}

const std::map<std::string, trouble>& troubles() {
  static const std::map<std::string, trouble> all{
    {"none", trouble::none},   {"workers", trouble::workers},
    {"nodes", trouble::nodes}, {"silence", trouble::silence},
    {"all", trouble::all},
  };
  return all;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now()
                                       - start)
    .count();
}

[[noreturn]] void usage() {
  std::fputs("usage: simulation [--seed N] [--from N] [--seeds N] "
             "[--seconds S] [--jobs J] [--trace] [--trouble KIND] "
             "[--full-stores] "
             "[--mutant NAME]\n",
             stderr);
  std::exit(2);
}

arguments parse(int argc, char** argv) {
  arguments given;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--trace") {
      given.trace = true;
      continue;
    }
    if (name == "--full-stores") {
      given.full_stores = true;
      continue;
    }
    if (i + 1 == argc)
      usage();
    const char* value = argv[++i];
    if (name == "--seed")
      given.seed = std::strtoull(value, nullptr, 10);
    else if (name == "--from")
      given.from = std::strtoull(value, nullptr, 10);
    else if (name == "--seeds")
      given.seeds = std::strtoull(value, nullptr, 10);
    else if (name == "--seconds")
      given.seconds = std::strtod(value, nullptr);
    else if (name == "--jobs")
      given.jobs = static_cast<unsigned>(std::strtoul(value, nullptr, 10));
    else if (name == "--trouble" && troubles().contains(value))
      given.kind = troubles().at(value);
    else if (name == "--mutant" && mutants().contains(value))
      given.mutant = value;
    else
      usage();
  }
  if (given.seed) {
    given.from = *given.seed;
    given.seeds = 1;
  }
  return given;
}

struct totals {
  std::uint64_t seeds = 0, events = 0, tasks = 0, placed = 0, values = 0,
                errors = 0;
};

/// @returns the violation that *seed* shows, if any.
std::optional<std::string> run_seed(const arguments& given, std::uint64_t seed,
                                    totals& sum) {
  world_options options;
  options.seed = seed;
  options.trace = given.trace;
  options.full_stores = given.full_stores;
  options.kind = given.kind;
  if (!given.mutant.empty())
    mutants().at(given.mutant)(options);
  std::optional<std::string> wrong;
  world all{options};
  try {
    all.run();
  } catch (const violation& found) {
    wrong = fmt::format("seed {} ({}) at {} us: {}", seed, name_of(all.kind),
                        all.time.now(), found.what());
  }
  ++sum.seeds;
  sum.events += all.events();
  sum.tasks += all.tasks_run;
  sum.placed += all.tasks_placed;
  sum.values += all.values_checked;
  sum.errors += all.errors_accepted;
  return wrong;
}

int run_share(const arguments& given, unsigned share) {
  const auto start = std::chrono::steady_clock::now();
  totals sum;
  int failures = 0;
  for (std::uint64_t i = share; i < given.seeds; i += given.jobs) {
    if (given.seconds > 0 && seconds_since(start) > given.seconds)
      break;
    if (auto wrong = run_seed(given, given.from + i, sum)) {
      // What also fails without the mutant says nothing about it.
      auto sound = given;
      sound.mutant.clear();
      totals others;
      if (!given.mutant.empty() && run_seed(sound, given.from + i, others))
        continue;
      fmt::print("{}\n", *wrong);
      std::fflush(stdout);
      if (!given.mutant.empty()) {
        fmt::print("mutant {} is found after {} seeds, {:.1f} s\n",
                   given.mutant, sum.seeds, seconds_since(start));
        return 0;
      }
      if (++failures == 10)
        break;
    }
  }
  const auto seconds = seconds_since(start);
  fmt::print("{} seeds in {:.1f} s: {:.0f} seeds/s, {} events, {} tasks run, "
             "{} placed by the head, {} values and {} errors seen\n",
             sum.seeds, seconds, static_cast<double>(sum.seeds) / seconds,
             sum.events, sum.tasks, sum.placed, sum.values, sum.errors);
  if (!given.mutant.empty()) {
    fmt::print("mutant {} survives\n", given.mutant);
    return 1;
  }
  return failures == 0 ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
  const auto given = parse(argc, argv);
  if (given.jobs <= 1)
    return run_share(given, 0);
  std::vector<pid_t> children;
  for (unsigned share = 0; share < given.jobs; ++share) {
    std::fflush(stdout);
    const auto child = fork();
    if (child == 0) {
      const int code = run_share(given, share);
      std::fflush(stdout);
      _exit(code);
    }
    children.push_back(child);
  }
  int worst = 0;
  for (const auto child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    worst = std::max(worst, WIFEXITED(status) ? WEXITSTATUS(status) : 1);
  }
  return worst;
}
