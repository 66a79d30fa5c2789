#pragma once

#include "base/result.hpp"
#include "transport/owned_fd.hpp"
#include "worker_pool/log_reader.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace rayd {

/// What one process may leave on the disk.
struct log_limits {
  std::uint64_t file_bytes = 20 << 20;
  int files = 5; ///< The one being written and older ones: PATH.1, PATH.2 ...
};

/// Removes a log and its older parts.
void remove_log(const std::string& path, const log_limits& limits);

// The output of one worker on the disk, mode 0600: PATH is written, and when
// it is full it becomes PATH.1, what was PATH.1 becomes PATH.2, and the oldest
// one goes.
class log_file {
public:
  /// @error connection_failed  It cannot be made (disk, rights).
  static result<log_file> create(std::string path, log_limits limits);

  /// Appends. @returns false when the disk took less: the rest is lost.
  bool write(std::string_view bytes);

  const std::string& path() const noexcept { return path_; }

  /// For read_page().
  log_extent extent() const {
    return {path_, written_, size_ + older_, limits_.file_bytes};
  }

  /// Of all its parts.
  std::uint64_t total_bytes() const noexcept { return size_ + older_; }

private:
  log_file(std::string path, log_limits limits, owned_fd file)
    : path_(std::move(path)), limits_(limits), file_(std::move(file)) {}

  void rotate();

  std::string path_;
  log_limits limits_;
  owned_fd file_;
  std::uint64_t written_ = 0; ///< Ever.
  std::uint64_t size_ = 0;
  std::uint64_t older_ = 0;
};

} // namespace rayd
