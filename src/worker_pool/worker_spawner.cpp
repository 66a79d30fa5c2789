#include "worker_pool/worker_spawner.hpp"

#include "base/check.hpp"
#include "base/overloaded.hpp"
#include "config/session.hpp"
#include "worker_pool/program_file.hpp"

#include <caf/send.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

extern char** environ;

namespace rayd {

namespace {

/// Made before the child exists: between vfork and execve it runs in our
/// memory and may only make system calls.
struct child_plan {
  const char* program;
  int file; ///< Executed instead when it is not negative.
  char* const* arguments;
  char* const* environment;
  int output; ///< Standard output, and
  int errors; ///< standard error.
  pid_t parent;
};

[[noreturn]] void run_child(const child_plan& plan) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != plan.parent)
    ::_exit(127); // The node ended before the line above.
  ::setpgid(0, 0); // Ctrl-C in the node's terminal is not for workers.
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int input = ::open("/dev/null", O_RDONLY);
  if (::dup2(input, 0) < 0 || ::dup2(plan.output, 1) < 0
      || ::dup2(plan.errors, 2) < 0)
    ::_exit(126);
  ::syscall(SYS_close_range, 3u, ~0u, CLOSE_RANGE_CLOEXEC);
  if (plan.file >= 0)
    ::syscall(SYS_execveat, plan.file, "", plan.arguments, plan.environment,
              AT_EMPTY_PATH);
  else
    ::execve(plan.program, plan.arguments, plan.environment);
  ::_exit(127);
}

[[gnu::noinline]] pid_t vfork_child(const child_plan& plan) {
  // A handler of ours must not run in the child, which shares our memory.
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

std::vector<std::string> worker_environment(const worker_pool_options& options,
                                            const start_worker_process& x,
                                            const located_program& program) {
  std::map<std::string, std::string, std::less<>> all;
  for (char** entry = environ; *entry; ++entry) {
    const std::string_view text{*entry};
    const auto name = text.substr(0, text.find('='));
    if (!name.starts_with("RAY_REDIS_PASSWORD") && name.size() < text.size())
      all.emplace(name, text.substr(name.size() + 1));
  }
  for (const auto& [name, value] : x.env)
    all[name] = value;
  if (!program.libraries.empty()) {
    auto& path = all["LD_LIBRARY_PATH"];
    path = program.libraries + (path.empty() ? "" : ":" + path);
  }
  if (!options.load.empty())
    all["RAYD_LOAD"] = options.load;
  all["RAYD_NODE_SOCKET"] = options.node_socket;
  all["RAYD_JOB"] = std::to_string(x.job);
  all["RAYD_WORKER_TOKEN"] = fmt::format("{:016x}", x.token);
  std::vector<std::string> texts;
  for (const auto& [name, value] : all)
    texts.push_back(name + "=" + value);
  return texts;
}

struct output_pipe {
  owned_fd read;
  owned_fd write;
};

/// A worker writes into it, output_reader reads from it and never waits there.
std::optional<output_pipe> open_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) < 0)
    return std::nullopt;
  output_pipe made{owned_fd{ends[0]}, owned_fd{ends[1]}};
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  // More than the usual 64 KiB spares a busy printer waits; a refusal is fine.
  ::fcntl(ends[0], F_SETPIPE_SZ, 256 << 10);
  return made;
}

bool wants_lines(const start_worker_process& wanted) {
  const auto job = nlohmann::json::parse(wanted.description, nullptr, false);
  return !job.is_object() || !job.contains("log_to_driver")
         || job["log_to_driver"] != false;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (auto& text : texts)
    out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

} // namespace

worker_spawner::worker_spawner(worker_pool_options options)
  : options_(std::move(options)),
    output_(options_.scheduler, options_.session_folder, options_.output),
    wake_(::eventfd(0, EFD_CLOEXEC)),
    thread_([this] { run(); }) {
  RAYD_CHECK(wake_ >= 0);
}

worker_spawner::~worker_spawner() {
  {
    std::lock_guard guard{mutex_};
    stopping_ = true;
  }
  ::eventfd_write(wake_, 1);
  thread_.join();
  ::close(wake_);
  // Copies that came from other nodes; nobody runs them any more.
  std::error_code wrong;
  std::filesystem::remove_all(options_.session_folder + "/programs", wrong);
}

void worker_spawner::start(start_worker_process wanted,
                           located_program program) {
  push(start_order{std::move(wanted), std::move(program)});
}

