#include "cli/commands.hpp"

#include "cli/flags.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <ostream>
#include <unistd.h>

namespace rayd {

namespace {

using std::chrono::milliseconds;
using clock = std::chrono::steady_clock;

/// How long a node may drain after SIGTERM.
constexpr milliseconds drain_time{10'000};

const std::vector<flag> flags{
  {"node", "ID", "End only this node: its id, or its session folder's name."},
  {"cluster", "NAME", "End only what rayd up started here for this cluster; "
                      "NAME/head and NAME/HOST are parts of it."},
  {"session-dir", "DIR", "Where the session folders are."},
};

std::string describe(const session& one) {
  return fmt::format("{} (process {})",
                     one.record.node_id.empty()
                       ? one.folder.filename().string()
                       : fmt::format("{} {}", to_string(one.record.role),
                                     one.record.node_id),
                     one.record.process.pid);
}

/// Ends *group* together: one that hangs does not delay the others.
/// @returns How many could not be ended.
int end_group(command_context& context, std::vector<session>& group) {
  for (auto& one : group)
    signal_process(one.record.process, SIGTERM);
  auto deadline = clock::now() + drain_time;
  int alive = 0;
  for (auto& one : group) {
    auto left = std::chrono::duration_cast<milliseconds>(deadline
                                                         - clock::now());
    auto drained = await_end(one.record.process, std::max(milliseconds{0},
                                                          left));
    if (!drained) {
      signal_process(one.record.process, SIGKILL);
      if (!await_end(one.record.process, milliseconds{5'000})) {
        ++alive;
        complain(context, exit_code::failed,
                 fmt::format("{} does not end even by SIGKILL: look at it with "
                             "ps -p {}",
                             describe(one), one.record.process.pid));
        continue;
      }
    }
    auto leftovers = kill_leftovers(one);
    end_session(one);
    context.out << fmt::format("stopped {}{}{}\n", describe(one),
                               drained ? "" : ", killed after 10 s",
                               leftovers == 0
                                 ? ""
                                 : fmt::format(", with {} processes that it "
                                               "had left",
                                               leftovers));
  }
  return alive;
}

/// True when *one* belongs to a cluster of rayd up, or to a part of it; "" is
/// for all.
bool is_member(const session& one, const std::string& cluster) {
  return cluster.empty() || one.record.member == cluster
         || one.record.member.rfind(cluster + "/", 0) == 0;
}

/// Cleans up after nodes that died without doing it themselves.
int sweep_dead(command_context& context, const std::string& base,
               const std::string& cluster) {
  int found = 0;
  for (auto& one : all_sessions(base)) {
    if (one.record.process.pid == 0 || one.is_live()
        || one.record.state == "ended" || !is_member(one, cluster))
      continue;
    // Its number may belong to someone else by now: only what was recorded
    // with its start time is ours.
    one.record.own_kernel_session = false;
    auto leftovers = kill_leftovers(one);
    end_session(one);
    context.out << fmt::format("cleaned up after {}, which had died{}\n",
                               describe(one),
                               leftovers == 0
                                 ? ""
                                 : fmt::format(", and ended {} processes of "
                                               "it",
                                               leftovers));
    ++found;
  }
  return found;
}

/// The nodes that are meant: one by name, those of a cluster of rayd up, or all
/// that `rayd start` started. Clusters and nodes that programs started end with
/// these.
std::vector<session> choose(const std::string& base, const std::string& name,
                            const std::string& cluster) {
  auto nodes = running_sessions(base);
  std::erase_if(nodes, [&](auto& one) {
    if (!is_member(one, cluster))
      return true;
    return name.empty() ? one.record.is_private
                        : one.record.node_id != name
                            && one.folder.filename() != name;
  });
  return nodes;
}

} // namespace

int run_stop(command_context& context, const arguments& args) {
  auto given = parse_flags("stop", flags, args);
  if (given.help) {
    context.out << describe_flags("rayd stop [FLAGS]", flags);
    return 0;
  }
  if (!given.problem.empty())
    return complain(context, exit_code::usage, given.problem);
  auto base = session_base(context, given.value("session-dir"));
  auto name = given.value("node");
  auto cluster = given.value("cluster");
  if (given.has("cluster") && cluster.empty())
    return complain(context, exit_code::usage, "--cluster needs a name");
  auto nodes = choose(base, name, cluster);
  if (!name.empty() && nodes.empty())
    return complain(context, exit_code::failed,
                    fmt::format("no node {} of yours runs on this machine: "
                                "rayd list nodes shows them",
                                name));
  if (!name.empty() && nodes.size() > 1)
    return complain(context, exit_code::usage,
                    fmt::format("{} clusters here have a node {}: give the "
                                "folder's name instead, such as --node={}",
                                nodes.size(), name,
                                nodes[0].folder.filename().string()));
  // Nodes first: they can say goodbye while their head still answers.
  auto heads = std::stable_partition(
    nodes.begin(), nodes.end(),
    [](auto& one) { return one.record.role == node_role::node; });
  std::vector<session> last(heads, nodes.end());
  nodes.erase(heads, nodes.end());
  auto alive = end_group(context, nodes) + end_group(context, last);
  auto swept = name.empty() ? sweep_dead(context, base, cluster) : 0;
  prune_sessions(base);
  if (nodes.empty() && last.empty() && swept == 0)
    context.talk << fmt::format("no node of {} runs on this machine\n",
                                cluster.empty() ? "yours" : cluster);
  return alive == 0 ? 0 : static_cast<int>(exit_code::failed);
}

} // namespace rayd
