#pragma once

#include <cstddef>

namespace ray::detail {

/// Tells of several objects in the order in which they become there. For one
/// thread; keeps each object until it has told of it.
class arrivals {
public:
  arrivals() = default;
  arrivals(const arrivals&) = delete;
  arrivals& operator=(const arrivals&) = delete;
  virtual ~arrivals() = default;

  /// Waits for the next object, also a failed one; the answer is its place in
  /// the list that was watched. In a task, the CPUs are given back meanwhile.
  /// @pre Called at most once for each object.
  /// @error connection_failed  The session ended first.
  virtual std::size_t next() = 0;
};

} // namespace ray::detail
