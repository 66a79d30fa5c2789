#include "worker_pool/program_file.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

namespace rayd {

namespace {

using json = nlohmann::json;

bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/// The file that *description* means, by its path, size and time.
bool is_described(const std::string& path, const json& description) {
  struct stat file {};
  if (::stat(path.c_str(), &file) != 0 || ::access(path.c_str(), X_OK) != 0)
    return false;
  const auto modified = std::int64_t{file.st_mtim.tv_sec} * 1'000'000'000
                        + file.st_mtim.tv_nsec;
  return description.value("program_size", std::int64_t{file.st_size})
           == file.st_size
         && description.value("program_mtime_ns", modified) == modified;
}

} // namespace

void program_table::begin(job_number job, const std::string& description) {
  const auto text = json::parse(description, nullptr, false);
  if (!text.is_object() || own_.contains(job))
    return;
  entry made;
  made.path = text.value("program", std::string{});
  made.libraries = text.value("libraries", std::vector<std::string>{});
  const auto running
    = fmt::format("/proc/{}/exe", text.value("pid", std::int64_t{0}));
  owned_fd file{::open(running.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file)
    file.reset(::open(made.path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file)
    return;
  made.file = std::make_shared<const owned_fd>(std::move(file));
  own_[job] = std::move(made);
}

void program_table::end(job_number job) {
  own_.erase(job);
  copies_.erase(job);
}

void program_table::add(const program_fetched& copy) {
  copies_[copy.job] = {copy.program, nullptr, copy.libraries};
}

std::optional<located_program>
program_table::find(const start_worker_process& wanted) const {
  if (const auto at = copies_.find(wanted.job); at != copies_.end())
    return at->second;
  if (const auto at = own_.find(wanted.job); at != own_.end()) {
    struct stat now {};
    struct stat then {};
    const auto& [path, file, libraries] = at->second;
    const bool unchanged = ::stat(path.c_str(), &now) == 0
                           && ::fstat(file->get(), &then) == 0
                           && same_file(now, then);
    return located_program{path, unchanged ? nullptr : file, {}};
  }
  const auto text = json::parse(wanted.description, nullptr, false);
  const auto path = text.is_object() ? text.value("program", std::string{})
                                     : std::string{};
  if (wanted.home == 0 || (!path.empty() && is_described(path, text)))
    return located_program{path, nullptr, {}};
  return std::nullopt;
}

program_files program_table::files(job_number job) const {
  program_files out{job, {}};
  const auto at = own_.find(job);
  if (at == own_.end())
    return out;
  const auto name_of = [](const std::string& path) {
    return std::filesystem::path{path}.filename().string();
  };
  const auto open_file
    = fmt::format("/proc/self/fd/{}", at->second.file->get());
  out.files.push_back({name_of(at->second.path), open_file});
  for (const auto& library : at->second.libraries)
    out.files.push_back({name_of(library), library});
  return out;
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
