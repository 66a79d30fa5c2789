#pragma once

#include <boost/interprocess/detail/os_file_functions.hpp>

#include <unistd.h>

#include <utility>

namespace rayd {

/// An open descriptor of an arena with one owner. Models Boost.Interprocess's
/// memory-mappable concept, so that mapped_region can map it. -1: none.
class arena_file {
public:
  arena_file() = default;
  explicit arena_file(int fd) noexcept : fd_(fd) {}
  arena_file(arena_file&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  arena_file& operator=(arena_file&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~arena_file() {
    if (fd_ >= 0)
      ::close(fd_);
  }

  int fd() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }

  boost::interprocess::mapping_handle_t get_mapping_handle() const noexcept {
    return boost::interprocess::ipcdetail::mapping_handle_from_file_handle(fd_);
  }

private:
  int fd_ = -1;
};

} // namespace rayd
