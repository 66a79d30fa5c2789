#include "cli/host_shell.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

extern char** environ;

namespace rayd {

namespace {

// Files in memory instead of pipes: nobody has to read beside the script, a
// shell that ends early breaks nothing, and the secret reaches no disk.
int make_file(const std::string& content = {}) {
  int fd = ::memfd_create("rayd-host", MFD_CLOEXEC);
  std::size_t done = 0;
  while (fd >= 0 && done < content.size()) {
    auto n = ::write(fd, content.data() + done, content.size() - done);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0) {
      ::close(fd);
      return -1;
    }
    done += static_cast<std::size_t>(n);
  }
  if (fd >= 0)
    ::lseek(fd, 0, SEEK_SET);
  return fd;
}

std::string content_of(int fd) {
  std::string text;
  char bytes[4096];
  off_t at = 0;
  for (;;) {
    auto n = ::pread(fd, bytes, sizeof bytes, at);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return text;
    text.append(bytes, static_cast<std::size_t>(n));
    at += n;
  }
}

/// 0, or the reason's number.
int spawn(const std::vector<std::string>& command, int in, int out, int err,
          pid_t& pid) {
  std::vector<std::string> words = command;
  std::vector<char*> arguments;
  for (auto& word : words)
    arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
  int error = ::posix_spawnp(&pid, arguments[0], &actions, nullptr,
                             arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  return error;
}

} // namespace

host_shell::host_shell(const host_script& script) {
  int in = make_file(script.script);
  out_ = make_file();
  err_ = make_file();
  int error = in < 0 || out_ < 0 || err_ < 0
                ? errno
                : spawn(script.command, in, out_, err_, pid_);
  if (in >= 0)
    ::close(in);
  if (error == 0)
    return;
  pid_ = 0;
  problem_ = fmt::format("cannot run {}: {}\n", script.command[0],
                         std::strerror(error));
}

host_shell::~host_shell() {
  for (int fd : {out_, err_})
    if (fd >= 0)
      ::close(fd);
}

host_shell::host_shell(host_shell&& other) noexcept
  : pid_(std::exchange(other.pid_, 0)),
    out_(std::exchange(other.out_, -1)),
    err_(std::exchange(other.err_, -1)),
    problem_(std::move(other.problem_)) {}

host_result host_shell::wait() {
  if (pid_ == 0)
    return {127, {}, problem_};
  int state = 0;
  while (::waitpid(pid_, &state, 0) < 0 && errno == EINTR)
    ;
  host_result result;
  result.code = WIFSIGNALED(state) ? 128 + WTERMSIG(state) : WEXITSTATUS(state);
  result.out = content_of(out_);
  result.err = content_of(err_);
  return result;
}

} // namespace rayd
