#include "shared_memory/segment.hpp"

#include "shared_memory/memory_headroom.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <limits>

namespace rayd {
namespace {

/// What the machine keeps for everybody else.
constexpr std::uint64_t spare_bytes = 32ull << 20;

failure cannot(const std::string& what, int error) {
  return {ray::errc::connection_failed,
          fmt::format("the object store's memory cannot be made: {}: {}", what,
                      std::strerror(error))};
}

failure full(std::string sentence) {
  return {ray::errc::object_store_full, std::move(sentence)};
}

result<arena_file> open_memfd() {
  arena_file file(
    ::memfd_create("rayd-arena", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file)
    return cannot("memfd_create", errno);
  return file;
}

/// A file of a memory file system that never has a name, or loses it at once.
result<arena_file> open_unlinked(const std::string& directory) {
  struct statfs about {};
  if (::statfs(directory.c_str(), &about) != 0)
    return cannot("--object-store-dir " + directory, errno);
  if (about.f_type != TMPFS_MAGIC && about.f_type != HUGETLBFS_MAGIC)
    return failure{ray::errc::connection_failed,
                   fmt::format("--object-store-dir {} is on a disk: give a "
                               "folder of a tmpfs or hugetlbfs",
                               directory)};
  arena_file file(
    ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!file && (errno == EOPNOTSUPP || errno == EISDIR)) {
    auto name = directory + "/rayd-arena-XXXXXX";
    file = arena_file(::mkostemp(name.data(), O_CLOEXEC));
    if (file)
      ::unlink(name.c_str());
  }
  if (!file)
    return cannot("a file in --object-store-dir " + directory, errno);
  return file;
}

/// Beyond it ftruncate would raise SIGXFSZ.
bool file_may_have(std::uint64_t bytes) {
  if (bytes > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max()))
    return false;
  struct rlimit limit {};
  return ::getrlimit(RLIMIT_FSIZE, &limit) != 0
         || limit.rlim_cur == RLIM_INFINITY || bytes <= limit.rlim_cur;
}

} // namespace

result<std::shared_ptr<segment>>
segment::create(const segment_options& options) {
  auto file = options.directory.empty() ? open_memfd()
                                        : open_unlinked(options.directory);
  if (!file)
    return file.error();
  struct stat about {};
  if (::fstat(file->fd(), &about) != 0)
    return cannot("fstat", errno);
  std::shared_ptr<segment> made(new segment);
  made->page_ = static_cast<std::uint64_t>(
    std::max<long>(about.st_blksize, ::sysconf(_SC_PAGESIZE)));
  made->capacity_ = options.capacity / made->page_ * made->page_;
  made->step_ = std::max(options.reserve_step, made->page_);
  made->place_ = options.directory.empty() ? "memory" : options.directory;
  if (made->capacity_ == 0 || !file_may_have(made->capacity_))
    return full(fmt::format("an object store of {} bytes cannot be made: give "
                            "--object-store-memory at least {} and no more "
                            "than a file may have",
                            options.capacity, made->page_));
  if (::ftruncate(file->fd(), static_cast<off_t>(made->capacity_)) != 0)
    return full(fmt::format("an object store of {} bytes cannot be made in "
                            "{}: {}",
                            made->capacity_, made->place_,
                            std::strerror(errno)));
  // Only a memfd can be sealed; elsewhere the kernel answers EPERM.
  constexpr int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  made->sealed_ = ::fcntl(file->fd(), F_ADD_SEALS, seals) == 0;
  if (!made->sealed_ && options.directory.empty())
    return cannot("F_ADD_SEALS", errno);
  auto self = fmt::format("/proc/self/fd/{}", file->fd());
  made->readonly_ = arena_file(::open(self.c_str(), O_RDONLY | O_CLOEXEC));
  if (!made->readonly_)
    return cannot("opening it again read-only through " + self, errno);
  made->writable_ = std::move(*file);
  return made;
}

status segment::reserve(std::uint64_t end) {
  if (end > capacity_)
    return full(fmt::format("{} bytes are beyond the object store's {}", end,
                            capacity_));
  auto have = reserved();
  if (end <= have)
    return ok();
  auto needed = (end + page_ - 1) / page_ * page_;
  auto wanted = std::min(capacity_, std::max(needed, have + step_));
  auto done = allocate(have, wanted);
  // A whole step may be too much for a system that still has what is needed.
  if (!done && needed < wanted)
    done = allocate(have, needed);
  return done;
}

status segment::reserve_ahead(std::uint64_t bytes) {
  auto have = reserved();
  auto wanted = std::max(bytes / page_ * page_, page_);
  auto end = have + std::min(wanted, capacity_ - have);
  return end == have ? ok() : allocate(have, end);
}

status segment::allocate(std::uint64_t from, std::uint64_t to) {
  if (!system_has(to - from))
    return full(fmt::format("the object store has {} of its {} bytes and this "
                            "machine or its cgroup has no {} bytes more: stop "
                            "other programs or give --object-store-memory "
                            "less",
                            from, capacity_, to - from));
  int error = 0;
  do {
    error = ::posix_fallocate(writable_.fd(), static_cast<off_t>(from),
                              static_cast<off_t>(to - from));
  } while (error == EINTR);
  if (error != 0)
    return full(fmt::format("the object store has {} of its {} bytes and {} "
                            "has no {} bytes more ({}): make room there or "
                            "give --object-store-memory less",
                            from, capacity_, place_, to - from,
                            std::strerror(error)));
  // Both the store and prefault come here, each from a *from* that was
  // reserved, so the larger end holds for all below it.
  auto have = reserved_.load(std::memory_order_relaxed);
  while (have < to
         && !reserved_.compare_exchange_weak(have, to,
                                             std::memory_order_release)) {
  }
  return ok();
}

void segment::touch(extent where) noexcept {
  auto begin = where.offset / page_ * page_;
  auto size = where.end() - begin;
  auto base = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED,
                     writable_.fd(), static_cast<off_t>(begin));
  if (base == MAP_FAILED)
    return; // Then whoever fills it first waits for the zeroing.
  // One fault per page rather than one MADV_POPULATE_WRITE for all: that
  // holds the lock of this process's address space, and a thread of idle
  // priority could be put aside meanwhile.
  auto bytes = static_cast<unsigned char*>(base);
  for (std::uint64_t at = 0; at < size; at += page_)
    __atomic_fetch_or(bytes + at, 0, __ATOMIC_RELAXED);
  ::munmap(base, size);
}

/// fallocate would wake the kernel's out-of-memory killer rather than fail.
bool segment::system_has(std::uint64_t bytes) {
  auto left = budget_.load(std::memory_order_relaxed);
  if (left < bytes) {
    auto headroom = memory_headroom();
    if (headroom < bytes + spare_bytes)
      return false;
    left = std::max(bytes, std::min(step_, (headroom - spare_bytes) / 2));
  }
  // Lost updates of the other thread only make it ask again, or spend the
  // spare bytes by at most one step.
  budget_.store(left - bytes, std::memory_order_relaxed);
  return true;
}

} // namespace rayd
