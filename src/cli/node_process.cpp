#include "cli/commands.hpp"

#include "base/log.hpp"
#include "config/launch.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <utility>

namespace rayd {

namespace {

/// Passes a report on and remembers whether the node failed before it served.
class watched_report : public ready_report {
public:
  explicit watched_report(ready_report& next) : next_(next) {}

  void session_made(const std::string& folder) override {
    next_.session_made(folder);
  }

  void ready(const ready_info& info) override {
    is_ready = true;
    next_.ready(info);
  }

  void failed(exit_code code, const std::string& sentence) override {
    RAYD_ERROR("the node does not start: {}", sentence);
    next_.failed(code, sentence);
    failed_with = code;
  }

  bool is_ready = false;
  exit_code failed_with = exit_code::ok;

private:
  ready_report& next_;
};

void block_signals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  for (int signal : {SIGTERM, SIGINT, SIGHUP, SIGPIPE})
    ::sigaddset(&signals, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

log::level level_of(const std::string& name) {
  constexpr std::array<std::pair<std::string_view, log::level>, 5> levels{{
    {"trace", log::level::trace},
    {"debug", log::level::debug},
    {"info", log::level::info},
    {"warning", log::level::warning},
    {"error", log::level::error},
  }};
  for (auto& [text, level] : levels)
    if (text == name)
      return level;
  return log::level::info;
}

/// What libraries print goes to the node's log, too.
void redirect_to(const std::string& log) {
  int fd = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0)
    return;
  ::dup2(fd, STDOUT_FILENO);
  ::dup2(fd, STDERR_FILENO);
  ::close(fd);
}

/// Reads the one line of options; "" when it does not come.
std::string read_line(int fd) {
  constexpr std::size_t line_bytes_max = 1 << 20;
  std::string line;
  char c = 0;
  while (line.size() < line_bytes_max) {
    auto n = ::read(fd, &c, 1);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0 || c == '\n')
      break;
    line += c;
  }
  return line;
}

status give_secret(node_options& options, session& self) {
  if (options.role != node_role::head || !options.password.empty())
    return ok();
  options.password = random_secret();
  // Nobody joins a private cluster.
  if (options.private_cluster)
    return ok();
  auto written = write_secret(self, options.password);
  options.password_file = self.record.secret_file;
  return written;
}

} // namespace

int run_node_here(command_context& context, node_options options,
                  ready_report& report, int lifeline_fd, bool detached) {
  block_signals();
  auto made = create_session(options);
  if (!made) {
    auto code = made.error().code == ray::errc::wrong_type ? exit_code::usage
                                                           : exit_code::failed;
    report.failed(code, made.error().message);
    return static_cast<int>(code);
  }
  auto self = std::move(*made);
  report.session_made(self.folder);
  log::open(self.node_log(), level_of(options.log_level));
  if (detached)
    redirect_to(self.node_log());
  watched_report watched{report};
  int code = static_cast<int>(exit_code::failed);
  if (auto given = give_secret(options, self); !given)
    watched.failed(exit_code::failed, given.error().message);
  else
    code = context.run_node(options, self, watched, lifeline_fd);
  end_session(self);
  // Nothing to keep of a node that was refused with a reason; the log of one
  // that failed in an unforeseen way is worth keeping.
  auto refused = watched.failed_with != exit_code::ok
                 && watched.failed_with != exit_code::failed
                 && watched.failed_with != exit_code::timed_out;
  std::error_code error;
  if (refused && !watched.is_ready)
    std::filesystem::remove_all(self.folder, error);
  prune_sessions(options.session_base);
  return code;
}

int run_node_process(command_context& context, const arguments&) {
  if (::fcntl(node_options_fd, F_SETFD, FD_CLOEXEC) != 0
      || ::fcntl(node_report_fd, F_SETFD, FD_CLOEXEC) != 0)
    return complain(context, exit_code::usage,
                    "rayd node-process is for rayd itself: use rayd start");
  pipe_report report{node_report_fd};
  auto line = read_line(node_options_fd);
  auto options = from_pipe_json(line);
  ::explicit_bzero(line.data(), line.size());
  if (!options) {
    report.failed(exit_code::usage, options.error().message);
    return static_cast<int>(exit_code::usage);
  }
  auto follows = options->private_cluster || options->follows_parent;
  if (!follows)
    ::close(node_options_fd);
  return run_node_here(context, *options, report,
                       follows ? node_options_fd : -1, true);
}

} // namespace rayd
