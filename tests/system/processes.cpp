#include "system/processes.hpp"

#include "catch.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include <time.h>

namespace rayd::testing {

namespace {

std::string text_of(const std::string& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

} // namespace

long now_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
}

std::vector<long> children_of(long pid) {
  // A process is the child of the thread that made it.
  std::vector<long> found;
  std::error_code none;
  const std::filesystem::directory_iterator threads{
    "/proc/" + std::to_string(pid) + "/task", none};
  for (const auto& thread : threads) {
    std::istringstream list{text_of((thread.path() / "children").string())};
    for (long child = 0; list >> child;)
      if (is_running(child))
        found.push_back(child);
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<long> workers_of(long pid) {
  auto found = children_of(pid);
  std::erase_if(found, [](long child) {
    const auto arguments
      = text_of("/proc/" + std::to_string(child) + "/cmdline");
    return arguments.find("--ray-role=worker") == std::string::npos;
  });
  return found;
}

std::size_t count_running(const std::vector<long>& pids) {
  return static_cast<std::size_t>(
    std::count_if(pids.begin(), pids.end(), &is_running));
}

std::uint64_t pss_of(long pid) {
  const auto rollup = text_of("/proc/" + std::to_string(pid) + "/smaps_rollup");
  std::istringstream rest{line_of(rollup, "Pss:")};
  std::uint64_t kibibytes = 0;
  rest >> kibibytes;
  return kibibytes * 1024;
}

nlohmann::json status_of(cluster& place) {
  const auto done = place.rayd({"status", "--json"});
  auto status = nlohmann::json::parse(done.out, nullptr, false);
  return status.is_object() ? status : nlohmann::json{};
}

std::string state_of(const nlohmann::json& status, const std::string& node) {
  if (status.is_object())
    for (const auto& entry : status.at("nodes"))
      if (entry.value("id", "") == node)
        return entry.value("state", "");
  return {};
}

std::string accounts_of(const nlohmann::json& status) {
  std::string text;
  if (!status.is_object())
    return text;
  for (const auto& node : status.at("nodes")) {
    text += node.value("id", "?");
    for (const auto* key :
         {"resources_available", "store_used", "store_spilled", "workers",
          "actors", "tasks_running", "tasks_waiting"})
      text += std::string{" "} + key + "=" + node.at(key).dump();
    text += '\n';
  }
  return text;
}

node_entry node_named(const cluster& place, const std::string& id) {
  for (auto& entry : place.nodes())
    if (entry.id == id)
      return entry;
  FAIL("there is no node " << id);
  return {};
}

std::string line_of(const std::string& text, std::string_view key) {
  const auto found = lines_of(text, key);
  return found.empty() ? std::string{} : found.front();
}

std::vector<std::string> lines_of(const std::string& text,
                                  std::string_view key) {
  std::vector<std::string> found;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(key) && line.size() > key.size()
        && line[key.size()] == ' ')
      found.push_back(line.substr(key.size() + 1));
  return found;
}

} // namespace rayd::testing
