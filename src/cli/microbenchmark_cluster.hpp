#pragma once

#include "config/session.hpp"

#include <array>
#include <chrono>
#include <string>
#include <vector>

namespace rayd {

/// A head with two CPUs and, on this machine too, a node with one CPU and the
/// resource other_node_resource; both listen on loopback only. They live in
/// the session folder of this process's environment.
class two_node_cluster {
public:
  /// @throws std::runtime_error  One does not start; its own words are on
  ///                             standard error.
  explicit two_node_cluster(const std::string& executable);
  ~two_node_cluster();
  two_node_cluster(const two_node_cluster&) = delete;
  two_node_cluster& operator=(const two_node_cluster&) = delete;

private:
  std::string executable_;
};

/// Bytes of the object stores that benchmarks start.
inline constexpr const char* benchmark_store = "4GiB";

/// Runs `rayd start --head` at a free port. @throws std::runtime_error
void start_head(const std::string& executable);

/// Runs `rayd start --address` with the address of that head.
/// @throws std::runtime_error
void start_other_node(const std::string& executable);

/// Ends all nodes of this session folder. @throws std::runtime_error
void stop_nodes(const std::string& executable);

/// Milliseconds of each part of row 18, one per run.
struct start_times {
  std::vector<double> first_result, node_joins, stop;
};

/// Starts a head, runs one task in a driver of its own, lets a node join and
/// stops both, *runs* times. @throws std::runtime_error
start_times measure_start(const std::string& executable, int runs,
                          std::chrono::microseconds delay);

/// Memory of an idle process.
struct memory_figure {
  /// "head", "node", "worker" or "redis".
  std::string process;
  /// Mean of the processes of that kind, 1e6 bytes; each shared page counts
  /// for its share.
  double pss_megabytes = 0;
  int count = 0;
};

/// Of all nodes of *base* and their children.
std::vector<memory_figure> measure_memory(const std::string& base);

} // namespace rayd
