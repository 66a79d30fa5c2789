#pragma once

#include "system/cluster.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace rayd::testing {

/// Why there can be no ssh_server here; "" when there can.
std::string ssh_obstacle();

/// An sshd of the current user on addresses of loopback, with keys of its own
/// in the folder of *place*. Its sessions have the session base of *place*.
class ssh_server {
public:
  /// Listens on *hosts*, whose host keys clients know, and on *strangers*,
  /// whose keys they do not.
  ssh_server(const cluster& place, const std::vector<std::string>& hosts,
             const std::vector<std::string>& strangers = {});

  std::uint16_t port() const noexcept { return port_; }
  std::filesystem::path identity_file() const { return folder_ / "user_key"; }

  /// For programs that call ssh: the ssh they find keeps to this folder.
  std::map<std::string, std::string> environment() const;

  /// The command lines of ssh so far, one a line.
  std::string calls() const;

private:
  void write_server_config(const cluster& place,
                           const std::vector<std::string>& hosts);
  void write_client(const std::vector<std::string>& hosts);

  std::filesystem::path folder_;
  std::uint16_t port_ = 0;
  std::unique_ptr<running> server_;
};

} // namespace rayd::testing
