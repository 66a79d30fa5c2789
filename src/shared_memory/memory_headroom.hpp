#pragma once

#include <cstdint>
#include <string>

namespace rayd {

/// Bytes that this process can still take before the machine or a cgroup it
/// is in (version 1 or 2, ancestors included) would have to kill somebody:
/// what is available, page cache that can be dropped counted in. The largest
/// number when nothing is known. Costs some 0.1 ms.
std::uint64_t memory_headroom();

/// For tests: the same with other roots than "/proc" and "/sys/fs/cgroup".
std::uint64_t memory_headroom(const std::string& proc,
                              const std::string& cgroups);

} // namespace rayd
