#pragma once

// CAF behaviours as Ray actors (CAF 0.17).
//
//   caf::behavior counter(caf::stateful_actor<state>* self, int first);
//   auto hits = ray::spawn<counter>(ray::with{.name = "hits"}, 0);
//   int n = ray::get(hits.request<int>(inc_atom::value, 5));
//
// The function runs in a process of its own as a detached actor: it may use
// everything that CAF offers, and block in ray::get. With ray::with::shared it
// runs beside others on CAF's threads instead, and may not block. CAF's own
// rules hold. An
// exception that leaves a handler ends the actor, and its callers get an
// actor_died that says which. handle() gives an ordinary CAF handle in this
// process for code that speaks CAF only.

#include <ray/detail/behavior_calls.hpp>
#include <ray/ray.hpp>

#include <caf/actor.hpp>
#include <caf/atom.hpp>
#include <caf/response_type.hpp>
#include <caf/typed_actor.hpp>

namespace ray {

namespace detail {

/// Result and handle of a typed behaviour; the dynamic ones have none.
template <class Result>
struct typed_parts {
  static constexpr bool typed = false;
  using handle = caf::actor;
};
template <class... Signatures>
struct typed_parts<caf::typed_behavior<Signatures...>> {
  static constexpr bool typed = true;
  using handle = caf::typed_actor<Signatures...>;
  using signatures = caf::detail::type_list<Signatures...>;
};

template <class List>
struct reply_of;
template <class R>
struct reply_of<caf::detail::type_list<R>> {
  using type = R;
};
template <>
struct reply_of<caf::detail::type_list<>> {
  using type = void;
};
template <class A, class B, class... Rs>
struct reply_of<caf::detail::type_list<A, B, Rs...>> {
  using type = std::tuple<A, B, Rs...>;
};

template <class Argument>
using typed_element = typename caf::detail::strip_and_convert<Argument>::type;

} // namespace detail

/// A handle on an actor that is a CAF behaviour, somewhere. While a handle
/// exists anywhere the actor lives; messages that one thread sends through
/// copies of one handle arrive in their order.
template <auto Behavior>
class behavior_actor {
  using parts = detail::behavior_shape<Behavior>;
  using typed = detail::typed_parts<typename parts::result>;

public:
  /// caf::actor, or for a typed behaviour its typed_actor.
  using handle_type = typename typed::handle;

  /// Names nothing; calls throw no_such_actor.
  behavior_actor() noexcept = default;

  explicit behavior_actor(detail::object_handle actor) noexcept
    : actor_(std::move(actor)) {}

  explicit operator bool() const noexcept { return bool{actor_}; }

  /// Sends a request and returns at once. The result is the reply: R, or
  /// nothing for void, or several values as a std::tuple. A reply of another
  /// type is a wrong_type that names both.
  template <class R, class... Args>
    requires(sizeof...(Args) > 0)
  object_ref<R> request(const Args&... args) const {
    detail::check_result<R>();
    return object_ref<R>{send<R>(args...)};
  }

  /// The same for a typed behaviour, whose reply type is known.
  template <class... Args>
    requires(typed::typed)
  auto request(const Args&... args) const {
    using reply
      = caf::response_type<typename typed::signatures,
                           detail::typed_element<Args>...>;
    static_assert(reply::valid,
                  "ray: this typed behaviour does not take such a message");
    if constexpr (reply::valid) {
      using R = typename detail::reply_of<typename reply::type>::type;
      detail::check_result<R>();
      return object_ref<R>{send<R>(args...)};
    }
  }

  /// Sends a message without a sender and without an answer.
  template <class... Args>
  void tell(const Args&... args) const {
    send<detail::no_reply>(args...);
  }

  /// An ordinary local CAF actor in this process, which forwards messages of
  /// types that the program names (in spawn, request, tell or message_type)
  /// and answers with the replies. Errors arrive as caf::error of the
  /// category "ray" with a sentence. It keeps the actor alive.
  handle_type handle() const {
    detail::require_actor(actor_);
    return caf::actor_cast<handle_type>(
      detail::make_forwarder(actor_, detail::value_name<Behavior>()));
  }

