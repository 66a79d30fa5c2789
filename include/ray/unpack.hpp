#pragma once

#include <ray/task.hpp>

#include <cstddef>
#include <tuple>
#include <utility>

namespace ray {

namespace detail {

/// The task that takes one part out.
template <std::size_t I, class... Ts>
std::tuple_element_t<I, std::tuple<Ts...>>
part_of(const std::tuple<Ts...>& whole) {
  return std::get<I>(whole);
}

template <class... Ts, std::size_t... I>
std::tuple<object_ref<Ts>...> unpack(const object_ref<std::tuple<Ts...>>& ref,
                                     std::index_sequence<I...>) {
  const with options{.num_cpus = 0};
  return {remote<&part_of<I, Ts...>>(options, ref)...};
}

} // namespace detail

/// The parts of a tuple as objects of their own, each made by a task without
/// CPUs that copies it. A failure of *ref* is each part's failure.
template <class... Ts>
std::tuple<object_ref<Ts>...> unpack(const object_ref<std::tuple<Ts...>>& ref) {
  return detail::unpack(ref, std::index_sequence_for<Ts...>{});
}

} // namespace ray
