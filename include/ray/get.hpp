#pragma once

#include <ray/detail/arguments.hpp>
#include <ray/errors.hpp>
#include <ray/object_ref.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <exception>
#include <optional>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace ray {

/// As a timeout: never.
inline constexpr std::chrono::nanoseconds forever
  = std::chrono::nanoseconds::max();

namespace detail {

/// The point in time *timeout* from now; never, when it is beyond the clock.
deadline deadline_after(std::chrono::nanoseconds timeout);

/// Any duration in nanoseconds, `forever` when it is too long for that.
template <class Rep, class Period>
std::chrono::nanoseconds
to_nanoseconds(std::chrono::duration<Rep, Period> timeout) {
  using seconds = std::chrono::duration<double>;
  if (seconds{timeout} >= seconds{forever})
    return forever;
  return std::chrono::duration_cast<std::chrono::nanoseconds>(timeout);
}

/// Waits for all; throws the first failure in their order.
/// @error get_timeout, object_lost (an empty reference)
std::vector<stored_value> get_values(std::span<const object_handle> objects,
                                     deadline until);

/// Throws the exception that *failure*, an encoded failure, stands for.
[[noreturn]] void throw_failure(std::span<const std::byte> failure);

template <class T>
T get_one(const object_handle& object, deadline until) {
  const auto values = get_values({&object, 1}, until);
  if constexpr (!std::is_void_v<T>)
    return load_value<T>(object, values.front());
}

template <class T>
std::vector<object_handle> handles(const std::vector<object_ref<T>>& refs) {
  std::vector<object_handle> objects;
  objects.reserve(refs.size());
  for (const auto& ref : refs)
    objects.push_back(ref.handle());
  return objects;
}

/// void has no place in a tuple.
template <class T>
using tuple_part = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

template <class T>
tuple_part<T> load_part(const object_handle& object, const stored_value& from) {
  if constexpr (std::is_void_v<T>)
    return {};
  else
    return load_value<T>(object, from);
}

template <class T>
auto get_all(const std::vector<object_ref<T>>& refs, deadline until) {
  const auto objects = handles(refs);
  const auto values = get_values(objects, until);
  if constexpr (!std::is_void_v<T>) {
    std::vector<T> loaded;
    loaded.reserve(values.size());
    for (std::size_t i = 0; i < values.size(); ++i)
      loaded.push_back(load_value<T>(objects[i], values[i]));
    return loaded;
  }
}

} // namespace detail

/// Waits for the value and returns it; throws the error that it became. In a
/// task, its CPUs are given back while it waits.
template <class T>
T get(const object_ref<T>& ref) {
  return detail::get_one<T>(ref.handle(), detail::no_deadline);
}

/// @error get_timeout  It was not there after *timeout*; ask again later.
template <class T, class Rep, class Period>
T get(const object_ref<T>& ref, std::chrono::duration<Rep, Period> timeout) {
  return detail::get_one<T>(
    ref.handle(), detail::deadline_after(detail::to_nanoseconds(timeout)));
}

/// All values in the order of *refs*, or the first error in that order; for
/// object_ref<void> nothing.
template <class T>
auto get(const std::vector<object_ref<T>>& refs) {
  return detail::get_all(refs, detail::no_deadline);
}

/// @error get_timeout  Not all were there after *timeout*.
template <class T, class Rep, class Period>
auto get(const std::vector<object_ref<T>>& refs,
         std::chrono::duration<Rep, Period> timeout) {
  return detail::get_all(
    refs, detail::deadline_after(detail::to_nanoseconds(timeout)));
}

/// Values of different types as a tuple; void gives std::monostate.
template <class A, class B, class... More>
std::tuple<detail::tuple_part<A>, detail::tuple_part<B>,
           detail::tuple_part<More>...>
get(const object_ref<A>& a, const object_ref<B>& b,
    const object_ref<More>&... more) {
  const std::array objects{a.handle(), b.handle(), more.handle()...};
  const auto values = detail::get_values(objects, detail::no_deadline);
  std::size_t i = 0;
  const auto part = [&]<class T>(std::type_identity<T>) {
    const std::size_t at = i++;
    return detail::load_part<T>(objects[at], values[at]);
  };
  // Braces: evaluated in order.
  return {part(std::type_identity<A>{}), part(std::type_identity<B>{}),
          part(std::type_identity<More>{})...};
}

/// What wait() found, each part in the order of the input.
template <class T>
struct wait_result {
  std::vector<object_ref<T>> ready, pending;
};

/// Waits until *num_ready* of *refs* are there (a failure counts) or *timeout*
/// passed. At most *num_ready* are returned as ready, the rest as pending.
template <class T>
wait_result<T> wait(const std::vector<object_ref<T>>& refs,
                    std::size_t num_ready = 1,
                    std::chrono::nanoseconds timeout = forever) {
  const auto objects = detail::handles(refs);
  for (const auto& object : objects)
    detail::require_object(object);
  num_ready = std::min(num_ready, refs.size());
  const auto there = detail::current_runtime().wait(
    objects, num_ready, detail::deadline_after(timeout));
  wait_result<T> result;
  for (std::size_t i = 0; i < refs.size(); ++i)
    if (there[i] && result.ready.size() < num_ready)
      result.ready.push_back(refs[i]);
    else
      result.pending.push_back(refs[i]);
  return result;
}

/// A value, or the error that get() would have thrown.
template <class T>
struct result {
  using value_type = T;

  bool has_value() const noexcept { return error_ == nullptr; }
  explicit operator bool() const noexcept { return has_value(); }

  /// The value; throws the error instead when there is one.
  decltype(auto) value() const {
    if (!has_value())
      std::rethrow_exception(thrown_);
    if constexpr (!std::is_void_v<T>)
      return static_cast<const T&>(*value_);
  }

  /// @pre !has_value()
  const ray::error& error() const noexcept { return *error_; }

private:
  template <class U>
  friend result<U> try_get(const object_ref<U>& ref);

  std::optional<detail::tuple_part<T>> value_;
  std::exception_ptr thrown_;
  const ray::error* error_ = nullptr; ///< Points into thrown_.
};

/// Waits like get(), but gives an error as a value.
template <class T>
result<T> try_get(const object_ref<T>& ref) {
  result<T> outcome;
  try {
    if constexpr (std::is_void_v<T>)
      get(ref);
    else
      outcome.value_ = get(ref);
  } catch (const ray::error& problem) {
    outcome.thrown_ = std::current_exception();
    outcome.error_ = &problem;
  }
  return outcome;
}

/// Stores *value* in the node's shared memory, immutable from then on. An
/// array<T> is not copied.
/// @error object_store_full
template <class T>
auto put(const T& value) {
  using stored = std::conditional_t<std::is_convertible_v<T, std::string_view>,
                                    std::string, T>;
  if constexpr (detail::check_result<stored>()) {
    if constexpr (std::is_same_v<stored, T>)
      return object_ref<T>{detail::put_value(value)};
    else
      return object_ref<stored>{detail::put_value(stored{value})};
  } else {
    return object_ref<stored>{};
  }
}

} // namespace ray