void worker_spawner::end(end_worker_process unwanted) {
  push(unwanted);
}

void worker_spawner::push(order next) {
  {
    std::lock_guard guard{mutex_};
    orders_.push_back(std::move(next));
  }
  ::eventfd_write(wake_, 1);
}

void worker_spawner::run() {
  for (;;) {
    std::deque<order> orders;
    {
      std::lock_guard guard{mutex_};
      if (stopping_)
        break;
      orders.swap(orders_);
    }
    for (const auto& next : orders)
      std::visit(overloaded{
                   [&](const start_order& x) { spawn(x); },
                   [&](const end_worker_process& x) {
                     const auto at = children_.find(x.token);
                     if (at != children_.end())
                       ::kill(static_cast<pid_t>(at->second.pid), SIGKILL);
                   },
                 },
                 next);
    std::vector<pollfd> fds{{wake_, POLLIN, 0}};
    std::vector<std::uint64_t> tokens{0};
    for (const auto& [token, process] : children_) {
      fds.push_back({process.pidfd, POLLIN, 0});
      tokens.push_back(token);
    }
    ::poll(fds.data(), fds.size(), -1);
    if (fds[0].revents != 0) {
      eventfd_t count = 0;
      ::eventfd_read(wake_, &count);
    }
    for (std::size_t i = 1; i < fds.size(); ++i)
      if (fds[i].revents != 0)
        reap(tokens[i]);
  }
  kill_all();
}

void worker_spawner::spawn(const start_order& asked) {
  const auto& [wanted, program] = asked;
  const auto refuse = [&](std::string why) {
    caf::anon_send(options_.scheduler,
                   worker_process_refused{wanted.job, wanted.token,
                                          std::move(why)});
  };
  if (!program.file && ::access(program.path.c_str(), X_OK) != 0) {
    refuse(fmt::format("program {} cannot be executed on this node: {}",
                       program.path, std::strerror(errno)));
    return;
  }
  auto log = log_file::create(
    fmt::format("{}/logs/worker-{}-{}.log", options_.session_folder,
                job_name(wanted.job), ++started_),
    options_.output.log);
  auto standard = open_pipe();
  auto errors = open_pipe();
  if (!log || !standard || !errors) {
    refuse(log ? fmt::format("no pipe can be made: {}", std::strerror(errno))
               : log.error().message);
    return;
  }
  std::vector<std::string> arguments{program.path, "--ray-role=worker"};
  auto environment = worker_environment(options_, wanted, program);
  const auto argv = pointers(arguments);
  const auto envp = pointers(environment);
  const pid_t pid = vfork_child(
    {program.path.c_str(), program.file ? program.file->get() : -1,
     argv.data(), envp.data(), standard->write.get(), errors->write.get(),
     ::getpid()});
  if (pid < 0) {
    refuse(fmt::format("no process can be made: {}", std::strerror(errno)));
    return;
  }
  const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (pidfd < 0) {
    const auto why = fmt::format("it cannot be watched: {}",
                                 std::strerror(errno));
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    refuse(why);
    return;
  }
  children_[wanted.token] = {wanted.job, pid, pidfd};
  output_.add({wanted.token, wanted.job, pid, std::move(standard->read),
               std::move(errors->read), std::move(*log),
               wants_lines(wanted)});
  if (const auto identity = identify_process(pid))
    (void) record_process(options_.session_folder, *identity, "worker");
  caf::anon_send(options_.scheduler,
                 worker_process_started{wanted.job, wanted.token, pid});
}

void worker_spawner::reap(std::uint64_t token) {
  const auto at = children_.find(token);
  const auto process = at->second;
  int wait_status = 0;
  if (::waitpid(static_cast<pid_t>(process.pid), &wait_status, WNOHANG) <= 0)
    return;
  ::close(process.pidfd);
  children_.erase(at);
  // Its last lines come first.
  output_.end({process.job, token, process.pid, describe_exit(wait_status),
               {}});
}

void worker_spawner::kill_all() {
  for (const auto& [token, process] : children_)
    ::kill(static_cast<pid_t>(process.pid), SIGKILL);
  for (const auto& [token, process] : children_) {
    int wait_status = 0;
    ::waitpid(static_cast<pid_t>(process.pid), &wait_status, 0);
    ::close(process.pidfd);
  }
  children_.clear();
}

} // namespace rayd
