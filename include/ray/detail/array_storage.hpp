#pragma once

#include <ray/detail/object_handle.hpp>
#include <ray/detail/runtime.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>

namespace ray::detail {

/// The bytes behind the copies of one array<T>: room in the store that
/// becomes an object when somebody else needs it, or a pinned object.
///
/// Such an object starts with a header of store_alignment bytes (mark, size
/// of an element, count), so that the elements are aligned too. An array
/// inside another value, or returned by a task that keeps a copy of it, is
/// encoded as the reference to its object.
class array_storage {
public:
  /// New room for *count* elements.
  /// @error object_store_full
  static std::shared_ptr<array_storage> make(std::size_t count,
                                             std::size_t element_bytes);

  /// The array that *object* holds or refers to; waits for it if need be.
  /// @error wrong_type  It is no array of such elements.
  static std::shared_ptr<array_storage> open(const object_handle& object,
                                             const stored_value& value,
                                             std::size_t element_bytes);

  /// Waits for *object* and opens it; nothing for an empty handle.
  static std::shared_ptr<array_storage> open(const object_handle& object,
                                             std::size_t element_bytes);

  std::byte* data() const noexcept { return data_; }
  std::size_t count() const noexcept { return count_; }

  /// The object, sealed now when it is not yet.
  const object_handle& object();

  /// Room that was never sealed, to be sealed as a task's result; else null.
  std::shared_ptr<reservation> unsealed_room();

private:
  std::byte* data_ = nullptr;
  std::size_t count_ = 0;
  std::mutex lock_;
  object_handle object_;
  std::shared_ptr<reservation> room_;
  std::shared_ptr<const void> pin_;
};

} // namespace ray::detail
