#include "shared_memory/memory_headroom.hpp"

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <string_view>

namespace rayd {
namespace {

constexpr auto unlimited = std::numeric_limits<std::uint64_t>::max();

/// The number after *key* in a file of "key number" lines.
std::uint64_t field(const std::string& file, std::string_view key) {
  std::ifstream in(file);
  std::string word;
  std::uint64_t number = 0;
  while (in >> word) {
    if (word == key)
      return in >> number ? number : 0;
    in.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return 0;
}

/// A file that holds one number; nothing when it holds "max" or is not there.
std::optional<std::uint64_t> number_in(const std::string& file) {
  std::ifstream in(file);
  std::uint64_t number = 0;
  if (in >> number)
    return number;
  return std::nullopt;
}

/// How the two versions name the same things.
struct names {
  const char* limit;
  const char* usage;
  const char* inactive;
  const char* active;
};

constexpr names version_1{"/memory.limit_in_bytes", "/memory.usage_in_bytes",
                          "total_inactive_file", "total_active_file"};
constexpr names version_2{"/memory.max", "/memory.current", "inactive_file",
                          "active_file"};

std::uint64_t headroom_of(const std::string& folder, const names& file) {
  auto limit = number_in(folder + file.limit);
  auto usage = number_in(folder + file.usage);
  if (!limit || !usage)
    return unlimited;
  auto stat = folder + "/memory.stat";
  auto droppable = field(stat, file.inactive) + field(stat, file.active);
  auto needed = *usage - std::min(*usage, droppable);
  return *limit - std::min(*limit, needed);
}

/// The least of *path* below *root* and all above it.
std::uint64_t headroom_up(const std::string& root, std::string path,
                          const names& file) {
  auto least = headroom_of(root, file);
  while (path.size() > 1) {
    least = std::min(least, headroom_of(root + path, file));
    path.resize(path.rfind('/'));
  }
  return least;
}

} // namespace

std::uint64_t memory_headroom() {
  return memory_headroom("/proc", "/sys/fs/cgroup");
}

std::uint64_t memory_headroom(const std::string& proc,
                              const std::string& cgroups) {
  auto least = field(proc + "/meminfo", "MemAvailable:") * 1024;
  if (least == 0)
    least = unlimited;
  std::ifstream in(proc + "/self/cgroup");
  for (std::string line; std::getline(in, line);) {
    auto first = line.find(':');
    auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos)
      continue;
    auto controllers = line.substr(first + 1, second - first - 1);
    auto path = line.substr(second + 1);
    if (controllers.empty())
      least = std::min(least, headroom_up(cgroups, path, version_2));
    else if (("," + controllers + ",").find(",memory,") != std::string::npos)
      least = std::min(least,
                       headroom_up(cgroups + "/memory", path, version_1));
  }
  return least;
}

} // namespace rayd
