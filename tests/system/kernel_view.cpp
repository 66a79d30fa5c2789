#include "system/kernel_view.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <utility>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace rayd::testing {

namespace fs = std::filesystem;

namespace {

/// The kernel writes addresses as words of this machine's byte order.
bool is_loopback(const std::string& address) {
  if (address.size() == 8)
    return address.substr(6) == "7F";
  return address == "00000000000000000000000001000000"
         || (address.starts_with("0000000000000000FFFF0000")
             && address.ends_with("7F"));
}

/// Listening sockets of one table of /proc/net, by inode.
void read_table(const char* file, std::map<std::string, tcp_listener>& found) {
  std::ifstream in{file};
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    std::istringstream fields{line};
    std::string slot, local, remote, state, skipped, inode;
    fields >> slot >> local >> remote >> state;
    for (int i = 0; i < 5; ++i)
      fields >> skipped;
    fields >> inode;
    const auto colon = local.find(':');
    if (state != "0A" || colon == std::string::npos)
      continue;
    tcp_listener one;
    one.loopback = is_loopback(local.substr(0, colon));
    one.port = static_cast<std::uint16_t>(
      std::stoul(local.substr(colon + 1), nullptr, 16));
    found[inode] = one;
  }
}

int connect_or_close(int fd, const sockaddr* address, socklen_t size) {
  if (fd >= 0 && ::connect(fd, address, size) == 0)
    return fd;
  if (fd >= 0)
    ::close(fd);
  return -1;
}

} // namespace

std::vector<tcp_listener> tcp_listeners(long pid) {
  std::map<std::string, tcp_listener> all;
  read_table("/proc/net/tcp", all);
  read_table("/proc/net/tcp6", all);
  std::vector<tcp_listener> found;
  std::error_code error;
  const auto folder = fs::path{"/proc"} / std::to_string(pid) / "fd";
  for (const auto& entry : fs::directory_iterator{folder, error}) {
    const auto target = fs::read_symlink(entry.path(), error).string();
    if (!target.starts_with("socket:["))
      continue;
    const auto at = all.find(target.substr(8, target.size() - 9));
    if (at == all.end())
      continue;
    found.push_back(at->second);
    found.back().pid = pid;
  }
  return found;
}

std::uint16_t dashboard_port(const std::filesystem::path& folder) {
  const auto record
    = nlohmann::json::parse(file_text(folder / "node.json"), nullptr, false);
  const auto address
    = record.is_object() ? record.value("dashboard", "") : std::string{};
  const auto colon = address.rfind(':');
  return colon == std::string::npos
           ? std::uint16_t{0}
           : static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1)));
}

std::vector<long> pids_of(const std::vector<std::string>& processes) {
  std::vector<long> pids;
  for (const auto& line : processes) {
    long pid = 0;
    if (std::sscanf(line.c_str(), "process %ld", &pid) == 1)
      pids.push_back(pid);
  }
  return pids;
}

std::vector<long> children_of(long parent, const std::vector<long>& pids) {
  std::vector<long> children;
  for (const long pid : pids) {
    const auto stat = proc_file(pid, "stat");
    long its_parent = 0;
    if (const auto end = stat.rfind(')'); end != std::string::npos)
      std::sscanf(stat.c_str() + end + 1, " %*c %ld", &its_parent);
    if (its_parent == parent)
      children.push_back(pid);
  }
  return children;
}

std::string proc_file(long pid, const std::string& name) {
  return file_text(fs::path{"/proc"} / std::to_string(pid) / name);
}

std::string process_name(long pid) {
  auto name = proc_file(pid, "comm");
  if (!name.empty() && name.back() == '\n')
    name.pop_back();
  return name;
}

std::string file_text(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

plain_client::plain_client(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  fd_ = connect_or_close(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
                         reinterpret_cast<const sockaddr*>(&address),
                         sizeof address);
}

plain_client::plain_client(const fs::path& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, socket.c_str(), sizeof address.sun_path - 1);
  fd_ = connect_or_close(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0),
                         reinterpret_cast<const sockaddr*>(&address),
                         sizeof address);
}

plain_client::~plain_client() {
  if (fd_ >= 0)
    ::close(fd_);
}

plain_client::plain_client(plain_client&& other) noexcept
  : fd_(std::exchange(other.fd_, -1)), received_(std::move(other.received_)) {}

void plain_client::send(const std::string& bytes) const {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto n = ::send(fd_, bytes.data() + done, bytes.size() - done,
                          MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) {
      done += static_cast<std::size_t>(n);
      continue;
    }
    pollfd item{fd_, POLLOUT, 0};
    if (n == 0 || errno != EAGAIN || ::poll(&item, 1, 1000) <= 0)
      return;
  }
}

bool plain_client::closed_within(std::chrono::milliseconds limit) {
  using clock = std::chrono::steady_clock;
  const auto until = clock::now() + limit;
  char bytes[4096];
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(
      until - clock::now());
    pollfd item{fd_, POLLIN, 0};
    const auto wait = std::max<std::int64_t>(left.count(), 0);
    if (::poll(&item, 1, static_cast<int>(wait)) <= 0)
      return false;
    const auto n = ::recv(fd_, bytes, sizeof bytes, 0);
    if (n <= 0) // The end, or a reset.
      return true;
    received_.append(bytes, static_cast<std::size_t>(n));
  }
}

} // namespace rayd::testing
