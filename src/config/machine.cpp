#include "config/machine.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sched.h>
#include <sstream>
#include <unistd.h>
#include <vector>

namespace rayd {

namespace {

/// Folders of this process's cgroup of *controller* ("" for v2) below
/// *cgroups*, from its own up to the root.
std::vector<std::string> cgroup_folders(const std::string& proc,
                                        const std::string& cgroups,
                                        const std::string& controller) {
  std::ifstream in{proc + "/self/cgroup"};
  std::vector<std::string> folders;
  for (std::string line; std::getline(in, line);) {
    auto first = line.find(':');
    auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos)
      continue;
    auto names = "," + line.substr(first + 1, second - first - 1) + ",";
    auto wanted = controller.empty() ? ",," : "," + controller + ",";
    if (names.find(wanted) == std::string::npos)
      continue;
    auto base = controller.empty() ? cgroups : cgroups + "/" + controller;
    auto path = line.substr(second + 1);
    while (path.size() > 1) {
      folders.push_back(base + path);
      path.resize(path.rfind('/'));
    }
    // In a container the root is what the container got.
    folders.push_back(base);
  }
  return folders;
}

std::optional<double> number_in(const std::string& file) {
  std::ifstream in{file};
  double value = 0;
  if (in >> value && value > 0)
    return value;
  return std::nullopt;
}

/// CPUs by cpu.max ("max 100000", "150000 100000").
std::optional<double> quota_v2(const std::string& folder) {
  std::ifstream in{folder + "/cpu.max"};
  double quota = 0;
  double period = 0;
  if (in >> quota >> period && quota > 0 && period > 0)
    return quota / period;
  return std::nullopt;
}

std::optional<double> quota_v1(const std::string& folder) {
  auto quota = number_in(folder + "/cpu.cfs_quota_us");
  auto period = number_in(folder + "/cpu.cfs_period_us");
  if (quota && period)
    return *quota / *period;
  return std::nullopt;
}

} // namespace

double usable_cpus(const std::string& proc, const std::string& cgroups,
                   int affinity_cpus) {
  auto cpus = static_cast<double>(std::max(1, affinity_cpus));
  for (auto& folder : cgroup_folders(proc, cgroups, ""))
    cpus = std::min(cpus, quota_v2(folder).value_or(cpus));
  for (auto& folder : cgroup_folders(proc, cgroups, "cpu"))
    cpus = std::min(cpus, quota_v1(folder).value_or(cpus));
  return std::max(1.0, std::floor(cpus));
}

std::uint64_t usable_memory(const std::string& proc,
                            const std::string& cgroups,
                            std::uint64_t machine_bytes) {
  auto bytes = static_cast<double>(machine_bytes);
  for (auto& folder : cgroup_folders(proc, cgroups, ""))
    bytes = std::min(bytes,
                     number_in(folder + "/memory.max").value_or(bytes));
  for (auto& folder : cgroup_folders(proc, cgroups, "memory"))
    bytes = std::min(
      bytes, number_in(folder + "/memory.limit_in_bytes").value_or(bytes));
  return static_cast<std::uint64_t>(bytes);
}

double usable_cpus() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  int cpus = 1;
  // Machines with more than 1,024 CPUs need a larger mask than this one.
  if (::sched_getaffinity(0, sizeof mask, &mask) == 0)
    cpus = CPU_COUNT(&mask);
  else
    cpus = static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN));
  return usable_cpus("/proc", "/sys/fs/cgroup", cpus);
}

std::uint64_t usable_memory() {
  auto pages = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES));
  auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return usable_memory("/proc", "/sys/fs/cgroup", pages * page);
}

std::vector<std::string> usable_gpus(const std::string& dev,
                                     const char* visible_devices) {
  std::vector<std::string> names;
  if (visible_devices != nullptr) {
    std::istringstream in{visible_devices};
    for (std::string name; std::getline(in, name, ',');) {
      std::erase(name, ' ');
      // As for CUDA, what follows a -1 is hidden.
      if (name.empty() || name == "-1")
        break;
      names.push_back(name);
    }
    return names;
  }
  const auto there = [&] {
    return ::access((dev + "/nvidia" + std::to_string(names.size())).c_str(),
                    F_OK)
           == 0;
  };
  while (there())
    names.push_back(std::to_string(names.size()));
  return names;
}

std::vector<std::string> usable_gpus() {
  return usable_gpus("/dev", std::getenv("CUDA_VISIBLE_DEVICES"));
}

std::vector<std::string> gpu_names(double count,
                                   std::vector<std::string> usable) {
  const auto wanted = static_cast<std::size_t>(std::ceil(count));
  for (std::size_t i = usable.size(); i < wanted; ++i)
    usable.push_back(std::to_string(i));
  usable.resize(wanted);
  return usable;
}

} // namespace rayd
