#include "config/process.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <string_view>
#include <unistd.h>

namespace rayd {

namespace {

/// A file of /proc; "" when the process is gone, also in the middle of reading
/// (the kernel then says ESRCH, at which a stream throws).
std::string read_proc(long pid, const char* name) {
  auto path = "/proc/" + std::to_string(pid) + "/" + name;
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return {};
  char bytes[4096];
  auto n = ::read(fd, bytes, sizeof bytes);
  ::close(fd);
  return n > 0 ? std::string(bytes, static_cast<std::size_t>(n))
               : std::string{};
}

/// The fields of /proc/PID/stat behind the name that stands in brackets.
struct stat_fields {
  char state = '?';
  long session = 0;
  std::uint64_t start_time = 0;
};

std::optional<stat_fields> read_stat(long pid) {
  auto text = read_proc(pid, "stat");
  // The name may hold brackets and spaces itself: the last bracket counts.
  auto name_end = text.rfind(')');
  if (name_end == std::string::npos || name_end + 2 >= text.size())
    return std::nullopt;
  stat_fields fields;
  fields.state = text[name_end + 2];
  std::size_t at = name_end + 2;
  for (int field = 3; field < 22; ++field) {
    at = text.find(' ', at);
    if (at == std::string::npos)
      return std::nullopt;
    ++at;
    const char* end = text.data() + text.size();
    if (field + 1 == 6)
      std::from_chars(text.data() + at, end, fields.session);
    if (field + 1 == 22)
      std::from_chars(text.data() + at, end, fields.start_time);
  }
  return fields;
}

/// A descriptor of exactly that process, or -1. Opened before the start time
/// is checked, so that it cannot mean a later process.
int open_process(const process_identity& process) {
  if (process.pid <= 0)
    return -1;
  int fd = static_cast<int>(
    ::syscall(SYS_pidfd_open, static_cast<pid_t>(process.pid), 0));
  if (fd >= 0 && !is_running(process)) {
    ::close(fd);
    return -1;
  }
  return fd;
}

} // namespace

std::optional<process_identity> identify_process(long pid) {
  if (pid <= 0)
    return std::nullopt;
  auto fields = read_stat(pid);
  if (!fields || fields->state == 'Z' || fields->state == 'X')
    return std::nullopt;
  return process_identity{pid, fields->start_time};
}

process_identity own_identity() {
  return identify_process(::getpid()).value_or(
    process_identity{::getpid(), 0});
}

bool is_running(const process_identity& process) {
  auto now = identify_process(process.pid);
  return now && *now == process;
}

bool signal_process(const process_identity& process, int signal) {
  int fd = open_process(process);
  if (fd < 0)
    return false;
  auto sent = ::syscall(SYS_pidfd_send_signal, fd, signal, nullptr, 0);
  ::close(fd);
  return sent == 0;
}

bool await_end(const process_identity& process,
               std::chrono::milliseconds timeout) {
  auto deadline = std::chrono::steady_clock::now() + timeout;
  int fd = open_process(process);
  if (fd < 0)
    return !is_running(process);
  for (;;) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline - std::chrono::steady_clock::now());
    pollfd item{fd, POLLIN, 0};
    int ready = ::poll(&item, 1, static_cast<int>(std::max<std::int64_t>(
                                   0, left.count())));
    if (ready > 0 || !is_running(process)) {
      ::close(fd);
      return true;
    }
    if (ready == 0 && left.count() <= 0) {
      ::close(fd);
      return false;
    }
  }
}

std::vector<process_identity> members_of_session(long session_id) {
  std::vector<process_identity> members;
  if (session_id <= 1)
    return members;
  auto* folder = ::opendir("/proc");
  if (folder == nullptr)
    return members;
  while (auto* entry = ::readdir(folder)) {
    std::string_view name{entry->d_name};
    long pid = 0;
    auto [end, error] = std::from_chars(name.data(),
                                        name.data() + name.size(), pid);
    if (error != std::errc{} || end != name.data() + name.size()
        || pid == session_id)
      continue;
    auto fields = read_stat(pid);
    if (fields && fields->session == session_id && fields->state != 'Z')
      members.push_back({pid, fields->start_time});
  }
  ::closedir(folder);
  return members;
}

std::string command_of(long pid) {
  auto text = read_proc(pid, "cmdline");
  while (!text.empty() && text.back() == '\0')
    text.pop_back();
  for (auto& c : text)
    if (c == '\0' || c == '\n')
      c = ' ';
  if (text.size() > 60)
    text = text.substr(0, 57) + "...";
  return text;
}

} // namespace rayd
