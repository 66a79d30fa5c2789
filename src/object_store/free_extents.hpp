#pragma once

#include "base/extent.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace rayd {

/// The bytes of an arena that belong to nobody, as maximal extents: ordered by
/// address to join neighbours, and by size to find the best fit.
class free_extents {
public:
  /// All of [0, capacity) is free.
  explicit free_extents(std::uint64_t capacity);

  /// Takes the front of the smallest extent that has *size* bytes, the lowest
  /// of equals. The extent that reaches the arena's end is cut only where it
  /// is touched already, or when nothing else fits: pages that were never
  /// touched are expensive.
  /// @param touched All bytes below this were touched before.
  /// @pre size > 0
  std::optional<extent> take(std::uint64_t size, std::uint64_t touched);

  /// @pre Nothing of *back* is free.
  void put(extent back);

  std::uint64_t total() const noexcept { return total_; }
  std::uint64_t largest() const noexcept;

  /// By address; neither adjacent nor overlapping.
  const std::map<std::uint64_t, std::uint64_t>& by_offset() const noexcept {
    return by_offset_;
  }

private:
  void insert(extent x);
  void erase(std::map<std::uint64_t, std::uint64_t>::iterator position);

  std::uint64_t capacity_;
  std::uint64_t total_ = 0;
  std::map<std::uint64_t, std::uint64_t> by_offset_; ///< Offset -> size.
  std::set<std::pair<std::uint64_t, std::uint64_t>> by_size_; ///< Size, offset.
};

} // namespace rayd
