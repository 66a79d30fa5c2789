#include "config/machine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sched.h>
#include <sstream>
#include <string_view>
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

constexpr const char* gpu_variable = "CUDA_VISIBLE_DEVICES";

/// What such a value names; of a GPU that it names again, the first.
std::vector<std::string> named_in(const char* visible_devices) {
  std::vector<std::string> names;
  std::istringstream in{visible_devices};
  for (std::string name; std::getline(in, name, ',');) {
    std::erase(name, ' ');
    // As for CUDA, what follows a -1 is hidden.
    if (name.empty() || name == "-1")
      break;
    if (std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(name);
  }
  return names;
}

std::vector<std::string> numbers_below(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i)
    names.push_back(std::to_string(i));
  return names;
}

/// "nvidia7", but not "nvidiactl".
bool is_gpu(std::string_view file) {
  constexpr std::string_view prefix = "nvidia";
  return file.starts_with(prefix) && file.size() > prefix.size()
         && file.find_first_not_of("0123456789", prefix.size())
              == std::string_view::npos;
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
  if (visible_devices != nullptr)
    return named_in(visible_devices);
  std::error_code error;
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator{dev, error})
    count += is_gpu(entry.path().filename().string()) ? 1 : 0;
  return numbers_below(count);
}

result<std::vector<std::string>> gpu_names(double count,
                                           const char* visible_devices) {
  const auto wanted = static_cast<std::size_t>(std::ceil(count));
  if (visible_devices == nullptr)
    return numbers_below(wanted);
  auto names = named_in(visible_devices);
  if (names.size() < wanted)
    return failure{ray::errc::wrong_type,
                   fmt::format("CUDA_VISIBLE_DEVICES=\"{}\" names {} GPUs, "
                               "and {} are asked for: ask for fewer, or change "
                               "the variable",
                               visible_devices, names.size(), wanted)};
  names.resize(wanted);
  return names;
}

std::vector<std::string> usable_gpus() {
  return usable_gpus("/dev", std::getenv(gpu_variable));
}

result<std::vector<std::string>> gpu_names(double count) {
  return gpu_names(count, std::getenv(gpu_variable));
}

} // namespace rayd
