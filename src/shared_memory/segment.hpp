#pragma once

#include "base/extent.hpp"
#include "base/result.hpp"
#include "shared_memory/arena_file.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

namespace rayd {

// Shared memory: a node's one arena of payload bytes, and nothing else.
//
// segment.hpp is the arena as its node owns it: a file in memory without a
// name, so that nothing is left after kill -9, whose size is sealed, and whose
// space is taken from the system in steps before anybody may touch it. A full
// file system or cgroup is therefore a typed failure here and never a SIGBUS
// in a client. prefault.hpp is the thread that takes steps ahead of need and
// touches them: a tmpfs zeroes a reserved page only when it is touched first,
// and that is the slow part of a first put.
// arena_view.hpp is the arena as a client or the node's transfer sees it: one
// read-only mapping for views, one writable mapping to fill extents.
// stream_copy.hpp copies into it past the caches.
//
// No allocator state, no pointer and no lock lies in the shared memory, so no
// client can damage or hold any by dying or by writing where it may not. Who
// owns which extent is the business of the room object_store. Space that was
// taken is kept until the node ends.

struct segment_options {
  /// Bytes of the arena; rounded down to whole pages, at least one.
  std::uint64_t capacity = 0;
  /// Folder on a tmpfs or hugetlbfs for the arena; "" takes a memfd.
  std::string directory;
  /// Bytes taken from the system at once, more when an extent needs more.
  std::uint64_t reserve_step = 64ull << 20;
};

/// The arena of a node. All members but create() may be called from any
/// thread.
class segment {
public:
  /// @error object_store_full  The capacity is 0 or more than a file may have.
  /// @error connection_failed  The directory or descriptors cannot be had; the
  ///                           sentence says which and why.
  static result<std::shared_ptr<segment>>
  create(const segment_options& options);

  segment(const segment&) = delete;
  segment& operator=(const segment&) = delete;

  /// Bytes; a multiple of the page size of the file.
  std::uint64_t capacity() const noexcept { return capacity_; }

  /// For SCM_RIGHTS: the kernel refuses to map it writable. Owned by this.
  int readonly_fd() const noexcept { return readonly_.fd(); }

  /// For SCM_RIGHTS: for the filling of own extents. Owned by this.
  int writable_fd() const noexcept { return writable_.fd(); }

  /// True for a memfd: not even the holder of the writable descriptor can
  /// change its size. The kernel cannot seal files of a mounted tmpfs.
  bool size_is_sealed() const noexcept { return sealed_; }

  /// Takes space so that bytes [0, end) can be written without SIGBUS; to be
  /// called before an extent is given away. Blocks while the system takes
  /// pages: about 0.4 ms per MiB that is not there yet.
  /// @error object_store_full  Beyond the capacity, or file system, cgroup or
  ///                           machine have no more memory; nothing changed.
  status reserve(std::uint64_t end);

  /// Takes at most *bytes* more beyond reserved(), nothing at the end.
  /// @error object_store_full  As in reserve().
  status reserve_ahead(std::uint64_t bytes);

  /// All bytes below this are there.
  std::uint64_t reserved() const noexcept {
    return reserved_.load(std::memory_order_acquire);
  }

  /// Touches reserved bytes, so that the system zeroes what is new; bytes
  /// that are in use keep their content. Leaves no page mapped here.
  /// @pre where.end() <= reserved()
  void touch(extent where) noexcept;

private:
  segment() = default;

  status allocate(std::uint64_t from, std::uint64_t to);
  bool system_has(std::uint64_t bytes);

  arena_file writable_;
  arena_file readonly_;
  std::uint64_t capacity_ = 0;
  std::uint64_t page_ = 4096;
  std::uint64_t step_ = 0;
  std::string place_; ///< For people: "memfd" or the directory.
  bool sealed_ = false;
  std::atomic<std::uint64_t> reserved_{0};
  /// Bytes that may be taken before memory_headroom() is asked again.
  std::atomic<std::uint64_t> budget_{0};
};

} // namespace rayd
