#include "control_store/redis_process.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>
#include <utility>

namespace rayd {

namespace {

failure cannot(std::string_view what, int error) {
  return {ray::errc::connection_failed,
          fmt::format("cannot start the control store's Redis: {}: {}", what,
                      std::strerror(error))};
}

/// As Redis reads it inside double quotes, whatever the bytes are.
std::string quoted(const std::string& bytes) {
  std::string text = "\"";
  for (const char byte : bytes)
    text += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
  return text + '"';
}

/// File names are relative: the server runs in its folder, so that paths of
/// any length and any characters do.
std::string configuration(const std::string& password) {
  std::string text = "port 0\n"
                     "unixsocket redis.sock\n"
                     "unixsocketperm 700\n"
                     "daemonize no\n"
                     "supervised no\n"
                     "databases 1\n"
                     "maxclients 64\n"
                     "hz 20\n" // SIGTERM is noticed at such a tick.
                     "loglevel warning\n"
                     "logfile redis.log\n"
                     "dir ./\n"
                     "save \"\"\n"
                     "appendonly yes\n"
                     "appendfsync everysec\n"
                     // Rewriting the log may cost disk, not the cores of tasks.
                     "rdbcompression no\n"
                     "aof-load-truncated yes\n"
                     "stop-writes-on-bgsave-error no\n";
  for (const char* command :
       {"FLUSHALL", "FLUSHDB", "SWAPDB",    "CONFIG",  "DEBUG",
        "SHUTDOWN", "MODULE",  "REPLICAOF", "SLAVEOF", "SYNC",
        "PSYNC",    "EVAL",    "EVALSHA",   "SCRIPT",  "MIGRATE",
        "RESTORE",  "MONITOR", "ACL",       "SAVE",    "BGSAVE"})
    text += fmt::format("rename-command {} \"\"\n", command);
  return text + fmt::format("requirepass {}\n", quoted(password));
}

/// What the child needs, made before it exists: between vfork and execve it
/// runs in our memory and may only make system calls.
struct child_plan {
  const char* path;
  char* const* arguments;
  const char* folder;
  int input;
  pid_t parent;
};

[[noreturn]] void run_child(const child_plan& plan) {
  // Not SIGKILL: what it has answered may not be in its log for 2 s.
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  ::umask(0077); // The child's alone, as is its folder.
  ::setpgid(0, 0); // Ctrl-C in our terminal is not for it.
  if (::getppid() != plan.parent)
    ::_exit(127); // Ours ended before the line above.
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int output = ::open("/dev/null", O_WRONLY);
  if (::dup2(plan.input, 0) < 0 || ::dup2(output, 1) < 0
      || ::dup2(output, 2) < 0 || ::chdir(plan.folder) != 0)
    ::_exit(126);
  ::syscall(SYS_close_range, 3u, ~0u, 0u);
  // Without our environment: the cluster's secret may stand there.
  char* nothing[] = {nullptr};
  ::execve(plan.path, plan.arguments, nothing);
  ::_exit(127);
}

/// vfork, with all signals held back: a handler of ours must not run in the
/// child, which shares our memory until it executes.
[[gnu::noinline]] pid_t spawn(const child_plan& plan) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::vfork();
  if (pid == 0)
    run_child(plan);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return pid;
}

std::string last_line(const std::string& file) {
  std::ifstream in{file};
  std::string line;
  std::string last;
  while (std::getline(in, line))
    if (!line.empty())
      last = line;
  return last;
}

} // namespace

result<redis_program> find_redis(const std::string& search_path) {
  for (const char* name : {"redis-server", "redis-check-rdb"}) {
    std::size_t begin = 0;
    while (begin <= search_path.size()) {
      const auto end = std::min(search_path.find(':', begin),
                                search_path.size());
      auto path = search_path.substr(begin, end - begin) + '/' + name;
      if (path.front() == '/' && ::access(path.c_str(), X_OK) == 0)
        return redis_program{std::move(path), "redis-server"};
      begin = end + 1;
    }
  }
  return failure{ray::errc::connection_failed,
                 "no redis-server and no redis-check-rdb is on PATH: install "
                 "the package redis-tools, or use --control-store=HOST:PORT"};
}

redis_process::redis_process(redis_process&& other) noexcept
  : pid_{std::exchange(other.pid_, 0)},
    wait_status_{other.wait_status_},
    folder_{std::move(other.folder_)} {}

redis_process& redis_process::operator=(redis_process&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(wait_status_, other.wait_status_);
  std::swap(folder_, other.folder_);
  return *this;
}

redis_process::~redis_process() {
  stop(std::chrono::milliseconds{0});
}

result<redis_process> redis_process::start(const std::string& folder,
                                           const std::string& password) {
  const char* search_path = std::getenv("PATH");
  auto program = find_redis(search_path ? search_path : "/usr/bin:/bin");
  if (!program)
    return program.error();
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0)
    return cannot("no pipe", errno);
  const auto text = configuration(password);
  // A pipe takes 64 KiB without a reader.
  const auto written = ::write(pipe[1], text.data(), text.size());
  ::close(pipe[1]);
  char from_input[] = "-";
  char* arguments[] = {program->argv0.data(), from_input, nullptr};
  const child_plan plan{program->path.c_str(), arguments, folder.c_str(),
                        pipe[0], ::getpid()};
  redis_process process;
  process.folder_ = folder;
  if (written == static_cast<ssize_t>(text.size()))
    process.pid_ = spawn(plan);
  const int error = errno;
  ::close(pipe[0]);
  if (process.pid_ <= 0) {
    process.pid_ = 0;
    return cannot(program->path, error);
  }
  return process;
}

bool redis_process::running() {
  if (pid_ == 0)
    return false;
  if (::waitpid(pid_, &wait_status_, WNOHANG) == 0)
    return true;
  pid_ = 0;
  return false;
}

void redis_process::stop(std::chrono::milliseconds patience) {
  using clock = std::chrono::steady_clock;
  const auto deadline = clock::now() + patience;
  if (running() && patience.count() > 0)
    ::kill(pid_, SIGTERM);
  while (running()) {
    if (clock::now() >= deadline)
      ::kill(pid_, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  if (!folder_.empty()) {
    std::error_code ignored;
    std::filesystem::remove(folder_ + "/redis.sock", ignored);
  }
}

std::string redis_process::epitaph() const {
  auto text = WIFSIGNALED(wait_status_)
                ? fmt::format("killed by signal {}", WTERMSIG(wait_status_))
                : fmt::format("exit code {}", WEXITSTATUS(wait_status_));
  const auto line = last_line(folder_ + "/redis.log");
  return line.empty() ? text : fmt::format("{}; its log ends: {}", text, line);
}

} // namespace rayd
