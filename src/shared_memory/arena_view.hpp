#pragma once

#include "base/extent.hpp"
#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace rayd {

/// A node's arena as a process other than its owner uses it, or the node's
/// own object_transfer: the whole arena mapped read-only at once, and mapped
/// writable, also as a whole and for good, when something is filled first. A
/// page that was filled once costs no fault again. Members may be called from
/// any thread; spans live as long as this.
///
/// It knows nothing of objects: which extents may be read is what the local
/// scheduler says, and only extents that the node gave may be filled.
class arena_view {
public:
  /// Takes both descriptors, also when it fails. Without a writable one
  /// (-1), fill() is refused.
  /// @error connection_failed  A descriptor is no arena or cannot be mapped.
  static result<std::unique_ptr<arena_view>> open(int readonly_fd,
                                                  int writable_fd);

  ~arena_view();

  /// Bytes of the arena.
  std::uint64_t capacity() const noexcept;

  /// The bytes of an object. Costs the same for any size: no copy, no
  /// system call. They must be kept alive by a reference to the object.
  /// @error object_lost  *where* is not inside the arena.
  result<std::span<const std::byte>> view(extent where) const;

  /// An extent that this process was given, to be filled. Cold pages of large
  /// extents are made present first, which is faster than a fault for each.
  /// @error object_lost        *where* is not inside the arena.
  /// @error connection_failed  The arena cannot be mapped writable.
  result<std::span<std::byte>> fill(extent where);

private:
  struct state;
  explicit arena_view(std::unique_ptr<state> s);
  std::unique_ptr<state> state_;
};

} // namespace rayd
