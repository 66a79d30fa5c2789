#pragma once

#include <ray/detail/array_storage.hpp>
#include <ray/detail/decoder.hpp>
#include <ray/detail/encoder.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

namespace ray {

/// Contiguous, immutable data in the node's shared memory. A copy of an array
/// is a handle that pins the same memory: nothing is copied by put(), by get()
/// of an object_ref<array<T>>, or by a task that takes an array<T> or a
/// std::span<const T>. As a contiguous range it converts to such a span.
template <class T>
class array {
public:
  static_assert(std::is_trivially_copyable_v<T> && !std::is_pointer_v<T>,
                "ray: array<T> is shared memory as it is: T must be trivially "
                "copyable and no pointer");
  static_assert(alignof(T) <= detail::store_alignment,
                "ray: array<T>: T wants a larger alignment than 64");

  using value_type = T;
  using const_iterator = const T*;

  /// No elements.
  array() noexcept = default;

  /// Reserves room for *count* elements and lets *fill* write them, given a
  /// std::span<T>. What *fill* does not write has unspecified values.
  /// @error object_store_full  The store has no such room.
  template <class Fill>
    requires std::invocable<Fill&, std::span<T>>
  static array make(std::size_t count, Fill&& fill) {
    array made;
    made.storage_ = detail::array_storage::make(count, sizeof(T));
    fill(std::span<T>{reinterpret_cast<T*>(made.storage_->data()), count});
    return made;
  }

  const T* data() const noexcept {
    return storage_ ? reinterpret_cast<const T*>(storage_->data()) : nullptr;
  }

  std::size_t size() const noexcept { return storage_ ? storage_->count() : 0; }
  bool empty() const noexcept { return size() == 0; }
  const T* begin() const noexcept { return data(); }
  const T* end() const noexcept { return data() + size(); }

  /// @pre *index* < size()
  const T& operator[](std::size_t index) const { return data()[index]; }

private:
  friend struct detail::codec_traits<array>;

  std::shared_ptr<detail::array_storage> storage_;
};

namespace detail {

template <class T>
struct codec_traits<array<T>> {
  static void save(encoder& to, const array<T>& x) {
    to.reference(to.writing() ? object(x) : object_handle{});
  }

  static void load(decoder& from, array<T>& x) {
    x.storage_ = array_storage::open(from.reference(), sizeof(T));
  }

  /// The array that is the whole value of *object*.
  static array<T> open(const object_handle& object,
                       const stored_value& value) {
    array<T> x;
    x.storage_ = array_storage::open(object, value, sizeof(T));
    return x;
  }

  /// The object behind *x*; empty for an array without storage.
  static object_handle object(const array<T>& x) {
    return x.storage_ ? x.storage_->object() : object_handle{};
  }

  /// Room that can be a result as it is: nobody else looks at it.
  static std::shared_ptr<reservation> sole_room(const array<T>& x) {
    if (!x.storage_ || x.storage_.use_count() != 1)
      return nullptr;
    return x.storage_->unsealed_room();
  }
};

template <class T>
struct is_array : std::false_type {};
template <class T>
struct is_array<array<T>> : std::true_type {};

} // namespace detail

} // namespace ray
