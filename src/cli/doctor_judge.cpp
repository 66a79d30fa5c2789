#include "cli/doctor_judge.hpp"

#include "cli/shell_text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace rayd {

namespace {

using findings = std::vector<finding>;
using state = finding_state;

constexpr std::uint64_t mib = std::uint64_t{1} << 20;
/// Each worker and each peer takes a handful of descriptors of a node.
constexpr std::uint64_t open_files_least = 256;
constexpr std::uint64_t open_files_good = 1024;
/// 1 January 2023: before any version of rayd.
constexpr std::int64_t wall_clock_least_s = 1'672'531'200;
/// Logs and the control state of a small cluster.
constexpr std::uint64_t session_bytes_least = 16 * mib;
constexpr std::uint64_t session_bytes_good = 1024 * mib;

void judge_port(const effective_options& effective, const machine_facts& facts,
                const std::vector<session_facts>& sessions, findings& all) {
  auto& options = effective.options;
  auto is_node = effective.has_role && options.role == node_role::node;
  auto port = is_node ? options.node_port : options.port;
  if (port == 0) {
    all.push_back({state::ok, "port", "any free port is taken"});
    return;
  }
  if (facts.port_free) {
    all.push_back({state::ok, "port", fmt::format("port {} is free", port)});
    return;
  }
  auto flag = is_node ? "--node-port" : "--port";
  auto own = std::find_if(sessions.begin(), sessions.end(), [&](auto& one) {
    return one.live && one.port == port;
  });
  if (own != sessions.end())
    all.push_back({state::note, "port",
                   fmt::format("port {} is taken by your own node {}: rayd "
                               "stop ends it, {}=N takes another port",
                               port, own->node_id, flag)});
  else if (!facts.port_error.empty())
    all.push_back(
      {state::problem, "port",
       fmt::format("port {} cannot be taken{}: {}; give another with {}=N",
                   port,
                   facts.port_owner.empty() ? ""
                                            : ", " + facts.port_owner
                                                + " has it",
                   facts.port_error, flag)});
}

/// Major version of "7.0.15"; 0 when there is none.
int major_of(const std::string& version) {
  int major = 0;
  for (char c : version) {
    if (c < '0' || c > '9' || major > 999)
      break;
    major = major * 10 + (c - '0');
  }
  return major;
}

void judge_redis(const effective_options& effective,
                 const machine_facts& facts, findings& all) {
  if (effective.has_role && effective.options.role == node_role::node)
    return;
  if (facts.redis_path.empty())
    all.push_back({state::problem, "redis",
                   "no redis-server is on PATH and a head needs one: install "
                   "the package redis-tools or redis-server"});
  else if (facts.redis_version.empty())
    all.push_back({state::problem, "redis",
                   fmt::format("{} does not say its version, so it may not "
                               "run: run it with --version",
                               facts.redis_path)});
  else if (major_of(facts.redis_version) < 6)
    all.push_back({state::problem, "redis",
                   fmt::format("{} is Redis {}: install 6.0 or later",
                               facts.redis_path, facts.redis_version)});
  else
    all.push_back({state::ok, "redis",
                   fmt::format("Redis {} at {}", facts.redis_version,
                               facts.redis_path)});
}

void judge_store_folder(const node_options& options,
                        const folder_facts& folder, findings& all) {
  auto need = options.object_store_memory;
  if (!folder.exists)
    all.push_back({state::problem, "store",
                   fmt::format("{} is not there: make it, or leave out "
                               "--object-store-dir",
                               options.object_store_dir)});
  else if (!folder.writable)
    all.push_back({state::problem, "store",
                   fmt::format("{} has mode {:04o} and you may not write "
                               "there: give another --object-store-dir, or "
                               "leave it out",
                               folder.path, folder.mode)});
  else if (folder.filesystem != "tmpfs" && folder.filesystem != "hugetlbfs")
    all.push_back({state::problem, "store",
                   fmt::format("{} is on {}, not on a tmpfs: give another "
                               "--object-store-dir, or leave it out",
                               folder.path, folder.filesystem)});
  else if (folder.free_bytes < need)
    all.push_back({state::problem, "store",
                   fmt::format("{} has {} free and the object store takes {}: "
                               "enlarge it, or give less with "
                               "--object-store-memory",
                               folder.path, format_size(folder.free_bytes),
                               format_size(need))});
  else
    all.push_back({state::ok, "store",
                   fmt::format("{} has {} free for the object store's {}",
                               folder.path, format_size(folder.free_bytes),
                               format_size(need))});
}

void judge_memory(const node_options& options, const machine_facts& facts,
                  findings& all) {
  auto need = options.object_store_memory;
  if (facts.store_folder)
    judge_store_folder(options, *facts.store_folder, all);
  else if (!facts.memory_files)
    all.push_back({state::problem, "store",
                   "the kernel gives no anonymous shared memory "
                   "(memfd_create): allow it, or give a folder on a tmpfs "
                   "with --object-store-dir"});
  else
    all.push_back({state::ok, "store",
                   fmt::format("the object store may take {} of anonymous "
                               "memory and needs no /dev/shm",
                               format_size(need))});
  auto has = fmt::format("{} of {} are free",
                         format_size(facts.memory_available),
                         format_size(facts.memory_usable));
  if (facts.memory_available < need)
    all.push_back({state::note, "memory",
                   fmt::format("{}, less than the object store may take: end "
                               "other programs, or give less than {} with "
                               "--object-store-memory",
                               has, format_size(need))});
  else
    all.push_back({state::ok, "memory", has});
}

void judge_kernel(const machine_facts& facts, findings& all) {
  const auto files = facts.open_files;
  if (files < open_files_good)
    all.push_back({files < open_files_least ? state::problem : state::note,
                   "files",
                   fmt::format("a node may have {} files open, few for many "
                               "workers: have the limit nofile raised",
                               files)});
  else
    all.push_back({state::ok, "files",
                   fmt::format("a node may have {} files open", files)});
  if (facts.huge_pages == "always" && facts.overcommit == 2)
    all.push_back({state::note, "pages",
                   "huge pages are always used and memory is not overcommitted:"
                   " run sysctl vm.overcommit_memory=1 if workers cannot "
                   "start"});
  else if (facts.huge_pages.empty())
    all.push_back({state::note, "pages",
                   "the kernel has no transparent huge pages: large objects "
                   "cost more page faults"});
  else
    all.push_back({state::ok, "pages",
                   fmt::format("transparent huge pages: {}, of shared memory: "
                               "{}",
                               facts.huge_pages,
                               facts.huge_pages_shared.empty()
                                 ? "never"
                                 : facts.huge_pages_shared)});
}

bool is_remote(const std::string& filesystem) {
  for (auto name : {"nfs", "smb", "cifs", "fuse", "9p", "ceph", "afs"})
    if (filesystem == name)
      return true;
  return false;
}

void judge_session(const machine_facts& facts, findings& all) {
  auto& folder = facts.session_base;
  auto has = fmt::format("{} is on {} with {} free", folder.path,
                         folder.filesystem, format_size(folder.free_bytes));
  if (folder.exists && !folder.own)
    all.push_back({state::problem, "session",
                   fmt::format("{} belongs to another user: give a folder of "
                               "your own with --session-dir",
                               folder.path)});
  else if (folder.exists && (folder.mode & 077) != 0)
    all.push_back({state::problem, "session",
                   fmt::format("{} has mode {:04o} and is open to others: run "
                               "chmod 700 {}",
                               folder.path, folder.mode,
                               shell_word(folder.path))});
  else if (!folder.writable)
    all.push_back({state::problem, "session",
                   fmt::format("you may not write to {}: give another folder "
                               "with --session-dir",
                               folder.path)});
  else if (folder.free_bytes < session_bytes_least)
    all.push_back({state::problem, "session",
                   has + ": make room for logs and control state"});
  else if (folder.free_bytes < session_bytes_good)
    all.push_back({state::note, "session",
                   has + ", little for logs and control state"});
  else if (is_remote(folder.filesystem))
    all.push_back({state::note, "session",
                   has + ", not a disk of this machine: sockets and control "
                         "state are better on one, see --session-dir"});
  else
    all.push_back({state::ok, "session", has});
}

void judge_sessions(const std::vector<session_facts>& sessions,
                    findings& all) {
  std::string died;
  std::size_t live = 0;
  for (auto& one : sessions) {
    live += one.live ? 1 : 0;
    if (one.live && one.version != RAYD_VERSION)
      all.push_back({state::note, "version",
                     fmt::format("node {} in {} runs rayd {} and this is "
                                 RAYD_VERSION ": they do not join one cluster",
                                 one.node_id, one.folder, one.version)});
    if (one.died)
      died += (died.empty() ? "" : ", ") + one.folder;
  }
  if (!died.empty())
    all.push_back({state::note, "leftovers",
                   fmt::format("nodes died without cleaning up in {}: rayd "
                               "stop ends your nodes and cleans up after "
                               "these",
                               died)});
  else
    all.push_back({state::ok, "leftovers",
                   fmt::format("no node died without cleaning up, {} {}", live,
                               live == 1 ? "runs" : "run")});
}

void judge_rest(const machine_facts& facts, findings& all) {
  if (facts.wall_clock_s < wall_clock_least_s)
    all.push_back({state::problem, "clock",
                   "the clock stands before 2023: set it, or times of tasks "
                   "and logs mean nothing"});
  else if (facts.clock_synchronised == false)
    all.push_back({state::note, "clock",
                   "nobody keeps the clock right: run an NTP service, or "
                   "times of several machines do not match"});
  else
    all.push_back({state::ok, "clock",
                   facts.clock_synchronised ? "the clock is kept right"
                                            : "the clock is set"});
  if (facts.ssh_path.empty())
    all.push_back({state::note, "ssh",
                   "no ssh is on PATH: rayd up reaches other machines by it, "
                   "install the package openssh-client"});
  else
    all.push_back({state::ok, "ssh", facts.ssh_path});
}

} // namespace

