#include "worker_pool/log_file.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace rayd {

namespace {

std::string part(const std::string& path, int number) {
  return number == 0 ? path : fmt::format("{}.{}", path, number);
}

owned_fd open_new(const std::string& path) {
  return owned_fd{::open(path.c_str(),
                         O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC,
                         0600)};
}

} // namespace

void remove_log(const std::string& path, const log_limits& limits) {
  for (int i = 0; i < limits.files; ++i)
    ::unlink(part(path, i).c_str());
}

result<log_file> log_file::create(std::string path, log_limits limits) {
  auto file = open_new(path);
  if (file.get() < 0)
    return failure{ray::errc::connection_failed,
                   fmt::format("log file {} cannot be made: {}", path,
                               std::strerror(errno))};
  return log_file{std::move(path), limits, std::move(file)};
}

bool log_file::write(std::string_view bytes) {
  while (!bytes.empty()) {
    if (size_ >= limits_.file_bytes)
      rotate();
    const auto room = limits_.file_bytes - size_;
    const auto n = ::write(file_.get(), bytes.data(),
                           std::min<std::uint64_t>(room, bytes.size()));
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return false;
    size_ += static_cast<std::uint64_t>(n);
    written_ += static_cast<std::uint64_t>(n);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

void log_file::rotate() {
  for (int i = limits_.files - 1; i > 0; --i)
    std::rename(part(path_, i - 1).c_str(), part(path_, i).c_str());
  auto next = open_new(path_);
  // Without a descriptor for it the full one is written anew.
  if (next.get() >= 0)
    file_ = std::move(next);
  else
    static_cast<void>(::ftruncate(file_.get(), 0));
  const auto kept = static_cast<std::uint64_t>(limits_.files - 1);
  older_ = std::min(older_ + size_, kept * limits_.file_bytes);
  size_ = 0;
}

} // namespace rayd
