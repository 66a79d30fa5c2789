#include "cli/microbenchmark_cluster.hpp"

#include "cli/microbenchmark_child.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace rayd {

namespace {

std::string read_text(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream{path}.rdbuf();
  return text.str();
}

/// 1e6 bytes; 0 when the process is gone or is not ours.
double pss_of(long pid) {
  std::ifstream lines{"/proc/" + std::to_string(pid) + "/smaps_rollup"};
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("Pss:"))
      return std::strtod(line.c_str() + 4, nullptr) * 1024 / 1e6;
  return 0;
}

std::string kind_of_child(long pid) {
  const auto command = read_text("/proc/" + std::to_string(pid) + "/cmdline");
  if (command.find("redis") != std::string::npos)
    return "redis";
  if (command.find("--ray-role=worker") != std::string::npos)
    return "worker";
  return "other";
}

} // namespace

std::vector<memory_figure> measure_memory(const std::string& base) {
  std::vector<memory_figure> figures;
  const auto add = [&](const std::string& process, long pid) {
    const auto pss = pss_of(pid);
    auto at = std::find_if(figures.begin(), figures.end(),
                           [&](auto& one) { return one.process == process; });
    if (at == figures.end())
      at = figures.insert(at, {process, 0, 0});
    at->pss_megabytes = (at->pss_megabytes * at->count + pss) / (at->count + 1);
    ++at->count;
  };
  for (const auto& one : running_sessions(base)) {
    const auto pid = one.record.process.pid;
    add(one.record.role == node_role::head ? "head" : "node", pid);
    for (const auto child : children_of(pid))
      add(kind_of_child(child), child);
  }
  return figures;
}

} // namespace rayd
