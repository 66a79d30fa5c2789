#include "driver/attach.hpp"
#include "worker/executor.hpp"
#include "worker/shared_executor.hpp"

#include <ray/detail/worker_main.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dlfcn.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace rayd {

namespace {

/// Takes a variable, so that programs started by tasks do not see it.
std::string take_variable(const char* name) {
  const char* value = std::getenv(name);
  std::string text = value != nullptr ? value : "";
  ::unsetenv(name);
  return text;
}

[[noreturn]] void leave(int code) {
  std::fflush(nullptr);
  // CAF and the program's static objects have nothing to say any more, and
  // must not delay the end.
  ::_exit(code);
}

[[noreturn]] void complain(const std::string& sentence) {
  fmt::print(stderr, "rayd worker {}: {}\n", ::getpid(), sentence);
  leave(EXIT_FAILURE);
}

attach_request request_from_environment() {
  attach_request request;
  request.socket = take_variable("RAYD_NODE_SOCKET");
  const auto job = take_variable("RAYD_JOB");
  const auto token = take_variable("RAYD_WORKER_TOKEN");
  if (request.socket.empty() || token.empty())
    complain("role worker is for processes that a rayd node starts: run the "
             "program without --ray-role");
  job_number number = 0;
  std::from_chars(job.data(), job.data() + job.size(), number);
  const nlohmann::json text{{"role", "worker"},
                            {"job", number},
                            {"token", token},
                            {"pid", ::getpid()}};
  request.text = text.dump();
  request.role = peer_role::worker;
  return request;
}

/// Task libraries of the node; their static initialisers add to the function
/// table.
void load_libraries(const std::string& path) {
  if (!path.empty()
      && ::dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL) == nullptr)
    complain(fmt::format("the node's --load library cannot be loaded: {}",
                         ::dlerror()));
}

/// Attaches, and lets *work* run what the node sends.
template <class Executor>
[[noreturn]] void serve_as(Executor& work) {
  auto request = request_from_environment();
  request.receiver = &work;
  auto attached = attach(request);
  if (!attached)
    complain(attached.error().message);
  auto& process = **attached;
  // Threads that belong to no task submit as children of this process.
  auto& frame = process.process_frame();
  const auto& self = process.identity();
  constexpr auto beyond_tasks = std::uint64_t{1} << 60;
  frame.parent = child_id(frame.parent, beyond_tasks + self.process,
                          self.node, self.job);
  ray::detail::set_runtime(*attached);
  work.run();
  leave(EXIT_SUCCESS);
}

[[noreturn]] void serve() {
  // Lines of the program's output reach the log when they are complete.
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  std::signal(SIGPIPE, SIG_IGN);
  load_libraries(take_variable("RAYD_LOAD"));
  if (take_variable("RAYD_SHARED").empty()) {
    executor work{&leave};
    serve_as(work);
  } else {
    process_system(shared_executor::threads);
    shared_executor work{&leave};
    serve_as(work);
  }
}

} // namespace

} // namespace rayd

namespace ray::detail {

void worker_main() {
  try {
    rayd::serve();
  } catch (const std::exception& problem) {
    rayd::complain(problem.what());
  }
}

bool is_worker_role(int argc, const char* const* argv) noexcept {
  return argc > 1 && std::strcmp(argv[1], "--ray-role=worker") == 0;
}

bool is_worker_process() noexcept {
  // The first thing that a worker does is to take this away.
  return std::getenv("RAYD_WORKER_TOKEN") != nullptr;
}

} // namespace ray::detail
