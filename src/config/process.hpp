#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rayd {

/// A process that cannot be mistaken for a later one with the same number.
struct process_identity {
  long pid = 0;
  /// Field 22 of /proc/PID/stat: clock ticks since boot.
  std::uint64_t start_time = 0;

  friend bool operator==(const process_identity&,
                         const process_identity&) = default;
};

/// The running process *pid*; nothing when there is none or it is a zombie.
std::optional<process_identity> identify_process(long pid);

/// This process.
process_identity own_identity();

/// True while exactly that process runs (a zombie does not).
bool is_running(const process_identity& process);

/// Sends *signal* to exactly that process through a pidfd; false when it is
/// gone. Never reaches a later process of the same number.
bool signal_process(const process_identity& process, int signal);

/// Waits until the process is gone; false when *timeout* passed first.
bool await_end(const process_identity& process,
               std::chrono::milliseconds timeout);

/// Processes of the kernel session *session_id* (that of setsid) but its
/// leader.
std::vector<process_identity> members_of_session(long session_id);

/// Arguments of the process for messages, cut at 60 bytes; "" when gone.
std::string command_of(long pid);

} // namespace rayd
