#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rayd::testing {

// Running programs from tests: with a limit of time, with what they print
// kept apart by stream, and without waiting for daemons that they leave behind.

/// What to run.
struct command {
  /// Program (a path, or a name that is looked for on PATH) and arguments.
  std::vector<std::string> arguments;
  /// Set in addition to this process's environment, from which RAY_*, RAYD_*
  /// and XDG_STATE_HOME are removed.
  std::map<std::string, std::string> environment = {};
  /// Given on standard input; standard input is empty otherwise.
  std::string input = {};
};

/// What a program did.
struct outcome {
  /// Its exit code; 128 + N when signal N ended it; -1 when it was too slow
  /// (it is killed then).
  int exit_code = -1;
  std::string out;
  std::string err;
  std::chrono::milliseconds took{0};
  /// A process that the program left behind still holds its standard output
  /// or error: whoever pipes the program would wait for ever.
  bool output_held = false;
};

/// All of it in a few lines, for INFO().
std::string to_string(const outcome& done);

/// A program that runs beside the test, in a process group of its own. Its
/// output is read whenever the test waits, up to 64 KiB per stream in between;
/// programs that print more must be waited for.
class running {
public:
  /// Starts it. @throws std::runtime_error  It cannot be started.
  explicit running(const command& what);
  /// Kills its process group when it still runs.
  ~running();
  running(running&& other) noexcept;
  running& operator=(running&&) = delete;

  long pid() const noexcept { return pid_; }

  /// False once it ended (a zombie has ended).
  bool runs() const;

  /// To the program only.
  void signal(int number) const;

  /// To the program and all that stayed in its process group.
  void signal_group(int number) const;

  /// Reads its output until *text* has appeared on standard output; false when
  /// it ended or *limit* passed before.
  bool wait_for_output(const std::string& text,
                       std::chrono::milliseconds limit);

  /// What it wrote to standard output so far.
  const std::string& output() const noexcept { return done_.out; }

  /// Waits until it ends; kills its process group after *limit*.
  outcome wait(std::chrono::milliseconds limit);

private:
  using clock = std::chrono::steady_clock;

  /// Reads what is there, waiting until *until* at most for output or the end.
  /// True when the program has ended.
  bool read_once(clock::time_point until);
  void read_all_there();
  void close_all() noexcept;

  long pid_ = -1;
  int pid_fd_ = -1;
  int out_fd_ = -1;
  int err_fd_ = -1;
  clock::time_point started_;
  outcome done_;
};

/// Runs a program to its end.
outcome run(const command& what,
            std::chrono::milliseconds limit = std::chrono::seconds{30});

/// *count* different ports of loopback that nobody listens on right now.
std::vector<std::uint16_t> free_ports(std::size_t count);

} // namespace rayd::testing
