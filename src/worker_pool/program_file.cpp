#include "worker_pool/program_file.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

namespace rayd {

result<std::string> program_of(const std::string& description) {
  const auto cannot = [](std::string why) {
    return failure{ray::errc::worker_died, std::move(why)};
  };
  const auto job = nlohmann::json::parse(description, nullptr, false);
  if (!job.is_object() || !job.contains("program"))
    return cannot("this node was not told which program the job runs");
  auto program = job.value("program", std::string{});
  struct stat file {};
  if (::stat(program.c_str(), &file) != 0)
    return cannot(fmt::format("program {} is not on this node: {}", program,
                              std::strerror(errno)));
  if (::access(program.c_str(), X_OK) != 0)
    return cannot(fmt::format("program {} cannot be executed on this node: {}",
                              program, std::strerror(errno)));
  const auto modified = std::int64_t{file.st_mtim.tv_sec} * 1'000'000'000
                        + file.st_mtim.tv_nsec;
  if (job.value("program_size", std::int64_t{file.st_size}) != file.st_size
      || job.value("program_mtime_ns", modified) != modified)
    return cannot(fmt::format("program {} on this node is another file than "
                              "the one that its driver runs",
                              program));
  return program;
}

std::string describe_exit(int wait_status) {
  if (!WIFSIGNALED(wait_status))
    return fmt::format("exited with {}", WEXITSTATUS(wait_status));
  const int signal = WTERMSIG(wait_status);
  const char* name = ::sigabbrev_np(signal);
  return fmt::format("was ended by signal {} (SIG{})", signal,
                     name ? name : "?");
}

} // namespace rayd
