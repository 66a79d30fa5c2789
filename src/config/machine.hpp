#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace rayd {

/// CPUs that this process may use: its affinity mask, or less when a cgroup's
/// quota (v2 cpu.max or v1 cpu.cfs_quota_us, also of an ancestor) allows less,
/// rounded down, at least 1.
double usable_cpus();

/// Bytes of memory that this process may use: the machine's, or less when a
/// cgroup (also an ancestor) limits it.
std::uint64_t usable_memory();

/// GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them: what
/// that variable says, each once, else one for each device of NVIDIA's driver,
/// numbered without gaps as CUDA does.
std::vector<std::string> usable_gpus();

/// Names for *count* GPUs, a part being one: those that the variable names,
/// or numbers as if there were so many.
/// @error wrong_type  The variable names fewer.
result<std::vector<std::string>> gpu_names(double count);

/// For tests: the same with other roots than "/proc", "/sys/fs/cgroup" and
/// "/dev", and another value of CUDA_VISIBLE_DEVICES (null: it is not set).
double usable_cpus(const std::string& proc, const std::string& cgroups,
                   int affinity_cpus);
std::uint64_t usable_memory(const std::string& proc,
                            const std::string& cgroups,
                            std::uint64_t machine_bytes);
std::vector<std::string> usable_gpus(const std::string& dev,
                                     const char* visible_devices);
result<std::vector<std::string>> gpu_names(double count,
                                           const char* visible_devices);

} // namespace rayd
