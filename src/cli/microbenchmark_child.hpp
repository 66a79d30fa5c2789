#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

namespace rayd {

// Processes that the benchmark starts: rayd itself, with other arguments.

/// What a child did.
struct child_outcome {
  /// 128 + N when signal N ended it; -1 when it could not be started or was
  /// too slow (it is killed then).
  int exit_code = -1;
  /// What it wrote to standard output.
  std::string out;
};

/// Runs *executable* with *arguments* to its end, with this process's
/// environment and standard error.
/// @throws std::runtime_error  No file for its output can be had.
child_outcome run_child(const std::string& executable,
                        const std::vector<std::string>& arguments,
                        std::chrono::milliseconds limit);

/// Starts a child that shares all of this process's streams; -1 when it cannot
/// be started. From then on this process blocks the signals of wait_guarded()
/// and is the parent of its descendants' orphans, so call it while the process
/// has one thread.
pid_t start_guarded(const std::string& executable,
                    const std::vector<std::string>& arguments);

/// Waits for that child. SIGINT, SIGTERM and SIGHUP end it by SIGTERM.
/// @returns As child_outcome::exit_code.
int wait_guarded(pid_t child);

/// Children of *pid*, of any of its threads.
std::vector<long> children_of(long pid);

/// Waits until all descendants have ended, and kills them after *patience*.
/// @pre start_guarded() was called.
void await_descendants(std::chrono::milliseconds patience);

/// A new folder of its own, removed with all that is in it.
class scratch_folder {
public:
  /// @throws std::runtime_error  It cannot be made.
  scratch_folder();
  ~scratch_folder();
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;

  const std::string& path() const noexcept { return path_; }

private:
  std::string path_;
};

} // namespace rayd
