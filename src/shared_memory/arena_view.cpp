#include "shared_memory/arena_view.hpp"

#include "shared_memory/arena_file.hpp"

#include <boost/interprocess/exceptions.hpp>
#include <boost/interprocess/mapped_region.hpp>

#include <fmt/format.h>

#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <vector>

namespace rayd {

namespace ipc = boost::interprocess;

namespace {

/// Presence of pages in the writable mapping is remembered per so many bytes.
constexpr std::uint64_t block_size = 2u << 20;

/// Below this a fault per page is cheaper than to look.
constexpr std::uint64_t populate_from = 128u << 10;

constexpr std::uint64_t page_size = 4096;

#ifdef MADV_POPULATE_WRITE

/// How the pages up to *end* are mapped fastest. Zeroed ones (mincore knows)
/// for reading, although they will be written: the kernel maps 16 of them at
/// once, and those of a shared mapping are writable from the start. Others
/// for writing, one by one, which zeroes them.
int advice_for(std::byte* base, std::uint64_t end) noexcept {
  unsigned char zeroed = 0;
  auto last = (end - 1) / page_size * page_size;
  ::mincore(base + last, page_size, &zeroed);
  return zeroed & 1 ? MADV_POPULATE_READ : MADV_POPULATE_WRITE;
}

#endif

result<ipc::mapped_region> map(const arena_file& file, ipc::mode_t mode,
                               std::uint64_t bytes) {
  try {
    ipc::mapped_region region(file, mode, 0, bytes);
    // A crashing program's core holds its own memory, not the node's.
    ::madvise(region.get_address(), bytes, MADV_DONTDUMP);
    return region;
  } catch (const ipc::interprocess_exception& reason) {
    return failure{
      ray::errc::connection_failed,
      fmt::format("the node's object store of {} bytes cannot be mapped {}: "
                  "{}; is the address space limited (ulimit -v)?",
                  bytes, mode == ipc::read_only ? "read-only" : "writable",
                  std::strerror(reason.get_native_error()))};
  }
}

} // namespace

struct arena_view::state {
  arena_file readonly_file;
  arena_file writable_file;
  std::uint64_t capacity = 0;
  ipc::mapped_region readable;
  std::byte* read_base = nullptr;

  std::mutex mutex; ///< For the making of the writable mapping.
  ipc::mapped_region writable;
  std::atomic<std::byte*> write_base{nullptr};
  /// True for blocks of which all pages are in the writable mapping.
  std::vector<std::atomic<bool>> present;

  bool inside(extent where) const noexcept {
    return where.offset <= capacity && where.size <= capacity - where.offset;
  }

  failure outside(extent where) const {
    return {ray::errc::object_lost,
            fmt::format("extent {}+{} is not inside the object store of {} "
                        "bytes",
                        where.offset, where.size, capacity)};
  }

  result<std::byte*> base_for_writing();
  void populate(std::byte* base, extent where);
};

result<std::unique_ptr<arena_view>> arena_view::open(int readonly_fd,
                                                     int writable_fd) {
  auto s = std::make_unique<state>();
  s->readonly_file = arena_file(readonly_fd);
  s->writable_file = arena_file(writable_fd);
  struct stat about {};
  if (::fstat(readonly_fd, &about) != 0 || about.st_size <= 0)
    return failure{ray::errc::connection_failed,
                   fmt::format("descriptor {} is not a node's object store",
                               readonly_fd)};
  s->capacity = static_cast<std::uint64_t>(about.st_size);
  auto region = map(s->readonly_file, ipc::read_only, s->capacity);
  if (!region)
    return region.error();
  s->readable = std::move(*region);
  s->read_base = static_cast<std::byte*>(s->readable.get_address());
  return std::unique_ptr<arena_view>(new arena_view(std::move(s)));
}

arena_view::arena_view(std::unique_ptr<state> s) : state_(std::move(s)) {}

arena_view::~arena_view() = default;

std::uint64_t arena_view::capacity() const noexcept {
  return state_->capacity;
}

result<std::span<const std::byte>> arena_view::view(extent where) const {
  if (!state_->inside(where))
    return state_->outside(where);
  return std::span<const std::byte>(state_->read_base + where.offset,
                                    where.size);
}

result<std::span<std::byte>> arena_view::fill(extent where) {
  if (!state_->inside(where))
    return state_->outside(where);
  auto base = state_->base_for_writing();
  if (!base)
    return base.error();
  if (where.size >= populate_from)
    state_->populate(*base, where);
  return std::span<std::byte>(*base + where.offset, where.size);
}

result<std::byte*> arena_view::state::base_for_writing() {
  if (auto base = write_base.load(std::memory_order_acquire))
    return base;
  std::lock_guard guard(mutex);
  if (auto base = write_base.load(std::memory_order_relaxed))
    return base;
  if (!writable_file)
    return failure{ray::errc::connection_failed,
                   "this process was given the object store for reading only"};
  auto region = map(writable_file, ipc::read_write, capacity);
  if (!region)
    return region.error();
  writable = std::move(*region);
  present = std::vector<std::atomic<bool>>(capacity / block_size + 1);
  auto base = static_cast<std::byte*>(writable.get_address());
  write_base.store(base, std::memory_order_release);
  return base;
}

/// Only the pages of *where*: others may not be backed yet. It may fail (an
/// old kernel): then each page costs a fault when it is written.
void arena_view::state::populate([[maybe_unused]] std::byte* base,
                                 [[maybe_unused]] extent where) {
#ifdef MADV_POPULATE_WRITE
  auto at = where.offset / page_size * page_size;
  while (at < where.end()) {
    auto block = at / block_size;
    auto end = std::min(where.end(), (block + 1) * block_size);
    if (!present[block].load(std::memory_order_relaxed)) {
      bool whole = at == block * block_size && end == (block + 1) * block_size;
      bool done = ::madvise(base + at, end - at, advice_for(base, end)) == 0;
      if (done && whole)
        present[block].store(true, std::memory_order_relaxed);
    }
    at = end;
  }
#endif
}

} // namespace rayd
