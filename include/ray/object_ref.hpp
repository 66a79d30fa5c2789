#pragma once

#include <ray/detail/decoder.hpp>
#include <ray/detail/encoder.hpp>
#include <ray/detail/object_handle.hpp>

#include <type_traits>
#include <utility>

namespace ray {

/// Names a value that is in the cluster or will be: the result of a task or a
/// call, or what put() stored. A copy is one atomic increment. While a ref
/// exists anywhere, also inside another value, the object is kept. `void`:
/// only that it is done, or why it is not.
template <class T>
class object_ref {
public:
  static_assert(std::is_same_v<T, std::remove_cvref_t<T>>,
                "ray: object_ref names a value: leave const and & away");

  using value_type = T;

  /// Names nothing; get() and wait() throw object_lost for it.
  object_ref() noexcept = default;

  explicit object_ref(detail::object_handle object) noexcept
    : object_(std::move(object)) {}

  /// False when it names nothing.
  explicit operator bool() const noexcept { return bool{object_}; }

  const detail::object_handle& handle() const noexcept { return object_; }

  /// True when both name the same object.
  friend bool operator==(const object_ref& a, const object_ref& b) noexcept {
    return a.object_.id() == b.object_.id();
  }

private:
  detail::object_handle object_;
};

namespace detail {

template <class T>
struct codec_traits<object_ref<T>> {
  static void save(encoder& to, const object_ref<T>& x) {
    to.reference(x.handle());
  }

  static void load(decoder& from, object_ref<T>& x) {
    x = object_ref<T>{from.reference()};
  }
};

template <class T>
struct is_object_ref : std::false_type {};
template <class T>
struct is_object_ref<object_ref<T>> : std::true_type {};

} // namespace detail

} // namespace ray
