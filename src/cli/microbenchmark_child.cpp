#include "cli/microbenchmark_child.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace rayd {

namespace {

sigset_t guarded_signals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  for (int number : {SIGINT, SIGTERM, SIGHUP, SIGCHLD})
    ::sigaddset(&signals, number);
  return signals;
}

/// @param out  Descriptor of its standard output; -1: as ours.
pid_t spawn(const std::string& executable,
            const std::vector<std::string>& arguments, int out) {
  std::vector<char*> argv{const_cast<char*>(executable.c_str())};
  for (const auto& argument : arguments)
    argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  if (out >= 0)
    ::posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t none;
  ::sigemptyset(&none);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  pid_t child = -1;
  const int error = ::posix_spawn(&child, executable.c_str(), &actions,
                                  &attributes, argv.data(), ::environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  return error == 0 ? child : -1;
}

int reap(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR)
      return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// False when *limit* passed first.
bool await(pid_t child, std::chrono::milliseconds limit) {
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
  if (fd < 0)
    return true; // reap() waits then.
  pollfd ended{fd, POLLIN, 0};
  const int found = ::poll(&ended, 1, static_cast<int>(limit.count()));
  ::close(fd);
  return found != 0;
}

std::string read_all(std::FILE* from) {
  std::string text;
  std::rewind(from);
  char bytes[4096];
  while (const auto n = std::fread(bytes, 1, sizeof bytes, from))
    text.append(bytes, n);
  return text;
}

} // namespace

child_outcome run_child(const std::string& executable,
                        const std::vector<std::string>& arguments,
                        std::chrono::milliseconds limit) {
  // A file and not a pipe: a node that the child leaves behind may hold it.
  std::FILE* file = std::tmpfile();
  if (file == nullptr)
    throw std::runtime_error(
      fmt::format("cannot make a temporary file: {}", std::strerror(errno)));
  child_outcome done;
  const pid_t child = spawn(executable, arguments, ::fileno(file));
  if (child > 0) {
    const bool in_time = await(child, limit);
    if (!in_time)
      ::kill(child, SIGKILL);
    const int code = reap(child);
    done.exit_code = in_time ? code : -1;
  }
  done.out = read_all(file);
  std::fclose(file);
  return done;
}

pid_t start_guarded(const std::string& executable,
                    const std::vector<std::string>& arguments) {
  const auto signals = guarded_signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  return spawn(executable, arguments, -1);
}

int wait_guarded(pid_t child) {
  const auto signals = guarded_signals();
  for (;;) {
    const int number = ::sigwaitinfo(&signals, nullptr);
    if (number > 0 && number != SIGCHLD)
      ::kill(child, SIGTERM);
    for (;;) {
      siginfo_t ended{};
      if (::waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) != 0)
        return -1;
      if (ended.si_pid == 0)
        break;
      const int code = reap(ended.si_pid);
      if (ended.si_pid == child)
        return code;
    }
  }
}

std::vector<long> children_of(long pid) {
  std::vector<long> found;
  std::error_code error;
  const auto threads = std::filesystem::path{"/proc"} / std::to_string(pid)
                       / "task";
  for (const auto& thread :
       std::filesystem::directory_iterator{threads, error}) {
    std::ifstream pids{thread.path() / "children"};
    for (long child = 0; pids >> child;)
      found.push_back(child);
  }
  return found;
}

void await_descendants(std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  for (;;) {
    const pid_t ended = ::waitpid(-1, nullptr, WNOHANG);
    if (ended < 0 && errno == ECHILD)
      return;
    if (ended != 0)
      continue;
    if (std::chrono::steady_clock::now() >= until)
      for (const auto child : children_of(::getpid()))
        ::kill(static_cast<pid_t>(child), SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
}

scratch_folder::scratch_folder() {
  auto pattern
    = (std::filesystem::temp_directory_path() / "rayd-bench-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr)
    throw std::runtime_error(fmt::format("cannot make a folder like {}: {}",
                                         pattern, std::strerror(errno)));
  path_ = pattern;
}

scratch_folder::~scratch_folder() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

} // namespace rayd
