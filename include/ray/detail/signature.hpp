#pragma once

#include <ray/array.hpp>
#include <ray/object_ref.hpp>

#include <concepts>
#include <cstddef>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

// What a function takes and gives, and which arguments it can be called with
// from afar. Each refusal is a static_assert with a sentence.

namespace ray::detail {

/// Parameters without a std::stop_token at the end, which no caller gives.
template <class... Ps>
struct parameter_list {
  static constexpr bool stops = false;
  using type = std::tuple<std::type_identity<Ps>...>;
};
template <class... Front, std::size_t... I>
auto drop_last(std::tuple<std::type_identity<Front>...>*,
               std::index_sequence<I...>)
  -> std::tuple<std::tuple_element_t<
    I, std::tuple<std::type_identity<Front>...>>...>*;
template <class... Ps>
  requires(sizeof...(Ps) > 0)
          && std::same_as<
            std::remove_cvref_t<
              std::tuple_element_t<sizeof...(Ps) - 1, std::tuple<Ps...>>>,
            std::stop_token>
struct parameter_list<Ps...> {
  static constexpr bool stops = true;
  using type = std::remove_pointer_t<decltype(drop_last(
    static_cast<std::tuple<std::type_identity<Ps>...>*>(nullptr),
    std::make_index_sequence<sizeof...(Ps) - 1>{}))>;
};

/// Result and parameters of a function, method or captureless lambda.
template <class F>
struct signature {
  static constexpr bool known = false;
};

#define RAYD_SIGNATURE(qualifiers)                                             \
  template <class R, class C, class... Ps>                                     \
  struct signature<R (C::*)(Ps...) qualifiers> {                               \
    static constexpr bool known = true;                                        \
    static constexpr bool is_method = true;                                    \
    using result = R;                                                          \
    using owner = C;                                                           \
    using parameters = typename parameter_list<Ps...>::type;                   \
    static constexpr bool stops = parameter_list<Ps...>::stops;                \
  };
RAYD_SIGNATURE()
RAYD_SIGNATURE(const)
RAYD_SIGNATURE(noexcept)
RAYD_SIGNATURE(const noexcept)
RAYD_SIGNATURE(&)
RAYD_SIGNATURE(const&)
RAYD_SIGNATURE(& noexcept)
RAYD_SIGNATURE(const& noexcept)
#undef RAYD_SIGNATURE

template <class R, class... Ps>
struct signature<R (*)(Ps...)> {
  static constexpr bool known = true;
  static constexpr bool is_method = false;
  using result = R;
  using parameters = typename parameter_list<Ps...>::type;
  static constexpr bool stops = parameter_list<Ps...>::stops;
};

template <class R, class... Ps>
struct signature<R (*)(Ps...) noexcept> : signature<R (*)(Ps...)> {};

template <class F>
  requires(std::is_class_v<F> && requires { &F::operator(); })
struct signature<F> : signature<decltype(&F::operator())> {
  static constexpr bool is_method = false;
};

/// What is decoded for a parameter *P*.
template <class P>
struct parameter {
  using stored = std::remove_cvref_t<P>;
};
template <class P>
  requires std::same_as<std::remove_cvref_t<P>, std::string_view>
struct parameter<P> {
  using stored = std::string;
};
template <class P>
struct parameter<std::span<const P>> {
  using stored = array<std::remove_const_t<P>>;
};
template <class P>
  requires requires { typename std::remove_cvref_t<P>::element_type; }
           && std::same_as<
             std::remove_cvref_t<P>,
             std::span<const typename std::remove_cvref_t<P>::element_type>>
struct parameter<P> : parameter<std::remove_cvref_t<P>> {};

template <class P>
using stored_parameter = typename parameter<P>::stored;

/// Hands a decoded value to its parameter.
template <class P>
decltype(auto) pass(stored_parameter<P>& value) {
  using stored = stored_parameter<P>;
  if constexpr (!std::same_as<std::remove_cvref_t<P>, stored>)
    return std::remove_cvref_t<P>(value);
  else if constexpr (std::is_lvalue_reference_v<P>)
    return static_cast<const stored&>(value);
  else
    return static_cast<stored&&>(value);
}

/// True for a reference that a parameter takes as its value.
template <class Stored, class Argument>
inline constexpr bool is_dependency
  = is_object_ref<std::remove_cvref_t<Argument>>::value
    && !is_object_ref<Stored>::value
    && std::same_as<std::remove_cvref_t<Argument>, object_ref<Stored>>;

template <class T>
struct is_some_array : std::false_type {};
template <class T>
struct is_some_array<array<T>> : std::true_type {
  using span = std::span<const T>;
};

/// True when *Argument* can fill a parameter that is stored as *Stored*.
template <class Stored, class Argument>
constexpr bool accepts_argument() {
  using given = std::remove_cvref_t<Argument>;
  if constexpr (is_object_ref<given>::value)
    return std::same_as<given, Stored> || is_dependency<Stored, Argument>;
  else if constexpr (is_some_array<Stored>::value)
    return std::is_convertible_v<Argument,
                                 typename is_some_array<Stored>::span>;
  else if constexpr (std::same_as<Stored, std::string>)
    return std::is_convertible_v<Argument, std::string_view>
           || std::is_convertible_v<Argument, std::string>;
  else
    return std::is_convertible_v<Argument, Stored>;
}

template <class P>
constexpr bool check_parameter() {
  constexpr bool changes
    = std::is_lvalue_reference_v<P>
      && !std::is_const_v<std::remove_reference_t<P>>;
  constexpr bool stops = requires(const std::remove_cvref_t<P>& x) {
    x.stop_requested();
  };
  static_assert(!changes, "ray: a parameter is a non-const reference, but the "
                          "function runs on a copy in another process; take "
                          "it by value or const& and return the change");
  static_assert(!stops, "ray: a std::stop_token must be the last parameter; "
                        "the caller does not give it");
  if constexpr (changes || stops) {
    return false;
  } else {
    require_codable<stored_parameter<P>>();
    return is_codable<stored_parameter<P>>::value;
  }
}

template <class R>
constexpr bool check_result() {
  using stored = std::remove_cvref_t<R>;
  if constexpr (std::is_void_v<stored>) {
    return true;
  } else {
    require_codable<stored>();
    return is_codable<stored>::value;
  }
}

#define RAYD_ARGUMENT(index, word)                                             \
  static_assert(fits || I != index,                                            \
                "ray: the " word " argument does not fit its parameter: it "  \
                "must be convertible to the parameter's type, or be an "       \
                "object_ref of exactly that type")

/// Compile-time check of the (I+1)-th argument.
template <std::size_t I, class Parameter, class Argument>
constexpr bool check_argument() {
  constexpr bool fits
    = accepts_argument<stored_parameter<Parameter>, Argument>();
  RAYD_ARGUMENT(0, "first");
  RAYD_ARGUMENT(1, "second");
  RAYD_ARGUMENT(2, "third");
  RAYD_ARGUMENT(3, "fourth");
  RAYD_ARGUMENT(4, "fifth");
  RAYD_ARGUMENT(5, "sixth");
  static_assert(fits || I < 6, "ray: an argument after the sixth does not fit "
                               "its parameter; see check_argument<I, "
                               "Parameter, Argument> below for which");
  return fits;
}
#undef RAYD_ARGUMENT

} // namespace ray::detail
