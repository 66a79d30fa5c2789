#pragma once

#include "system/command.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace rayd::testing {

/// Where the programs under test are: bin/ of the build folder.
std::filesystem::path program_path(const std::string& name);

/// A node of a cluster under test, as its session folder tells.
struct node_entry {
  long pid = 0;
  /// "n1"; "" until the head gave it.
  std::string id;
  bool is_head = false;
  /// "starting", "running", "ending" or "ended".
  std::string state;
  std::filesystem::path folder;
};

/// A place of its own for one test: a session base, and all that is started
/// with it. Several may exist; none sees another's nodes or the user's.
///
/// The destructor runs `rayd stop`, then the leak check: what is left over is a
/// failure of the test case, and is killed so that it disturbs no other.
class cluster {
public:
  cluster();
  ~cluster();
  cluster(const cluster&) = delete;
  cluster& operator=(const cluster&) = delete;

  /// The session base: ${XDG_STATE_HOME} of all that is started here.
  const std::filesystem::path& base() const noexcept { return base_; }

  /// The port of the head that start_head() started; 0 before.
  std::uint16_t port() const noexcept { return port_; }
  /// "127.0.0.1:PORT".
  std::string address() const;

  /// `rayd start --head --port=FREE FLAGS`; the test case ends when it fails.
  outcome start_head(const std::vector<std::string>& flags = {});

  /// `rayd start --address=127.0.0.1:PORT FLAGS`; the test case ends when it
  /// fails.
  outcome start_node(const std::vector<std::string>& flags = {});

  /// `rayd ARGUMENTS`, with any exit code.
  outcome rayd(std::vector<std::string> arguments,
               std::chrono::milliseconds limit = std::chrono::seconds{30});

  /// `rayd stop`.
  outcome stop();

  /// A program of bin/ with arguments, in this session base. *environment*
  /// adds to it, for example {"RAY_ADDRESS", "auto"}.
  command program(const std::string& name,
                  std::vector<std::string> arguments = {},
                  std::map<std::string, std::string> environment = {}) const;

  /// Nodes with a record, oldest first; private ones and ended ones too.
  std::vector<node_entry> nodes() const;

  /// Processes that know this session base, or descend from this process: what
  /// runs here besides the test. Lines "process PID STARTED NAME ARGUMENTS".
  std::vector<std::string> processes() const;

  /// Text of every log of every session, for INFO() and for searching.
  std::string logs() const;

private:
  std::string leak_check(const std::string& mode,
                         const std::vector<std::string>& more) const;
  void kill_left_over(const std::string& report) const;

  std::filesystem::path base_;
  std::filesystem::path before_;
  std::uint16_t port_ = 0;
};

/// True while the process exists and is no zombie.
bool is_running(long pid);

/// Asks *condition* every 5 ms until it is true; false after *limit*.
template <class Condition>
bool eventually(Condition condition, std::chrono::milliseconds limit);

/// Waits 5 ms.
void pause_briefly();

/// Prints "skipped: TEST CASE: REASON", which scripts/test.sh counts.
void report_skip(const std::string& reason);

template <class Condition>
bool eventually(Condition condition, std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= until)
      return false;
    pause_briefly();
  }
  return true;
}

} // namespace rayd::testing

/// Leaves the test case, counted as skipped, when it cannot run here.
#define RAYD_SKIP_IF(condition, reason)                                        \
  do {                                                                         \
    if (condition) {                                                           \
      ::rayd::testing::report_skip(reason);                                    \
      return;                                                                  \
    }                                                                          \
  } while (false)

/// Leaves the test case when a program of bin/ has not been built.
#define RAYD_NEEDS_PROGRAM(name)                                               \
  RAYD_SKIP_IF(!std::filesystem::exists(::rayd::testing::program_path(name)),  \
               std::string{"bin/"} + (name) + " is not built yet")
