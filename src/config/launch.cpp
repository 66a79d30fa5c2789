#include "config/launch.hpp"

#include "config/process.hpp"
#include "config/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <optional>
#include <poll.h>
#include <spawn.h>
#include <string_view>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

extern char** environ;

namespace rayd {

namespace {

using clock = std::chrono::steady_clock;

/// What the two sides share until the child reported.
struct launch_pipes {
  int options_read = -1, options_write = -1;
  int report_read = -1, report_write = -1;
  int early_errors = -1;

  ~launch_pipes() {
    for (int fd : {options_read, options_write, report_read, report_write,
                   early_errors})
      if (fd >= 0)
        ::close(fd);
  }

  bool open() {
    int options[2];
    int report[2];
    if (::pipe2(options, O_CLOEXEC) != 0)
      return false;
    options_read = options[0];
    options_write = options[1];
    if (::pipe2(report, O_CLOEXEC) != 0)
      return false;
    report_read = report[0];
    report_write = report[1];
    early_errors = ::memfd_create("rayd-start", MFD_CLOEXEC);
    return early_errors >= 0;
  }
};

void close_end(int& fd) {
  if (fd >= 0)
    ::close(std::exchange(fd, -1));
}

/// Without the secret: the child gets it through its pipe, and its own
/// children must not see it.
std::vector<char*> child_environment() {
  std::vector<char*> variables;
  constexpr std::string_view stem = "RAY_REDIS_PASSWORD";
  for (char** at = environ; *at != nullptr; ++at)
    if (std::string_view{*at}.substr(0, stem.size()) != stem)
      variables.push_back(*at);
  variables.push_back(nullptr);
  return variables;
}

/// The child's process id, or 0 with errno set.
pid_t spawn(const std::string& executable, node_role role,
            const launch_pipes& pipes) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  // The pipes are above 4 (see raise), so that none overwrites another.
  ::posix_spawn_file_actions_adddup2(&actions, pipes.early_errors, 2);
  ::posix_spawn_file_actions_adddup2(&actions, pipes.options_read,
                                     node_options_fd);
  ::posix_spawn_file_actions_adddup2(&actions, pipes.report_write,
                                     node_report_fd);
  ::posix_spawn_file_actions_addclosefrom_np(&actions, node_report_fd + 1);
  ::posix_spawn_file_actions_addchdir_np(&actions, "/");
  // The parent's blocked and ignored signals are not the node's.
  sigset_t none;
  sigset_t all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID
                                            | POSIX_SPAWN_SETSIGMASK
                                            | POSIX_SPAWN_SETSIGDEF);
  std::string name = "rayd";
  std::string command = "node-process";
  std::string role_name{to_string(role)};
  char* arguments[] = {name.data(), command.data(), role_name.data(), nullptr};
  auto variables = child_environment();
  pid_t pid = 0;
  int error = ::posix_spawn(&pid, executable.c_str(), &actions, &attributes,
                            arguments, variables.data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  errno = error;
  return error == 0 ? pid : 0;
}

/// Moves a descriptor above the numbers that the child uses.
bool raise(int& fd) {
  int higher = ::fcntl(fd, F_DUPFD_CLOEXEC, 10);
  if (higher < 0)
    return false;
  ::close(std::exchange(fd, higher));
  return true;
}

/// False when the child closed its end before it read all.
bool write_all(int fd, std::string text) {
  // A child that died at once must not end us by SIGPIPE.
  sigset_t pipe_signal;
  sigset_t before;
  ::sigemptyset(&pipe_signal);
  ::sigaddset(&pipe_signal, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
  std::size_t done = 0;
  while (done < text.size()) {
    auto n = ::write(fd, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      break;
    done += static_cast<std::size_t>(n);
  }
  if (done < text.size()) {
    timespec now{};
    ::sigtimedwait(&pipe_signal, nullptr, &now);
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  auto all = done == text.size();
  ::explicit_bzero(text.data(), text.size());
  return all;
}

/// The last lines of *text* that say something, on one line.
std::string last_lines(const std::string& text) {
  constexpr std::size_t lines_max = 3;
  std::vector<std::string> lines;
  std::size_t end = text.size();
  while (end > 0 && lines.size() < lines_max) {
    auto begin = text.rfind('\n', end - 1);
    auto from = begin == std::string::npos ? 0 : begin + 1;
    if (from < end)
      lines.push_back(text.substr(from, end - from));
    end = begin == std::string::npos ? 0 : begin;
  }
  std::string joined;
  for (auto line = lines.rbegin(); line != lines.rend(); ++line)
    joined += (joined.empty() ? "" : " | ") + *line;
  return joined;
}

std::string tail_of(const std::string& file) {
  std::ifstream in{file, std::ios::binary | std::ios::ate};
  if (!in)
    return {};
  constexpr std::streamoff tail_bytes = 4096;
  auto size = static_cast<std::streamoff>(in.tellg());
  auto from = std::max<std::streamoff>(0, size - tail_bytes);
  in.seekg(from);
  std::string text(static_cast<std::size_t>(size - from), '\0');
  in.read(text.data(), size - from);
  return last_lines(text);
}

std::string early_text(int fd) {
  std::string text(4096, '\0');
  auto n = ::pread(fd, text.data(), text.size(), 0);
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return last_lines(text);
}

/// How waitpid's *state* reads in a sentence.
std::string describe_end(int state) {
  if (WIFSIGNALED(state))
    return fmt::format("was ended by signal {} ({})", WTERMSIG(state),
                       ::strsignal(WTERMSIG(state)));
  return fmt::format("ended with code {}", WEXITSTATUS(state));
}

/// Reads the child's lines until one decides; nothing at end-of-file or when
/// the deadline passed (*timed_out* tells).
class report_reader {
public:
  report_reader(int fd, clock::time_point deadline)
    : fd_(fd), deadline_(deadline) {}

  std::optional<report_line> read() {
    while (wait()) {
      char bytes[4096];
      auto n = ::read(fd_, bytes, sizeof bytes);
      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return std::nullopt;
      buffer_.append(bytes, static_cast<std::size_t>(n));
      while (auto line = next_line())
        if (line->type != report_line::kind::session)
          return line;
    }
    return std::nullopt;
  }

  bool timed_out() const noexcept { return timed_out_; }
  const std::string& session_folder() const noexcept { return folder_; }

private:
  bool wait() {
    for (;;) {
      auto left = std::chrono::ceil<std::chrono::milliseconds>(
        deadline_ - clock::now());
      pollfd item{fd_, POLLIN, 0};
      auto timeout = std::max<std::int64_t>(0, left.count());
      int ready = ::poll(&item, 1, static_cast<int>(timeout));
      if (ready > 0)
        return true;
      if (ready == 0 && left.count() <= 0) {
        timed_out_ = true;
        return false;
      }
    }
  }

  std::optional<report_line> next_line() {
    auto end = buffer_.find('\n');
    if (end == std::string::npos)
      return std::nullopt;
    auto line = parse_report_line(buffer_.substr(0, end));
    buffer_.erase(0, end + 1);
    if (!line) {
      report_line bad;
      bad.message = line.error().message;
      return bad;
    }
    if (line->type == report_line::kind::session)
      folder_ = line->info.session_folder;
    return *line;
  }

  int fd_;
  clock::time_point deadline_;
  std::string buffer_;
  std::string folder_;
  bool timed_out_ = false;
};

launch_outcome failed(exit_code code, std::string sentence) {
  launch_outcome outcome;
  outcome.code = code;
  outcome.message = std::move(sentence);
  return outcome;
}

/// Ends a child that will not become a node, with all it started.
int end_child(pid_t pid, const std::string& folder,
              std::chrono::milliseconds patience) {
  int state = 0;
  if (auto child = identify_process(pid)) {
    await_end(*child, patience);
    signal_process(*child, SIGKILL);
  }
  ::waitpid(pid, &state, 0);
  session left;
  left.folder = folder;
  left.record.process.pid = pid;
  left.record.own_kernel_session = true;
  kill_leftovers(left);
  if (folder.empty())
    return state;
  for (auto& one : all_sessions(left.folder.parent_path()))
    if (one.folder == left.folder)
      end_session(one);
  return state;
}

std::string explain_death(int state, const std::string& folder,
                          int early_errors) {
  auto log = folder.empty() ? std::string{} : folder + "/logs/node.log";
  auto last = log.empty() ? early_text(early_errors) : tail_of(log);
  auto sentence = fmt::format("the node process {} before it was ready",
                              describe_end(state));
  if (!last.empty())
    sentence += fmt::format(", its last words were: {}", last);
  if (!log.empty())
    sentence += fmt::format(" (see {})", log);
  return sentence;
}

} // namespace

launch_outcome launch_node(const std::string& executable,
                           const node_options& options) {
  launch_pipes pipes;
  if (!pipes.open() || !raise(pipes.options_read) || !raise(pipes.report_write)
      || !raise(pipes.early_errors))
    return failed(exit_code::failed,
                  fmt::format("cannot make a pipe for the node process: {}",
                              std::strerror(errno)));
  auto pid = spawn(executable, options.role, pipes);
  if (pid == 0)
    return failed(exit_code::failed,
                  fmt::format("cannot start {}: {}", executable,
                              std::strerror(errno)));
  close_end(pipes.options_read);
  close_end(pipes.report_write);
  write_all(pipes.options_write, to_pipe_json(options));
  auto follows = options.private_cluster || options.follows_parent;
  if (!follows)
    close_end(pipes.options_write);

  report_reader reader{pipes.report_read,
                       clock::now() + options.start_timeout};
  auto line = reader.read();
  if (line && line->type == report_line::kind::ready) {
    launch_outcome outcome;
    outcome.code = exit_code::ok;
    outcome.info = line->info;
    outcome.lifeline_fd = std::exchange(pipes.options_write, -1);
    return outcome;
  }
  // A node that reported a failure cleans up itself; one that hangs does not.
  auto patience = reader.timed_out() ? 0 : 5000;
  auto state = end_child(pid, reader.session_folder(),
                         std::chrono::milliseconds{patience});
  if (line)
    return failed(line->code, line->message);
  if (reader.timed_out()) {
    auto where = reader.session_folder().empty()
                   ? std::string{"and made no session folder"}
                   : "see " + reader.session_folder() + "/logs/node.log";
    return failed(exit_code::timed_out,
                  fmt::format("the node was not ready within {} ({}): it was "
                              "ended; a longer --start-timeout may help",
                              format_duration(options.start_timeout), where));
  }
  return failed(exit_code::failed,
                explain_death(state, reader.session_folder(),
                              pipes.early_errors));
}

std::string own_executable() {
  char path[PATH_MAX];
  auto n = ::readlink("/proc/self/exe", path, sizeof path);
  return n > 0 ? std::string(path, static_cast<std::size_t>(n)) : "rayd";
}

} // namespace rayd
