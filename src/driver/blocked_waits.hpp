#pragma once

#include "base/ids.hpp"
#include "wire/client_records.hpp"

#include <ray/detail/object_handle.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <span>
#include <vector>

namespace rayd {

/// The threads of this process that wait in get or wait without a limit in
/// time, for a node that looks for deadlocks. Thread-safe.
class blocked_waits {
public:
  /// What one thread waits for, from its construction to its end.
  class entry {
  public:
    /// @param missing How many of *objects* must still come. A get says 1: one
    /// that fails ends it.
    entry(blocked_waits& all, const object_id& task,
          std::span<const ray::detail::object_handle> objects,
          std::function<std::size_t()> missing);
    ~entry();
    entry(const entry&) = delete;
    entry& operator=(const entry&) = delete;

  private:
    friend class blocked_waits;
    thread_wait tell() const;

    blocked_waits& all_;
    const object_id task_;
    const std::span<const ray::detail::object_handle> objects_;
    const std::function<std::size_t()> missing_;
    std::uint64_t number_ = 0;
    std::list<const entry*>::iterator place_;
  };

  std::vector<thread_wait> tell() const;

private:
  mutable std::mutex lock_;
  std::list<const entry*> entries_;
  std::uint64_t last_ = 0;
};

} // namespace rayd
