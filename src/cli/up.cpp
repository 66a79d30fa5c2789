#include "cli/commands.hpp"

#include "cli/cluster_script.hpp"
#include "cli/flags.hpp"
#include "cli/host_shell.hpp"
#include "cli/shell_text.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <ostream>
#include <sstream>

namespace rayd {

namespace {

using scripts = std::vector<host_script>;

// How lines of `rayd start` and `rayd stop` begin that are worth showing.
constexpr std::string_view started = "node ";
constexpr std::string_view stopped = "stopped ";

const std::vector<flag> flags{
  {"dry-run", "", "Print the commands and run nothing."},
};

/// A command line of up or down that was understood.
struct cluster_request {
  cluster_file cluster;
  bool dry_run = false;
};

/// The request, or the exit code of a command that is done.
std::optional<cluster_request> read_request(command_context& context,
                                            const char* name,
                                            const arguments& args, int& code) {
  auto given = parse_flags(name, flags, args, 1);
  code = 0;
  if (given.help) {
    context.out << describe_flags(fmt::format("rayd {} FILE [FLAGS]", name),
                                  flags);
    return std::nullopt;
  }
  if (given.problem.empty() && given.words.empty())
    given.problem = fmt::format("rayd {} needs the cluster's file: rayd {} "
                                "cluster.conf",
                                name, name);
  if (given.problem.empty()) {
    auto read = read_cluster_file(given.words[0]);
    if (read)
      return cluster_request{*read, given.value("dry-run") == "true"};
    given.problem = read.error().message;
  }
  code = complain(context, exit_code::usage, given.problem);
  return std::nullopt;
}

/// One sentence of a host's, without the name of the program that said it.
std::string sentence_of(const cluster_file& cluster, const std::string& host,
                        std::string line) {
  if (line.rfind("rayd: ", 0) == 0)
    line.erase(0, 6);
  while (!line.empty() && (line.back() == '\r' || line.back() == ' '))
    line.pop_back();
  if (line.find("Host key verification failed") != std::string::npos) {
    auto target = cluster.ssh_user.empty() ? host
                                           : cluster.ssh_user + "@" + host;
    line += fmt::format(
      " If you trust that host, run once: ssh{} {}",
      cluster.ssh_port == 0 ? "" : fmt::format(" -p {}", cluster.ssh_port),
      target);
  }
  return line;
}

/// Shows what a host said, each line behind the host's name. *wanted* is how
/// lines begin that are worth showing.
void show(command_context& context, const cluster_file& cluster,
          const std::string& host, const host_result& result,
          std::string_view wanted) {
  std::istringstream out{result.out};
  for (std::string line; std::getline(out, line);)
    if (line.rfind(wanted, 0) == 0)
      context.out << fmt::format("{}: {}\n", host, line);
  std::istringstream err{result.err};
  auto said = false;
  for (std::string line; std::getline(err, line);) {
    line = sentence_of(cluster, host, line);
    // That a part of a host's members is gone already is no news.
    if (line.empty() || line.rfind("no node of ", 0) == 0)
      continue;
    context.talk << fmt::format("{}: {}\n", host, line);
    said = true;
  }
  if (wanted == stopped && result.code == 0
      && result.out.find(stopped) == std::string::npos)
    context.talk << fmt::format("{}: no node of {} runs there\n", host,
                                cluster.name);
  if (result.code != 0 && !said)
    context.talk << fmt::format("{}: its shell ended with code {}\n", host,
                                result.code);
  context.out << std::flush;
}

/// Runs scripts beside each other and shows them in their order.
/// @returns How many failed.
std::size_t run_scripts(command_context& context, const cluster_file& cluster,
                        std::span<const host_script> all,
                        std::string_view wanted) {
  std::vector<host_shell> running;
  for (auto& one : all)
    running.emplace_back(one);
  std::size_t failed = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    auto result = running[i].wait();
    show(context, cluster, all[i].host, result, wanted);
    failed += result.code == 0 ? 0 : 1;
  }
  return failed;
}

int print_scripts(command_context& context, const scripts& all) {
  for (auto& one : all)
    context.out << fmt::format("# {}\n{}", one.host, one.shown);
  return 0;
}

/// How a program gets there.
std::string invitation(const cluster_file& cluster) {
  if (is_local_host(cluster.head.host))
    return "RAY_ADDRESS=auto PROGRAM";
  return fmt::format("RAY_ADDRESS={} RAY_REDIS_PASSWORD_FILE={} PROGRAM",
                     to_string(cluster.head_address()),
                     shell_word(cluster.secret_file));
}

int start_all(command_context& context, const cluster_file& cluster,
              const scripts& all) {
  auto head = host_shell{all[0]}.wait();
  show(context, cluster, all[0].host, head, started);
  auto some_node = static_cast<int>(script_code::some_node);
  if (head.code != 0 && head.code != some_node)
    return complain(context, exit_code::failed,
                    fmt::format("the head of {} did not start, so its nodes "
                                "were left alone",
                                cluster.name));
  auto failed = run_scripts(context, cluster, std::span{all}.subspan(1),
                            started);
  failed += head.code == 0 ? 0 : 1;
  if (failed > 0)
    return complain(context, exit_code::failed,
                    fmt::format("{} is not complete: {} of {} hosts failed; "
                                "rayd up again starts what is missing",
                                cluster.name, failed, all.size()));
  context.talk << fmt::format("{} is up: {} runs a program on it\n",
                              cluster.name, invitation(cluster));
  return 0;
}

} // namespace

int run_up(command_context& context, const arguments& args) {
  int code = 0;
  auto request = read_request(context, "up", args, code);
  if (!request)
    return code;
  auto& cluster = request->cluster;
  if (request->dry_run) {
    if (!cluster.secret_file.empty()
        && !std::filesystem::exists(cluster.secret_file))
      context.out << fmt::format("# makes {} with a random secret\n",
                                 cluster.secret_file);
    return print_scripts(context, up_scripts(cluster, context.executable, {}));
  }
  std::string line;
  if (!cluster.secret_file.empty()) {
    auto known = read_or_make_secret(cluster.secret_file);
    if (!known)
      return complain(context, exit_code::usage, known.error().message);
    line = known->reveal();
  }
  return start_all(context, cluster,
                   up_scripts(cluster, context.executable, line));
}

int run_down(command_context& context, const arguments& args) {
  int code = 0;
  auto request = read_request(context, "down", args, code);
  if (!request)
    return code;
  auto& cluster = request->cluster;
  auto all = down_scripts(cluster, context.executable);
  if (request->dry_run)
    return print_scripts(context, all);
  // Nodes first: they can say goodbye while their head still answers.
  auto nodes = std::span{all}.first(all.size() - 1);
  auto failed = run_scripts(context, cluster, nodes, stopped);
  failed += run_scripts(context, cluster, std::span{all}.last(1), stopped);
  if (failed == 0)
    return 0;
  return complain(context, exit_code::failed,
                  fmt::format("{} of {} hosts failed: nodes of {} may still "
                              "run there",
                              failed, all.size(), cluster.name));
}

} // namespace rayd
