#pragma once

#include <ray/detail/class_calls.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace ray {

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
  if constexpr (!detail::has_inspect<Class>)
    if (options.durable)
      detail::refuse_durable(detail::type_name<Class>());
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
