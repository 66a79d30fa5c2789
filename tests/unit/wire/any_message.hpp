#pragma once

#include "base/ids.hpp"
#include "base/resources.hpp"
#include "wire/peer_records.hpp"
#include "wire/control.hpp"
#include "wire/task.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

// Random values for every struct of the wire, and their comparison, without
// one line per struct: an aggregate's members are counted by trying how many
// initialisers it takes, and bound by name for that many. So a member that
// someone adds and a codec forgets fails the round trip.

namespace rayd::wire_test {

using dice_type = std::mt19937_64;

struct anything {
  template <class T>
  operator T() const; // never called
};

template <class T, std::size_t... I>
constexpr bool takes(std::index_sequence<I...>) {
  return requires { T{(static_cast<void>(I), anything{})...}; };
}

template <class T, std::size_t N = 19>
constexpr std::size_t member_count() {
  if constexpr (takes<T>(std::make_index_sequence<N>{}))
    return N;
  else if constexpr (N == 0)
    return 0;
  else
    return member_count<T, N - 1>();
}

/// References to all members of an aggregate.
template <class T>
auto members(T& x) {
  constexpr auto count = member_count<std::remove_const_t<T>>();
  static_assert(count < 19, "one more line is needed here");
#define RAYD_MEMBERS(N, ...)                                                   \
  if constexpr (count == N) {                                                  \
    auto& [__VA_ARGS__] = x;                                                   \
    return std::tie(__VA_ARGS__);                                              \
  } else
  if constexpr (count == 0)
    return std::tuple<>{};
  else
    RAYD_MEMBERS(1, a)
    RAYD_MEMBERS(2, a, b)
    RAYD_MEMBERS(3, a, b, c)
    RAYD_MEMBERS(4, a, b, c, d)
    RAYD_MEMBERS(5, a, b, c, d, e)
    RAYD_MEMBERS(6, a, b, c, d, e, f)
    RAYD_MEMBERS(7, a, b, c, d, e, f, g)
    RAYD_MEMBERS(8, a, b, c, d, e, f, g, h)
    RAYD_MEMBERS(9, a, b, c, d, e, f, g, h, i)
    RAYD_MEMBERS(10, a, b, c, d, e, f, g, h, i, j)
    RAYD_MEMBERS(11, a, b, c, d, e, f, g, h, i, j, k)
    RAYD_MEMBERS(12, a, b, c, d, e, f, g, h, i, j, k, l)
    RAYD_MEMBERS(13, a, b, c, d, e, f, g, h, i, j, k, l, m)
    RAYD_MEMBERS(14, a, b, c, d, e, f, g, h, i, j, k, l, m, n)
    RAYD_MEMBERS(15, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o)
    RAYD_MEMBERS(16, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p)
    RAYD_MEMBERS(17, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q)
    RAYD_MEMBERS(18, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r)
    static_assert(count == 0);
#undef RAYD_MEMBERS
}

// -- random values ------------------------------------------------------------

inline std::uint64_t below(dice_type& dice, std::uint64_t limit) {
  return dice() % limit;
}

inline void fill(dice_type& dice, std::string& x) {
  x.assign(1 + below(dice, 20), static_cast<char>('a' + below(dice, 26)));
}

inline void fill(dice_type& dice, resource_set& x) {
  x = {};
  x.set_units("CPU", 1 + static_cast<std::int64_t>(below(dice, 50'000)));
  if (below(dice, 2) != 0)
    x.set_units("GPU", -3);
}

inline void fill(dice_type& dice, bool& x) {
  x = below(dice, 2) != 0;
}

inline void fill(dice_type& dice, task_kind& x) {
  x = static_cast<task_kind>(below(dice, 3));
}

inline void fill(dice_type& dice, enum object_value::kind& x) {
  x = static_cast<enum object_value::kind>(below(dice, 3));
}

inline void fill(dice_type& dice, task_wishes::placing& x) {
  x = static_cast<task_wishes::placing>(below(dice, 5));
}

inline void fill(dice_type& dice, wait_state::kind& x) {
  x = static_cast<wait_state::kind>(below(dice, 8));
}

inline void fill(dice_type& dice, actor_ended::way& x) {
  x = static_cast<actor_ended::way>(below(dice, 4));
}

template <class A, class B>
void fill(dice_type& dice, std::pair<A, B>& x);
template <class T>
void fill(dice_type& dice, std::vector<T>& x);
template <class T>
void fill(dice_type& dice, std::shared_ptr<const T>& x);

inline void fill(dice_type& dice, std::map<std::string, std::string>& x) {
  for (auto count = below(dice, 3); count > 0; --count) {
    std::string key;
    fill(dice, key);
    fill(dice, x[key]);
  }
}

template <class T>
void fill(dice_type& dice, T& x) {
  if constexpr (std::is_integral_v<T>)
    x = static_cast<T>(dice());
  else
    std::apply([&](auto&... member) { (fill(dice, member), ...); },
               members(x));
}

template <class A, class B>
void fill(dice_type& dice, std::pair<A, B>& x) {
  fill(dice, x.first);
  fill(dice, x.second);
}

template <class T>
void fill(dice_type& dice, std::vector<T>& x) {
  x.resize(below(dice, 4));
  for (auto& element : x)
    fill(dice, element);
}

template <class T>
void fill(dice_type& dice, std::shared_ptr<const T>& x) {
  T content;
  fill(dice, content);
  x = below(dice, 3) == 0 ? nullptr : std::make_shared<const T>(content);
}

// -- comparison ---------------------------------------------------------------

template <class T>
bool same(const T& a, const T& b);

template <class T>
bool same(const std::vector<T>& a, const std::vector<T>& b) {
  if (a.size() != b.size())
    return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!same(a[i], b[i]))
      return false;
  return true;
}

template <class T>
bool same(const std::shared_ptr<T>& a, const std::shared_ptr<T>& b) {
  return a && b ? *a == *b : a == b;
}

template <class T>
bool same(const T& a, const T& b) {
  if constexpr (requires { a == b; }) {
    return a == b;
  } else {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      [[maybe_unused]] const auto x = members(a);
      [[maybe_unused]] const auto y = members(b);
      return (same(std::get<I>(x), std::get<I>(y)) && ...);
    }(std::make_index_sequence<member_count<T>()>{});
  }
}

/// The alternative with number *index*, filled.
template <class Variant, std::size_t I = 0>
Variant alternative(std::size_t index, dice_type& dice) {
  if constexpr (I + 1 < std::variant_size_v<Variant>)
    if (index != I)
      return alternative<Variant, I + 1>(index, dice);
  std::variant_alternative_t<I, Variant> value;
  fill(dice, value);
  return value;
}

template <class... T>
bool same(const std::variant<T...>& a, const std::variant<T...>& b) {
  return a.index() == b.index()
         && std::visit(
           [&](const auto& x) {
             return same(x, std::get<std::decay_t<decltype(x)>>(b));
           },
           a);
}

/// Some bytes of *bytes* changed, cut, doubled or replaced by extreme words.
inline std::string mutate(std::string bytes, dice_type& dice) {
  const auto at = [&] {
    return static_cast<std::size_t>(below(dice, bytes.size()));
  };
  for (auto times = 1 + below(dice, 6); times > 0 && !bytes.empty(); --times)
    switch (below(dice, 8)) {
      case 0: bytes.resize(at()); break;
      case 1: bytes.resize(at() / 8 * 8); break;
      case 2: bytes.insert(at(), bytes.substr(at() / 8 * 8, 8)); break;
      case 3: {
        const auto first = at() / 8 * 8;
        for (std::size_t i = first; i < first + 8 && i < bytes.size(); ++i)
          bytes[i] = static_cast<char>(0xff);
        break;
      }
      default: bytes[at()] = static_cast<char>(dice()); break;
    }
  return bytes;
}

} // namespace rayd::wire_test
