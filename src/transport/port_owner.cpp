#include "transport/port_owner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <system_error>

namespace rayd {

namespace {

namespace fs = std::filesystem;

// Adds the inodes of sockets that listen on *port*. A line holds: number,
// local address:port, remote, state, queues, timer, retransmits, uid,
// timeout, inode. State 0A is LISTEN.
void collect_inodes(const char* table, std::uint16_t port,
                    std::set<std::string>& inodes) {
  std::ifstream in{table};
  const auto suffix = fmt::format(":{:04X}", port);
  for (std::string line; std::getline(in, line);) {
    std::istringstream fields{line};
    std::string number, local, remote, state, skip, inode;
    fields >> number >> local >> remote >> state;
    for (int i = 0; i < 5; ++i)
      fields >> skip;
    fields >> inode;
    if (state == "0A" && local.size() > suffix.size()
        && local.compare(local.size() - suffix.size(), suffix.size(), suffix)
             == 0)
      inodes.insert(fmt::format("socket:[{}]", inode));
  }
}

bool holds_one(const fs::path& process, const std::set<std::string>& sockets) {
  std::error_code broken;
  for (fs::directory_iterator it{process / "fd", broken}, end;
       !broken && it != end; it.increment(broken)) {
    std::error_code gone;
    if (sockets.count(fs::read_symlink(it->path(), gone).string()) > 0)
      return true;
  }
  return false;
}

} // namespace

std::string port_owner(std::uint16_t port) {
  std::set<std::string> sockets;
  collect_inodes("/proc/net/tcp", port, sockets);
  collect_inodes("/proc/net/tcp6", port, sockets);
  std::error_code broken;
  for (fs::directory_iterator it{"/proc", broken}, end;
       !sockets.empty() && !broken && it != end; it.increment(broken)) {
    const auto pid = it->path().filename().string();
    if (!std::all_of(pid.begin(), pid.end(),
                     [](char c) { return c >= '0' && c <= '9'; })
        || !holds_one(it->path(), sockets))
      continue;
    std::string name;
    std::getline(std::ifstream{it->path() / "comm"}, name);
    return fmt::format("{} (pid {})", name, pid);
  }
  return {};
}

} // namespace rayd
