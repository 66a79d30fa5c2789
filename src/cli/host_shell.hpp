#pragma once

#include "cli/cluster_script.hpp"

#include <string>
#include <sys/types.h>

namespace rayd {

/// What a script did on its host.
struct host_result {
  /// Of the shell; ssh's own is 255. 128 + N when signal N ended it.
  int code = 0;
  std::string out;
  std::string err;
};

/// A script that runs. Several run beside each other.
class host_shell {
public:
  /// Starts it. When that fails, wait() says why.
  explicit host_shell(const host_script& script);
  ~host_shell();
  host_shell(host_shell&& other) noexcept;
  host_shell& operator=(host_shell&&) = delete;

  /// Waits for its end, which `rayd start`, `rayd stop` and ssh bound.
  host_result wait();

private:
  pid_t pid_ = 0;
  int out_ = -1;
  int err_ = -1;
  std::string problem_;
};

} // namespace rayd
