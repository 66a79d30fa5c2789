#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace rayd::testing {

// What the kernel says about processes, so that no test has to believe what
// rayd says about itself.

/// A listening TCP socket.
struct tcp_listener {
  long pid = 0;
  /// Only reachable from this machine: 127.0.0.0/8 or ::1.
  bool loopback = false;
  std::uint16_t port = 0;
};

/// Listening TCP sockets among the descriptors of *pid*.
std::vector<tcp_listener> tcp_listeners(long pid);

/// The port of the dashboard of the head with this session folder, as its
/// record says: the one port that is not the gate's. 0: it has none.
std::uint16_t dashboard_port(const std::filesystem::path& folder);

/// Numbers of the processes in lines of cluster::processes().
std::vector<long> pids_of(const std::vector<std::string>& processes);

/// Those of *pids* whose parent is *parent*.
std::vector<long> children_of(long parent, const std::vector<long>& pids);

/// /proc/PID/NAME; "" when it is gone.
std::string proc_file(long pid, const std::string& name);

/// The name that the kernel shows, such as "rayd" or "redis-server".
std::string process_name(long pid);

/// A whole file; "" when it cannot be read.
std::string file_text(const std::filesystem::path& file);

/// A plain TCP connection to a port of loopback, or one to a Unix socket.
class plain_client {
public:
  explicit plain_client(std::uint16_t port);
  explicit plain_client(const std::filesystem::path& socket);
  ~plain_client();
  plain_client(plain_client&& other) noexcept;
  plain_client& operator=(plain_client&&) = delete;

  bool connected() const noexcept { return fd_ >= 0; }

  /// Sends what the peer takes; a closed connection is no failure here.
  void send(const std::string& bytes) const;

  /// Reads until the peer closes; false when it has not after *limit*.
  bool closed_within(std::chrono::milliseconds limit);

  /// What the peer has sent so far.
  const std::string& received() const noexcept { return received_; }

private:
  int fd_ = -1;
  std::string received_;
};

} // namespace rayd::testing
