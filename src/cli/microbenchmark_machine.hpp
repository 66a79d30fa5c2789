#pragma once

#include <string>
#include <vector>

namespace rayd {

// Probes of the machine, each one measurement of a fraction of a second. All
// throw std::runtime_error when the system refuses what they need, and must
// run in a process of one thread, since some fork.

/// Microseconds of a round trip between two processes, on two cores when
/// there are two, by futex in shared memory.
double probe_wake_up();

/// GB/s from one process's shared segment to another's through loopback.
double probe_tcp();

/// GB/s of memcpy into shared pages that are there.
double probe_memory_copy();

/// GB/s of stores past the caches into shared pages that are there.
double probe_streaming_store();

/// GB/s of the first write to shared pages.
double probe_first_touch();

/// Writes per second, pipelined by 128, to a Redis of its own that appends to
/// its log as a head's does. *times* figures.
std::vector<double> probe_redis(const std::string& folder, int times);

} // namespace rayd
