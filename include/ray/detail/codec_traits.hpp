#pragma once

#include <utility> // CAF's headers use it without including it.

#include <caf/meta/annotation.hpp>
#include <caf/meta/hex_formatted.hpp>
#include <caf/meta/load_callback.hpp>
#include <caf/meta/omittable.hpp>
#include <caf/meta/omittable_if_empty.hpp>
#include <caf/meta/omittable_if_none.hpp>
#include <caf/meta/save_callback.hpp>
#include <caf/meta/type_name.hpp>

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <variant>
#include <vector>

// Which types can be sent, and in which of a few ways. CAF's serialisers are
// never used: a float that is infinite makes them loop for ever.

namespace caf {
class error;
class actor;
} // namespace caf

namespace ray::detail {

class encoder;
class decoder;

/// Throws wrong_type: the bytes cannot be a value of the wanted type.
[[noreturn]] void malformed(const char* why);

/// Throws wrong_type: an inspect function or its callback gave an error.
[[noreturn]] void inspect_refused();

/// What inspect functions get back from our inspectors, in the place of
/// caf::error: converts to false, since our inspectors throw.
struct codec_status {
  codec_status() = default;

  /// Takes what a callback or an early return in an inspect function gives.
  template <class Error>
    requires(!std::is_arithmetic_v<Error>
             && requires(const Error& e) { static_cast<bool>(e); })
  codec_status(const Error& problem) {
    if (static_cast<bool>(problem))
      inspect_refused();
  }

  explicit operator bool() const noexcept { return false; }

  /// For inspect functions that write `caf::error err = f(x.a);`.
  template <class Error>
    requires std::same_as<Error, caf::error>
  operator Error() const {
    return Error{};
  }
};

/// Specialised for our own types: static void save(encoder&, const T&) and
/// static void load(decoder&, T&).
template <class T>
struct codec_traits;

template <class T>
concept has_codec_traits = requires(encoder& f, const T& x) {
  codec_traits<T>::save(f, x);
};

template <class T>
concept has_inspect = (std::is_class_v<T> || std::is_enum_v<T>)
                      && requires(encoder& f, T& x) { inspect(f, x); };

/// Encoded as its bytes in memory: every bit pattern is a value and no bit is
/// padding.
template <class T>
concept raw_value
  = (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>
     && !std::is_same_v<T, long double>)
    || (std::is_enum_v<T> && !has_inspect<T>);

template <class T>
struct is_vector_of_bool : std::false_type {};
template <class A>
struct is_vector_of_bool<std::vector<bool, A>> : std::true_type {};

template <class T>
struct fixed_array : std::false_type {};
template <class T, std::size_t N>
struct fixed_array<std::array<T, N>> : std::true_type {};
template <class T, std::size_t N>
struct fixed_array<T[N]> : std::true_type {};

template <class T>
struct is_tuple : std::false_type {};
template <class... Ts>
struct is_tuple<std::tuple<Ts...>> : std::true_type {};
template <class A, class B>
struct is_tuple<std::pair<A, B>> : std::true_type {};

template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {};

template <class T>
struct is_variant : std::false_type {};
template <class... Ts>
struct is_variant<std::variant<Ts...>> : std::true_type {};

template <class T>
struct is_duration : std::false_type {};
template <class R, class P>
struct is_duration<std::chrono::duration<R, P>> : std::true_type {};
template <class C, class D>
struct is_duration<std::chrono::time_point<C, D>> : std::true_type {};

/// vector, deque, list, set, map, their unordered kinds, basic_string, and
/// what looks like them.
template <class T>
concept sequence = requires(T& x, typename T::value_type&& element) {
  x.clear();
  x.size();
  x.begin();
  x.insert(x.end(), std::move(element));
};

/// What a sequence's element is while it is decoded.
template <class T>
struct element_of {
  using type = T;
};
template <class K, class V>
struct element_of<std::pair<const K, V>> {
  using type = std::pair<K, V>;
};

template <class T>
struct is_codable;

template <class... Ts>
inline constexpr bool all_codable = (is_codable<std::remove_cv_t<Ts>>::value
                                     && ...);

template <class T>
constexpr bool parts_codable(const std::type_identity<T>&) {
  if constexpr (sequence<T>)
    return all_codable<typename element_of<typename T::value_type>::type>;
  else
    return std::is_empty_v<T> && std::is_default_constructible_v<T>;
}
template <class... Ts>
constexpr bool parts_codable(const std::type_identity<std::tuple<Ts...>>&) {
  return all_codable<Ts...>;
}
template <class A, class B>
constexpr bool parts_codable(const std::type_identity<std::pair<A, B>>&) {
  return all_codable<A, B>;
}
template <class T>
constexpr bool parts_codable(const std::type_identity<std::optional<T>>&) {
  return all_codable<T>;
}
template <class... Ts>
constexpr bool parts_codable(const std::type_identity<std::variant<Ts...>>&) {
  return all_codable<Ts...>;
}
template <class T, std::size_t N>
constexpr bool parts_codable(const std::type_identity<std::array<T, N>>&) {
  return all_codable<T>;
}
template <class T, std::size_t N>
constexpr bool parts_codable(const std::type_identity<T[N]>&) {
  return all_codable<T>;
}

/// True when values of *T* can travel: as argument, result or actor state.
template <class T>
struct is_codable
  : std::bool_constant<[] {
      if constexpr (std::is_pointer_v<T> || std::is_reference_v<T>
                    || std::is_same_v<T, caf::actor>)
        return false;
      else if constexpr (has_codec_traits<T> || std::is_arithmetic_v<T>
                         || std::is_enum_v<T> || has_inspect<T>
                         || is_duration<T>::value)
        return true;
      else
        return parts_codable(std::type_identity<T>{});
    }()> {};

/// Fires with a sentence when *T* cannot travel.
template <class T>
constexpr void require_codable() {
  static_assert(!std::is_pointer_v<T>,
                "ray: a pointer means nothing in another process; send the "
                "value, a std::string, or put() it and send the object_ref");
  static_assert(std::is_pointer_v<T> || is_codable<T>::value,
                "ray: this type cannot be sent to another process; give it "
                "CAF's inspect: template <class Inspector> typename "
                "Inspector::result_type inspect(Inspector& f, T& x) { return "
                "f(x.a, x.b); }");
  static_assert(std::is_void_v<T> || std::is_array_v<T>
                  || std::is_default_constructible_v<T>
                  || !is_codable<T>::value,
                "ray: a type that is sent needs a default constructor, since "
                "it is made first and then filled by inspect");
}

} // namespace ray::detail
