#pragma once

#include <ray/detail/arguments.hpp>
#include <ray/detail/function_table.hpp>
#include <ray/detail/names.hpp>
#include <ray/detail/signature.hpp>
#include <ray/object_ref.hpp>
#include <ray/options.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

namespace ray {

namespace detail {

/// The table entry of a task function.
template <auto Function>
struct task_function {
  using shape = signature<std::remove_const_t<decltype(Function)>>;

  static void run(std::unique_ptr<invocation> call) {
    finish_with(std::move(call), [](argument_reader& arguments) {
      return call_with<shape::stops>(
        arguments, Function,
        static_cast<typename shape::parameters*>(nullptr));
    });
  }

  static constinit inline function_entry entry{&run, value_name<Function>()};
  static inline const bool listed = function_table::add(entry);
};

/// The ref of a result: references become values.
template <class R>
using result_ref = object_ref<std::remove_cvref_t<R>>;

/// True when all are. Unlike with &&, each argument is looked at, so that
/// each refusal shows.
constexpr bool all(std::same_as<bool> auto... good) {
  return (good && ...);
}

/// Checks all parameters and arguments of a call at compile time.
template <class... Ps, class... Args, std::size_t... I>
constexpr bool check_all(const std::tuple<std::type_identity<Ps>...>*,
                         std::type_identity<std::tuple<Args...>>,
                         std::index_sequence<I...>) {
  return all(check_parameter<Ps>()...)
         && all(check_argument<I, Ps, Args>()...);
}

template <class Shape, class... Args>
constexpr bool check_call() {
  constexpr std::size_t wanted
    = std::tuple_size_v<typename Shape::parameters>;
  static_assert(wanted <= sizeof...(Args),
                "ray: too few arguments; default arguments are not known "
                "here, so give all of them");
  static_assert(wanted >= sizeof...(Args), "ray: too many arguments");
  if constexpr (wanted == sizeof...(Args))
    return all(check_result<typename Shape::result>(),
               check_all(static_cast<typename Shape::parameters*>(nullptr),
                         std::type_identity<std::tuple<Args...>>{},
                         std::index_sequence_for<Args...>{}));
  else
    return false;
}

/// Encodes *args* for the parameters *Ps* and sends.
template <class... Ps, class... Args>
object_handle send(submission&& work,
                   const std::tuple<std::type_identity<Ps>...>*,
                   Args&&... args) {
  pack_arguments(
    work, prepare_argument<stored_parameter<Ps>>(std::forward<Args>(args))...);
  return current_runtime().submit(std::move(work));
}

template <auto Function, class... Args>
auto submit_task(const with* options, Args&&... args) {
  using F = std::remove_const_t<decltype(Function)>;
  using shape = signature<F>;
  static_assert(!std::is_member_pointer_v<F>,
                "ray: remote runs functions; a method runs on an actor: "
                "spawn<Class>(...).call<&Class::method>(...)");
  static_assert(!std::is_class_v<F> || std::is_empty_v<F>,
                "ray: a lambda must capture nothing, since only its code is "
                "in the other process; pass what it needs as arguments");
  static_assert(shape::known || std::is_member_pointer_v<F>,
                "ray: this is no function with known parameters; choose an "
                "overload by static_cast, and name the types of a lambda's "
                "parameters instead of auto");
  if constexpr (shape::known && !std::is_member_pointer_v<F>) {
    using ref = result_ref<typename shape::result>;
    if constexpr (check_call<shape, Args...>()) {
      using entry = task_function<Function>;
      keep(entry::listed);
      submission work;
      work.function = entry::entry.key();
      work.function_name = entry::entry.name();
      work.options = options;
      return ref{send(std::move(work),
                      static_cast<typename shape::parameters*>(nullptr),
                      std::forward<Args>(args)...)};
    } else {
      return ref{};
    }
  }
}

template <class... Args>
concept begins_with_options
  = (sizeof...(Args) > 0)
    && std::same_as<std::remove_cvref_t<std::tuple_element_t<
                      0, std::tuple<std::remove_cvref_t<Args>..., void*>>>,
                    with>;

} // namespace detail

/// Submits *Function* with *args* as a task and returns at once; it blocks
/// only while the node grants no credit. An object_ref<T> where the parameter
/// is T is a dependency: the task starts when the value is there.
template <auto Function, class... Args>
  requires(!detail::begins_with_options<Args...>)
auto remote(Args&&... args) {
  return detail::submit_task<Function>(nullptr, std::forward<Args>(args)...);
}

/// The same with options.
/// @error wrong_type  A field of *options* does not work yet.
template <auto Function, class... Args>
auto remote(const with& options, Args&&... args) {
  detail::check_options(options, false);
  return detail::submit_task<Function>(&options, std::forward<Args>(args)...);
}

} // namespace ray
