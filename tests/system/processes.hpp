#pragma once

#include "system/cluster.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rayd::testing {

// What tests of failures look at: processes as the kernel knows them, nodes as
// `rayd status` does.

/// Milliseconds of the monotonic clock, which all processes share.
long now_ms();

/// Children of *pid* that have not ended.
std::vector<long> children_of(long pid);

/// Those of them that are worker processes.
std::vector<long> workers_of(long pid);

/// How many of *pids* have not ended.
std::size_t count_running(const std::vector<long>& pids);

/// Proportional share of memory of a process, in bytes; 0 when it has ended.
std::uint64_t pss_of(long pid);

/// `rayd status --json`; null when it fails.
nlohmann::json status_of(cluster& place);

/// "alive" or "dead", as the head says; empty when it does not know the node.
std::string state_of(const nlohmann::json& status, const std::string& node);

/// What must be the same before and after a job: resources, bytes in stores,
/// workers, actors and tasks of each node, one line each.
std::string accounts_of(const nlohmann::json& status);

/// The record of a node that a test started, by its name.
node_entry node_named(const cluster& place, const std::string& id);

/// "KEY REST" -> REST of the first such line of *text*; empty: none.
std::string line_of(const std::string& text, std::string_view key);

/// REST of all such lines.
std::vector<std::string> lines_of(const std::string& text,
                                  std::string_view key);

} // namespace rayd::testing
