#pragma once

#include <ray/errors.hpp>
#include <ray/task.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace ray {

namespace detail {

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
    finish_with(std::move(call), [instance](argument_reader& arguments) {
      constexpr const std::tuple<std::type_identity<Ps>...>* shape = nullptr;
      *instance = call_with(
        arguments,
        [](auto&&... args) -> std::shared_ptr<void> {
          return std::make_shared<Class>(
            std::forward<decltype(args)>(args)...);
        },
        shape);
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

} // namespace detail

/// A handle on an actor that is an object of *Class* in another process: one
/// of its own, unless it was spawned with ray::with::shared.
/// While a handle exists anywhere the actor lives; calls through copies of one
/// handle made by one thread run in their order.
template <class Class>
class actor {
public:
  /// Names nothing; calls throw no_such_actor.
  actor() noexcept = default;

  explicit actor(detail::object_handle handle) noexcept
    : handle_(std::move(handle)) {}

  explicit operator bool() const noexcept { return bool{handle_}; }

  /// Calls *Method* on the actor and returns at once. An exception of the
  /// method is this call's result and the actor goes on.
  template <auto Method, class... Args>
  auto call(Args&&... args) const {
    using M = decltype(Method);
    using shape = detail::signature<M>;
    static_assert(std::is_member_function_pointer_v<M> && shape::known,
                  "ray: call wants a method: call<&Class::method>(...); choose "
                  "an overload by static_cast");
    using ref = detail::result_ref<typename shape::result>;
    static_assert(std::is_base_of_v<typename shape::owner, Class>,
                  "ray: this method belongs to another class than the actor");
    if constexpr (detail::check_call<shape, Args...>()) {
      using entry = detail::class_call<Class, Method>;
      detail::keep(entry::listed);
      detail::require_actor(handle_);
      detail::submission work;
      work.what = detail::submission::kind::actor_call;
      work.function = entry::entry.key();
      work.function_name = entry::entry.name();
      work.actor = handle_;
      return ref{detail::send(
        std::move(work), static_cast<typename shape::parameters*>(nullptr),
        std::forward<Args>(args)...)};
    } else {
      return ref{};
    }
  }

  const detail::object_handle& handle_of_actor() const noexcept {
    return handle_;
  }

private:
  detail::object_handle handle_;
};

namespace detail {

template <class Class>
struct codec_traits<actor<Class>> {
  static void save(encoder& to, const actor<Class>& x) {
    to.reference(x.handle_of_actor());
  }

  static void load(decoder& from, actor<Class>& x) {
    x = actor<Class>{from.reference()};
  }
};

template <class... Ps, class Class, class... Args>
actor<Class> create(std::type_identity<std::tuple<std::type_identity<Ps>...>>,
                    std::type_identity<Class>, const with* options,
                    Args&&... args) {
  if constexpr (all(check_parameter<Ps>()...)) {
    using entry = class_creation<Class, Ps...>;
    keep(entry::listed);
    submission work;
    work.what = submission::kind::actor_creation;
    work.function = entry::entry.key();
    work.function_name = entry::entry.name();
    work.interface = type_name<Class>();
    work.options = options;
    constexpr const std::tuple<std::type_identity<Ps>...>* shape = nullptr;
    return actor<Class>{
      send(std::move(work), shape, std::forward<Args>(args)...)};
  } else {
    return {};
  }
}

template <class Class, class... Args>
actor<Class> spawn_class(const with* options, Args&&... args) {
  constexpr auto parameters = choose_parameters<Class, 0, Args...>();
  static_assert(!std::is_same_v<decltype(parameters),
                                const std::type_identity<void>>,
                "ray: Class has no constructor for these arguments, as they "
                "arrive in the other process: values, text as std::string, "
                "object_refs as they are or as their values");
  if constexpr (!std::is_same_v<decltype(parameters),
                                const std::type_identity<void>>)
    return create(parameters, std::type_identity<Class>{}, options,
                  std::forward<Args>(args)...);
  else
    return {};
}

} // namespace detail

/// Makes an actor: an object of *Class* constructed from *args* in a process
/// of its own. Returns at once; when the constructor throws, the actor's
/// calls fail as actor_died with its text.
template <class Class, class... Args>
  requires(!detail::begins_with_options<Args...>)
actor<Class> spawn(Args&&... args) {
  return detail::spawn_class<Class>(nullptr, std::forward<Args>(args)...);
}

/// The same with options.
/// @error wrong_type  A field of *options* does not work yet.
/// @error name_taken  A live actor has that name.
template <class Class, class... Args>
actor<Class> spawn(const with& options, Args&&... args) {
  detail::check_options(options, true);
  return detail::spawn_class<Class>(&options, std::forward<Args>(args)...);
}

/// The live actor that was spawned as *Class* with this name.
/// @error no_such_actor, wrong_type (it is of another class; names both)
template <class Class>
actor<Class> get_actor(std::string_view name) {
  return actor<Class>{detail::current_runtime().find_actor(
    name, detail::type_name<Class>())};
}

/// Ends the actor at once; its unfinished and later calls fail as actor_died.
template <class Actor>
  requires requires(const Actor& x) { x.handle_of_actor(); }
void kill(const Actor& which) {
  detail::require_actor(which.handle_of_actor());
  detail::current_runtime().kill(which.handle_of_actor());
}

} // namespace ray
