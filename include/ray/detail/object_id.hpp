#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace ray::detail {

/// Names an object, and the task or actor that makes it: a task's result has
/// the task's id, an actor has the id of its creation task.
///
/// `hi` holds the home (24 bits, the registration of the node that keeps the
/// record), the job (24 bits) and the first 16 bits of a hash; `lo` the other
/// 64. The hash is made of the submitting task's id and a counter, so a task
/// that runs again names its children as before.
struct object_id {
  std::uint64_t hi = 0;
  std::uint64_t lo = 0;

  /// Index of the node registration that is the authority for this object.
  constexpr std::uint32_t home() const noexcept {
    return static_cast<std::uint32_t>(hi >> 40);
  }

  /// Number of the job that made it.
  constexpr std::uint32_t job() const noexcept {
    return static_cast<std::uint32_t>(hi >> 16) & 0xffffffu;
  }

  /// False for the default-constructed id, which names nothing.
  constexpr explicit operator bool() const noexcept {
    return hi != 0 || lo != 0;
  }

  friend constexpr auto operator<=>(const object_id&,
                                    const object_id&) noexcept = default;
};

/// The largest home or job number that an id can hold.
inline constexpr std::uint32_t max_id_part = 0xffffff;

} // namespace ray::detail

template <>
struct std::hash<ray::detail::object_id> {
  std::size_t operator()(const ray::detail::object_id& id) const noexcept {
    return static_cast<std::size_t>(id.lo ^ (id.hi * 0x9e3779b97f4a7c15ull));
  }
};
