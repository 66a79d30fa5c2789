#include "cli/doctor_facts.hpp"

#include "config/machine.hpp"
#include "control_store/redis_process.hpp"
#include "transport/port_owner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <netdb.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

namespace rayd {

namespace {

namespace fs = std::filesystem;

std::string first_line(const char* file) {
  std::ifstream in{file};
  std::string line;
  std::getline(in, line);
  return line;
}

/// "madvise" of "always [madvise] never".
std::string chosen_in(const char* file) {
  auto line = first_line(file);
  auto begin = line.find('[');
  auto end = line.find(']');
  if (begin == std::string::npos || end == std::string::npos || end < begin)
    return {};
  return line.substr(begin + 1, end - begin - 1);
}

std::string filesystem_name(long magic) {
  struct row {
    long magic;
    const char* name;
  };
  constexpr std::array<row, 14> rows{{
    {0xef53, "ext4"}, {0x58465342, "xfs"}, {0x9123683e, "btrfs"},
    {0x01021994, "tmpfs"}, {0x958458f6, "hugetlbfs"}, {0x794c7630, "overlay"},
    {0x6969, "nfs"}, {0xff534d42, "cifs"}, {0x517b, "smb"},
    {0x65735546, "fuse"}, {0x01021997, "9p"}, {0x00c36400, "ceph"},
    {0x5346414f, "afs"}, {0x2fc12fc1, "zfs"},
  }};
  for (auto& one : rows)
    if (one.magic == magic)
      return one.name;
  return fmt::format("0x{:x}", magic);
}

folder_facts look_at_folder(const std::string& wanted) {
  folder_facts facts;
  fs::path path{wanted};
  std::error_code error;
  facts.exists = fs::is_directory(path, error);
  // What is not there yet is made in the nearest folder that is.
  while (!fs::exists(path, error) && path.has_relative_path())
    path = path.parent_path();
  facts.path = path;
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0)
    return facts;
  facts.own = info.st_uid == ::geteuid();
  facts.mode = info.st_mode & 07777;
  struct statfs volume {};
  if (::statfs(path.c_str(), &volume) == 0) {
    facts.filesystem = filesystem_name(static_cast<long>(volume.f_type));
    facts.free_bytes = static_cast<std::uint64_t>(volume.f_bavail)
                       * static_cast<std::uint64_t>(volume.f_bsize);
  }
  // Also false on a file system that is mounted read-only.
  facts.writable = S_ISDIR(info.st_mode)
                   && ::faccessat(AT_FDCWD, path.c_str(), W_OK | X_OK,
                                  AT_EACCESS)
                        == 0;
  return facts;
}

/// The system's word for why the port cannot be taken; "" when it can.
std::string try_port(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  auto text = std::to_string(port);
  if (int code = ::getaddrinfo(host.empty() ? nullptr : host.c_str(),
                               text.c_str(), &hints, &found);
      code != 0)
    return ::gai_strerror(code);
  std::string error;
  int fd = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int on = 1;
  // As the gate does: connections that just ended do not count.
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (fd < 0 || ::bind(fd, found->ai_addr, found->ai_addrlen) != 0
      || ::listen(fd, 1) != 0)
    error = std::strerror(errno);
  if (fd >= 0)
    ::close(fd);
  ::freeaddrinfo(found);
  return error;
}

/// What the pipe gives until it ends or 2 s have passed, at most 4 KiB.
std::string read_all(int fd) {
  auto until = std::chrono::steady_clock::now() + std::chrono::seconds{2};
  std::string text;
  while (text.size() < 4096) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      until - std::chrono::steady_clock::now());
    pollfd wait{fd, POLLIN, 0};
    if (left.count() <= 0
        || ::poll(&wait, 1, static_cast<int>(left.count())) <= 0)
      break;
    std::array<char, 512> buffer{};
    auto got = ::read(fd, buffer.data(), buffer.size());
    if (got <= 0)
      break;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return text;
}

/// "Redis server v=7.0.15 sha=..." of the program.
std::string version_text(const redis_program& program) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return {};
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null",
                                     O_WRONLY, 0);
  std::string name = program.argv0;
  std::string flag = "--version";
  std::array<char*, 3> argv{name.data(), flag.data(), nullptr};
  pid_t child = 0;
  auto failed = ::posix_spawn(&child, program.path.c_str(), &actions, nullptr,
                              argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  std::string text;
  if (failed == 0) {
    text = read_all(ends[0]);
    // It has ended, or hangs: then its answer counts for nothing.
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
  ::close(ends[0]);
  return text;
}

void look_for_redis(const std::string& search_path, machine_facts& facts) {
  auto program = find_redis(search_path);
  if (!program)
    return;
  facts.redis_path = program->path;
  auto text = version_text(*program);
  if (auto at = text.find("v="); at != std::string::npos)
    facts.redis_version = text.substr(at + 2, text.find(' ', at) - at - 2);
}

std::string find_program(const std::string& name,
                         const std::string& search_path) {
  for (std::size_t at = 0; at <= search_path.size();) {
    auto end = std::min(search_path.find(':', at), search_path.size());
    auto path = search_path.substr(at, end - at) + "/" + name;
    if (path.front() == '/' && path != "/" + name
        && ::access(path.c_str(), X_OK) == 0)
      return path;
    at = end + 1;
  }
  return {};
}

/// MemAvailable, at most what this process may use.
std::uint64_t available_memory(std::uint64_t usable) {
  std::ifstream in{"/proc/meminfo"};
  for (std::string line; std::getline(in, line);)
    if (line.rfind("MemAvailable:", 0) == 0)
      return std::min<std::uint64_t>(
        usable, std::strtoull(line.c_str() + 13, nullptr, 10) * 1024);
  return usable;
}

bool has_memory_files() {
  int fd = ::memfd_create("rayd-doctor", MFD_CLOEXEC);
  if (fd < 0)
    return false;
  auto grown = ::ftruncate(fd, 4096) == 0;
  ::close(fd);
  return grown;
}

std::optional<bool> is_clock_synchronised() {
  timex state{};
  if (::adjtimex(&state) < 0)
    return std::nullopt;
  return (state.status & STA_UNSYNC) == 0;
}

} // namespace

machine_facts inspect_machine(const machine_question& question) {
  machine_facts facts;
  if (question.port != 0)
    facts.port_error = try_port(question.host, question.port);
  facts.port_free = facts.port_error.empty();
  if (!facts.port_free)
    facts.port_owner = port_owner(question.port);
  look_for_redis(question.search_path, facts);
  facts.memory_usable = usable_memory();
  facts.memory_available = available_memory(facts.memory_usable);
  facts.memory_files = has_memory_files();
  if (!question.store_folder.empty())
    facts.store_folder = look_at_folder(question.store_folder);
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0)
    facts.open_files = files.rlim_max;
  facts.huge_pages = chosen_in("/sys/kernel/mm/transparent_hugepage/enabled");
  facts.huge_pages_shared
    = chosen_in("/sys/kernel/mm/transparent_hugepage/shmem_enabled");
  if (auto line = first_line("/proc/sys/vm/overcommit_memory"); !line.empty())
    facts.overcommit = line.front() - '0';
  facts.session_base = look_at_folder(question.session_base);
  facts.wall_clock_s = std::time(nullptr);
  facts.clock_synchronised = is_clock_synchronised();
  facts.ssh_path = find_program("ssh", question.search_path);
  return facts;
}

} // namespace rayd
