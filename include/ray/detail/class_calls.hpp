#pragma once

#include <ray/detail/actor_state.hpp>
#include <ray/errors.hpp>
#include <ray/task.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

// The table entries of class actors: their construction and their methods.

namespace ray::detail {

/// Throws no_such_actor unless *actor* names one.
void require_actor(const object_handle& actor);

/// The actor's instance. Throws actor_died when there is none.
void* require_instance(const invocation& call);

/// The type that a constructor's argument is sent as.
template <class Argument>
using sent_as = std::conditional_t<
  std::is_convertible_v<Argument, std::string_view>
    && std::is_pointer_v<std::decay_t<Argument>>,
  std::string, std::decay_t<Argument>>;

/// Which arguments of a constructor are dependencies: a constructor's
/// parameters cannot be listed, so the choice with the fewest dependencies
/// that constructs is taken.
template <class Argument, bool Dependency>
struct constructed_from {
  using type = sent_as<Argument>;
};
template <class Argument>
  requires is_object_ref<std::decay_t<Argument>>::value
           && (!std::is_void_v<typename std::decay_t<Argument>::value_type>)
struct constructed_from<Argument, true> {
  using type = typename std::decay_t<Argument>::value_type;
};

template <class Class, std::size_t Mask, class Sequence, class... Args>
struct choice;
template <class Class, std::size_t Mask, std::size_t... I, class... Args>
struct choice<Class, Mask, std::index_sequence<I...>, Args...> {
  static constexpr bool constructs = std::is_constructible_v<
    Class, typename constructed_from<Args, ((Mask >> I) & 1) != 0>::type...>;
  using parameters = std::tuple<std::type_identity<
    typename constructed_from<Args, ((Mask >> I) & 1) != 0>::type>...>;
};

template <class Class, std::size_t Mask, class... Args>
consteval auto choose_parameters() {
  using now = choice<Class, Mask, std::index_sequence_for<Args...>, Args...>;
  if constexpr (now::constructs)
    return std::type_identity<typename now::parameters>{};
  else if constexpr (Mask + 1 < (std::size_t{1} << sizeof...(Args))
                     && (is_object_ref<std::decay_t<Args>>::value || ...))
    return choose_parameters<Class, Mask + 1, Args...>();
  else
    return std::type_identity<void>{};
}

/// The table entry that constructs a class actor.
template <class Class, class... Ps>
struct class_creation {
  static void run(std::unique_ptr<invocation> call) {
    auto* instance = call->instance;
    const auto snapshot = call->snapshot;
    if constexpr (has_inspect<Class>)
      if (call->codec != nullptr)
        *call->codec = &state_codec_of<Class>;
    finish_with(std::move(call), [=](argument_reader& arguments) {
      constexpr const std::tuple<std::type_identity<Ps>...>* shape = nullptr;
      *instance = call_with(
        arguments,
        [](auto&&... args) -> std::shared_ptr<void> {
          return std::make_shared<Class>(
            std::forward<decltype(args)>(args)...);
        },
        shape);
      if constexpr (has_inspect<Class>)
        if (!snapshot.empty())
          load_state<Class>(instance->get(), snapshot);
    });
  }

  static constinit inline function_entry entry{&run, type_name<Class>()};
  static inline const bool listed = function_table::add(entry);
};

/// The table entry of a method, for actors of *Class*.
template <class Class, auto Method>
struct class_call {
  using shape = signature<decltype(Method)>;

  static void run(std::unique_ptr<invocation> call) {
    const invocation& inputs = *call;
    finish_with(std::move(call), [&inputs](argument_reader& arguments) {
      auto* self = static_cast<Class*>(require_instance(inputs));
      return call_with<shape::stops>(
        arguments,
        [self](auto&&... args) -> typename shape::result {
          return (self->*Method)(std::forward<decltype(args)>(args)...);
        },
        static_cast<typename shape::parameters*>(nullptr));
    });
  }

  static constinit inline function_entry entry{&run, value_name<Method>()};
  static inline const bool listed = function_table::add(entry);
};

} // namespace ray::detail
