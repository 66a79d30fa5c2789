#pragma once

#include <compare>
#include <cstdint>

namespace rayd {

/// A range of bytes of a node's arena.
struct extent {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;

  /// One past the last byte.
  constexpr std::uint64_t end() const noexcept { return offset + size; }

  friend auto operator<=>(const extent&, const extent&) = default;
};

/// Every object of an arena starts at a multiple of this many bytes.
inline constexpr std::uint64_t arena_alignment = 64;

/// Bytes of the arena that an object of *size* bytes takes: the next multiple
/// of arena_alignment, and one such unit for an empty object. What a client
/// advances by when it fills its room.
/// @pre size <= 2^64 - 64
constexpr std::uint64_t arena_footprint(std::uint64_t size) noexcept {
  return size == 0 ? arena_alignment
                   : (size + arena_alignment - 1) / arena_alignment
                       * arena_alignment;
}

} // namespace rayd
