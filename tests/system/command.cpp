#include "system/command.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <spawn.h>
#include <stdexcept>
#include <string_view>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace rayd::testing {

namespace {

std::vector<std::string>
environment_of(const std::map<std::string, std::string>& added) {
  std::vector<std::string> result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text{*entry};
    const std::string name{text.substr(0, text.find('='))};
    if (!name.starts_with("RAY_") && !name.starts_with("RAYD_")
        && name != "XDG_STATE_HOME" && !added.contains(name))
      result.emplace_back(text);
  }
  for (const auto& [name, value] : added)
    result.push_back(name + "=" + value);
  return result;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (auto& text : texts)
    result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

struct pipe_ends {
  int reading = -1;
  int writing = -1;
};

pipe_ends make_pipe() {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0)
    throw std::runtime_error("no pipe: " + std::string{std::strerror(errno)});
  ::fcntl(fds[0], F_SETFL, O_NONBLOCK);
  return {fds[0], fds[1]};
}

// A file in memory that holds *text*, at its start. A pipe would block when
// the program does not read.
int file_with(const std::string& text) {
  const int fd = ::memfd_create("input", MFD_CLOEXEC);
  for (std::size_t at = 0; at < text.size();) {
    const auto count = ::write(fd, text.data() + at, text.size() - at);
    if (count <= 0)
      throw std::runtime_error("cannot write a program's input");
    at += static_cast<std::size_t>(count);
  }
  ::lseek(fd, 0, SEEK_SET);
  return fd;
}

long spawn(const command& what, int in, int out, int err) {
  auto arguments = what.arguments;
  auto environment = environment_of(what.environment);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, in, 0);
  ::posix_spawn_file_actions_adddup2(&actions, out, 1);
  ::posix_spawn_file_actions_adddup2(&actions, err, 2);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  pid_t pid = -1;
  const int error = ::posix_spawnp(&pid, arguments.at(0).c_str(), &actions,
                                   &attributes, pointers_to(arguments).data(),
                                   pointers_to(environment).data());
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0)
    throw std::runtime_error(fmt::format(
      "cannot start {}: {}", what.arguments.at(0), std::strerror(error)));
  return pid;
}

// Appends what can be read now; closes *fd* at its end.
void drain(int& fd, std::string& text) {
  std::array<char, 65536> buffer{};
  while (fd >= 0) {
    const auto count = ::read(fd, buffer.data(), buffer.size());
    if (count > 0) {
      text.append(buffer.data(), static_cast<std::size_t>(count));
    } else if (count < 0 && errno == EINTR) {
      continue;
    } else {
      if (count == 0 || errno != EAGAIN) {
        ::close(fd);
        fd = -1;
      }
      return;
    }
  }
}

} // namespace

std::string to_string(const outcome& done) {
  return fmt::format("exit code {} after {} ms{}\nstdout: {}\nstderr: {}",
                     done.exit_code, done.took.count(),
                     done.output_held ? ", output still held" : "", done.out,
                     done.err);
}

running::running(const command& what) : started_(clock::now()) {
  const auto out = make_pipe();
  const auto err = make_pipe();
  const int in = file_with(what.input);
  out_fd_ = out.reading;
  err_fd_ = err.reading;
  try {
    pid_ = spawn(what, in, out.writing, err.writing);
  } catch (...) {
    for (const int fd : {in, out.writing, err.writing})
      ::close(fd);
    close_all();
    throw;
  }
  for (const int fd : {in, out.writing, err.writing})
    ::close(fd);
  // As a system call: glibc 2.36 declares pidfd_open for C only.
  pid_fd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
}

running::running(running&& other) noexcept
  : pid_(std::exchange(other.pid_, -1)),
    pid_fd_(std::exchange(other.pid_fd_, -1)),
    out_fd_(std::exchange(other.out_fd_, -1)),
    err_fd_(std::exchange(other.err_fd_, -1)),
    started_(other.started_),
    done_(std::move(other.done_)) {}

running::~running() {
  if (pid_ > 0 && pid_fd_ >= 0) {
    signal_group(SIGKILL);
    ::waitpid(static_cast<pid_t>(pid_), nullptr, 0);
  }
  close_all();
}

void running::close_all() noexcept {
  for (int* fd : {&pid_fd_, &out_fd_, &err_fd_})
    if (*fd >= 0)
      ::close(std::exchange(*fd, -1));
}

bool running::runs() const {
  pollfd ended{pid_fd_, POLLIN, 0};
  return pid_fd_ >= 0 && ::poll(&ended, 1, 0) == 0;
}

void running::signal(int number) const {
  // The number cannot belong to somebody else before it is waited for.
  if (pid_fd_ >= 0)
    ::kill(static_cast<pid_t>(pid_), number);
}

void running::signal_group(int number) const {
  if (pid_fd_ >= 0)
    ::kill(static_cast<pid_t>(-pid_), number);
}

void running::read_all_there() {
  drain(out_fd_, done_.out);
  drain(err_fd_, done_.err);
}

bool running::read_once(clock::time_point until) {
  std::array<pollfd, 3> ready{
    {{pid_fd_, POLLIN, 0}, {out_fd_, POLLIN, 0}, {err_fd_, POLLIN, 0}}};
  const auto left
    = std::chrono::ceil<std::chrono::milliseconds>(until - clock::now());
  ::poll(ready.data(), ready.size(),
         static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
  read_all_there();
  return ready[0].revents != 0;
}

bool running::wait_for_output(const std::string& text,
                              std::chrono::milliseconds limit) {
  const auto until = clock::now() + limit;
  const auto found = [&] { return done_.out.find(text) != std::string::npos; };
  while (!found() && clock::now() < until)
    if (read_once(until))
      break;
  return found();
}

outcome running::wait(std::chrono::milliseconds limit) {
  const auto until = clock::now() + limit;
  bool ended = false;
  while (!ended && clock::now() < until)
    ended = read_once(until);
  if (!ended)
    signal_group(SIGKILL);
  int status = 0;
  ::waitpid(static_cast<pid_t>(pid_), &status, 0);
  done_.took = std::chrono::duration_cast<std::chrono::milliseconds>(
    clock::now() - started_);
  read_all_there();
  done_.output_held = out_fd_ >= 0 || err_fd_ >= 0;
  close_all();
  if (ended)
    done_.exit_code = WIFEXITED(status) ? WEXITSTATUS(status)
                                        : 128 + WTERMSIG(status);
  return done_;
}

outcome run(const command& what, std::chrono::milliseconds limit) {
  return running{what}.wait(limit);
}

std::vector<std::uint16_t> free_ports(std::size_t count) {
  // All are held until the last one is known, so that they differ.
  std::vector<int> held;
  std::vector<std::uint16_t> ports;
  while (ports.size() < count) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(where);
    auto* address = reinterpret_cast<sockaddr*>(&where);
    held.push_back(fd);
    if (::bind(fd, address, size) != 0
        || ::getsockname(fd, address, &size) != 0)
      throw std::runtime_error("no free port on loopback");
    ports.push_back(ntohs(where.sin_port));
  }
  for (const int fd : held)
    ::close(fd);
  return ports;
}

} // namespace rayd::testing