std::string_view to_string(finding_state value) noexcept {
  switch (value) {
    case state::ok: return "ok";
    case state::note: return "note";
    case state::problem: return "problem";
  }
  return "problem";
}

std::vector<finding> judge(const effective_options& effective,
                           const machine_facts& facts,
                           const std::vector<session_facts>& sessions) {
  findings all;
  judge_port(effective, facts, sessions, all);
  judge_redis(effective, facts, all);
  judge_memory(effective.options, facts, all);
  judge_kernel(facts, all);
  judge_session(facts, all);
  judge_sessions(sessions, all);
  judge_rest(facts, all);
  return all;
}

std::vector<finding> judge_cluster(const std::string& status_json,
                                   std::string_view version) {
  auto answer = nlohmann::json::parse(status_json, nullptr, false);
  if (!answer.is_object() || !answer["nodes"].is_array())
    return {{state::problem, "cluster",
             "the cluster's answer is not as this version of rayd expects: "
             "use the rayd of the cluster's version"}};
  auto text = [](const nlohmann::json& from, const char* key) {
    auto found = from.find(key);
    return found != from.end() && found->is_string()
             ? found->get<std::string>()
             : std::string{};
  };
  findings all;
  if (auto other = text(answer, "version"); other != version)
    all.push_back({state::problem, "cluster",
                   fmt::format("the cluster runs rayd {} and this is {}: use "
                               "one version everywhere",
                               other.empty() ? "of another version" : other,
                               version)});
  std::size_t alive = 0;
  std::string others;
  for (auto& node : answer["nodes"]) {
    if (!node.is_object())
      continue;
    auto is = text(node, "state");
    if (is == "alive")
      ++alive;
    else if (is == "suspect")
      others += (others.empty() ? "" : ", ") + text(node, "id");
  }
  if (!others.empty())
    all.push_back({state::note, "cluster",
                   fmt::format("the head hears nothing of {}: look at the "
                               "network and at that machine",
                               others)});
  if (all.empty())
    all.push_back({state::ok, "cluster",
                   fmt::format("{} {} alive, all with rayd {}", alive,
                               alive == 1 ? "node is" : "nodes are", version)});
  return all;
}

} // namespace rayd
