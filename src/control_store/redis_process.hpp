#pragma once

#include "base/result.hpp"

#include <sys/types.h>

#include <chrono>
#include <string>

namespace rayd {

/// The server's file and the name to start it under: Debian's redis-tools
/// holds the same program as redis-check-rdb, which is a server when its
/// argv[0] says so. So no package that starts a service is needed.
struct redis_program {
  std::string path;
  std::string argv0;
};

/// Looks for redis-server, then redis-check-rdb, on *search_path* (as $PATH).
/// @error connection_failed  Neither is there; names the package to install.
result<redis_program> find_redis(const std::string& search_path);

/// A redis-server of our own: its files and its Unix socket are in one folder
/// (0700), it has no TCP port, asks for a password, and does not know the
/// commands that empty, reconfigure or stop it. When the thread that started it
/// ends, however that ends, the kernel tells it to write its append-only log
/// (fsync each second) and end: within 100 ms, as a rule. The password goes
/// through a pipe: it is in no argument, environment or configuration file.
class redis_process {
public:
  redis_process() = default;
  redis_process(redis_process&& other) noexcept;
  redis_process& operator=(redis_process&& other) noexcept;

  /// Kills what still runs.
  ~redis_process();

  /// Starts a server in *folder*, an absolute path. It is not ready yet: see
  /// redis_link::open. Call it on a thread that lives as long as the server
  /// shall.
  /// @error connection_failed  The program or a pipe cannot be had.
  static result<redis_process> start(const std::string& folder,
                                     const std::string& password);

  /// False after it ended; never blocks.
  bool running();

  /// 0 when none was started.
  pid_t pid() const noexcept { return pid_; }

  /// Asks it to write its log and end, and kills it after *patience*. Removes
  /// its socket.
  void stop(std::chrono::milliseconds patience);

  /// "killed by signal 9", "exit code 1", after it ended; with the last line
  /// of its own log.
  std::string epitaph() const;

private:
  pid_t pid_ = 0;
  int wait_status_ = 0;
  std::string folder_;
};

} // namespace rayd
