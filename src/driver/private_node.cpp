#include "driver/private_node.hpp"

#include "config/launch.hpp"
#include "config/session.hpp"

#include <fmt/format.h>

#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <utility>

namespace rayd {

namespace {

using std::chrono::milliseconds;

// A node drains for at most 10 s.
constexpr auto stop_patience = milliseconds{15'000};

bool can_execute(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error)
         && ::access(path.c_str(), X_OK) == 0;
}

/// The folder of the library (or program) that holds this code.
std::string own_folder() {
  Dl_info about{};
  if (::dladdr(reinterpret_cast<const void*>(&find_rayd), &about) == 0
      || about.dli_fname == nullptr)
    return {};
  std::error_code error;
  const auto path = std::filesystem::canonical(about.dli_fname, error);
  return error ? std::string{} : path.parent_path().string();
}

std::string on_path(std::string_view paths) {
  while (!paths.empty()) {
    const auto end = std::min(paths.find(':'), paths.size());
    const std::string folder{paths.substr(0, end)};
    if (!folder.empty() && can_execute(folder + "/rayd"))
      return folder + "/rayd";
    paths.remove_prefix(std::min(end + 1, paths.size()));
  }
  return {};
}

} // namespace

result<std::string> find_rayd() {
  if (const char* named = std::getenv("RAYD_EXECUTABLE");
      named != nullptr && *named != '\0') {
    if (can_execute(named))
      return std::string{named};
    return failure{ray::errc::connection_failed,
                   fmt::format("RAYD_EXECUTABLE is {}, which is no program "
                               "that can be executed",
                               named)};
  }
  const auto folder = own_folder();
  for (const auto* beside : {"/../bin/rayd", "/rayd"})
    if (!folder.empty() && can_execute(folder + beside))
      return folder + beside;
  const char* paths = std::getenv("PATH");
  if (auto found = on_path(paths != nullptr ? paths : ""); !found.empty())
    return found;
  return failure{ray::errc::connection_failed,
                 fmt::format("the program rayd was found neither in {}/../bin "
                             "nor on PATH: set RAYD_EXECUTABLE to its path",
                             folder)};
}

result<std::unique_ptr<private_node>>
private_node::start(const node_options& options) {
  const auto rayd = find_rayd();
  if (!rayd)
    return rayd.error();
  auto launched = launch_node(*rayd, options);
  if (launched.code != exit_code::ok)
    return failure{launched.code == exit_code::usage
                     ? ray::errc::wrong_type
                     : ray::errc::connection_failed,
                   fmt::format("{} did not start: {}", *rayd,
                               launched.message)};
  std::unique_ptr<private_node> node{new private_node};
  node->lifeline_ = launched.lifeline_fd;
  node->socket_ = launched.info.socket;
  node->folder_ = launched.info.session_folder;
  node->process_
    = identify_process(launched.info.pid).value_or(process_identity{});
  if (launched.info.version != RAYD_VERSION)
    return failure{ray::errc::connection_failed,
                   fmt::format("{} has version {}, but this program was built "
                               "with {}: set RAYD_EXECUTABLE to the same one",
                               *rayd, launched.info.version, RAYD_VERSION)};
  return node;
}

private_node::~private_node() {
  stop();
}

void private_node::stop() noexcept {
  if (lifeline_ < 0)
    return;
  // The node takes the end of the file as the end of this program.
  ::close(std::exchange(lifeline_, -1));
  const auto pid = static_cast<pid_t>(process_.pid);
  if (pid <= 0)
    return;
  const bool ended = await_end(process_, stop_patience);
  if (!ended)
    signal_process(process_, SIGKILL);
  // A program that ignores SIGCHLD has no child to wait for any more.
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (ended)
    return;
  try {
    session left;
    left.folder = folder_;
    left.record.process = process_;
    left.record.own_kernel_session = true;
    kill_leftovers(left);
    for (auto& one : all_sessions(left.folder.parent_path()))
      if (one.folder == left.folder)
        end_session(one);
  } catch (...) {
    // The session folder stays for `rayd dump`.
  }
}

} // namespace rayd