  const detail::object_handle& handle_of_actor() const noexcept {
    return actor_;
  }

private:
  template <class R, class... Args>
  detail::object_handle send(const Args&... args) const {
    (detail::require_codable<detail::message_element<Args>>(), ...);
    using entry
      = detail::behavior_message<Behavior, R,
                                 detail::message_element<Args>...>;
    detail::keep(entry::listed);
    detail::know_message_types<detail::message_element<Args>...>();
    detail::require_actor(actor_);
    detail::submission work;
    work.what = detail::submission::kind::actor_call;
    work.function = entry::entry.key();
    work.function_name = entry::entry.name();
    work.actor = actor_;
    return detail::send(
      std::move(work),
      static_cast<
        std::tuple<std::type_identity<detail::message_element<Args>>...>*>(
        nullptr),
      static_cast<detail::message_element<Args>>(args)...);
  }

  detail::object_handle actor_;
};

namespace detail {

template <auto Behavior>
struct codec_traits<behavior_actor<Behavior>> {
  static void save(encoder& to, const behavior_actor<Behavior>& x) {
    to.reference(x.handle_of_actor());
  }

  static void load(decoder& from, behavior_actor<Behavior>& x) {
    x = behavior_actor<Behavior>{from.reference()};
  }
};

template <auto Behavior, class... Args>
behavior_actor<Behavior> spawn_behavior(const with* options, Args&&... args) {
  using parameters = typename behavior_shape<Behavior>::parameters;
  static_assert(std::tuple_size_v<parameters> == sizeof...(Args),
                "ray: this behaviour's function takes another number of "
                "arguments after self");
  if constexpr (std::tuple_size_v<parameters> == sizeof...(Args)) {
    constexpr parameters* shape = nullptr;
    if constexpr (check_all(shape, std::type_identity<std::tuple<Args...>>{},
                            std::index_sequence_for<Args...>{})) {
      using entry = behavior_creation<Behavior>;
      keep(entry::listed);
      submission work;
      work.what = submission::kind::actor_creation;
      work.function = entry::entry.key();
      work.function_name = entry::entry.name();
      work.interface = value_name<Behavior>();
      work.options = options;
      return behavior_actor<Behavior>{detail::send(
        std::move(work), shape, std::forward<Args>(args)...)};
    }
  }
  return {};
}

} // namespace detail

/// Makes an actor that runs the CAF behaviour *Behavior*; *args* are those
/// after self. When the function throws, calls fail as actor_died with its
/// text.
template <auto Behavior, class... Args>
  requires(!detail::begins_with_options<Args...>)
behavior_actor<Behavior> spawn(Args&&... args) {
  return detail::spawn_behavior<Behavior>(nullptr,
                                          std::forward<Args>(args)...);
}

/// The same with options.
/// @error wrong_type  A field of *options* does not work yet.
/// @error name_taken  A live actor has that name.
template <auto Behavior, class... Args>
behavior_actor<Behavior> spawn(const with& options, Args&&... args) {
  detail::check_behavior_options(options);
  using self_class
    = std::remove_pointer_t<typename detail::behavior_shape<Behavior>::self>;
  if constexpr (!detail::has_kept_state<self_class>)
    if (options.durable)
      detail::refuse_durable_behavior(detail::value_name<Behavior>());
  return detail::spawn_behavior<Behavior>(&options,
                                          std::forward<Args>(args)...);
}

/// The live actor that was spawned as *Behavior* with this name.
/// @error no_such_actor, wrong_type (it is another behaviour; names both)
template <auto Behavior>
behavior_actor<Behavior> get_actor(std::string_view name) {
  return behavior_actor<Behavior>{detail::current_runtime().find_actor(
    name, detail::value_name<Behavior>())};
}

/// Lets .handle() forward messages with elements of type *T*. At namespace
/// scope: `inline const bool known = ray::message_type<T>("name");`
template <class T>
bool message_type(const char* name) {
  detail::require_codable<T>();
  detail::know_message_types<T>();
  detail::known_message_type<T>::entry.name = name;
  return true;
}

} // namespace ray
