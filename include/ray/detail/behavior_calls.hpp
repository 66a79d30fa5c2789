#pragma once

#include <ray/detail/hosted_behavior.hpp>
#include <ray/detail/message_types.hpp>
#include <ray/task.hpp>

#include <caf/abstract_actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/behavior.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/stateful_actor.hpp>

#include <concepts>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace ray::detail {

/// The parts of a behaviour's function: its self pointer, if it has one, and
/// the parameters after that.
template <class Parameters>
struct behavior_parts {
  using self = caf::event_based_actor*;
  using parameters = std::tuple<>;
  static constexpr bool takes_self = false;
};
template <class First, class... Ps>
struct behavior_parts<
  std::tuple<std::type_identity<First>, std::type_identity<Ps>...>> {
  static constexpr bool takes_self
    = std::is_pointer_v<First>
      && std::is_base_of_v<caf::abstract_actor, std::remove_pointer_t<First>>;
  using self
    = std::conditional_t<takes_self, First, caf::event_based_actor*>;
  using parameters = std::conditional_t<
    takes_self, std::tuple<std::type_identity<Ps>...>,
    std::tuple<std::type_identity<First>, std::type_identity<Ps>...>>;
};

template <auto Behavior>
struct behavior_shape {
  using shape = signature<std::remove_const_t<decltype(Behavior)>>;
  using parts = behavior_parts<typename shape::parameters>;
  using self = typename parts::self;
  using parameters = typename parts::parameters;
  using result = typename shape::result;

  static_assert(std::is_base_of_v<caf::scheduled_actor,
                                  std::remove_pointer_t<self>>,
                "ray: a behaviour's self must be an event-based actor (or "
                "stateful_actor); blocking actors cannot be hosted");
};

/// The table entry that spawns the CAF actor in a worker. It gets a thread of
/// its own, so that ray::get may block there, unless it shares its process.
template <auto Behavior>
struct behavior_creation {
  using parts = behavior_shape<Behavior>;
  using self_type = typename parts::self;
  using parameters = typename parts::parameters;

  static void run(std::unique_ptr<invocation> call) {
    auto* instance = call->instance;
    const auto snapshot = call->snapshot;
    finish_with(std::move(call), [=](argument_reader& arguments) {
      *instance = launch(arguments, snapshot,
                         static_cast<parameters*>(nullptr));
    });
  }

  template <class... Ps>
  static std::shared_ptr<void>
  launch(argument_reader& arguments, std::string_view snapshot,
         const std::tuple<std::type_identity<Ps>...>*) {
    auto values = std::make_shared<std::tuple<stored_parameter<Ps>...>>(
      std::tuple<stored_parameter<Ps>...>{
        arguments.next<stored_parameter<Ps>>()...});
    arguments.expect_end();
    return behavior_host::start(
      value_name<Behavior>(), snapshot,
      [&](caf::actor_system& system, const std::shared_ptr<host_state>& host) {
        return spawn_behavior_actor<std::remove_pointer_t<self_type>>(
          system, host,
          [host, values](self_type self) -> typename parts::result {
            return body<Ps...>(self, host, *values);
          });
      });
  }

  template <class... Ps>
  static typename parts::result
  body(self_type self, const std::shared_ptr<host_state>& host,
       std::tuple<stored_parameter<Ps>...>& values) {
    self->set_exception_handler([host](std::exception_ptr& thrown) {
      return behavior_threw(*host, thrown);
    });
    const auto function = [&](auto&... stored) -> typename parts::result {
      if constexpr (parts::parts::takes_self)
        return Behavior(self, pass<Ps>(stored)...);
      else
        return Behavior(pass<Ps>(stored)...);
    };
    if constexpr (std::is_void_v<typename parts::result>) {
      std::apply(function, values);
      started(self, *host);
    } else {
      auto behavior = std::apply(function, values);
      started(self, *host);
      return behavior;
    }
  }

  static void started(self_type self, host_state& host) {
    using self_class = std::remove_pointer_t<self_type>;
    if constexpr (has_kept_state<self_class>)
      if (keeps_state(host))
        begin_state(host, *self,
                    state_codec_of<std::decay_t<decltype(self->state)>>,
                    &self->state);
    behavior_started(host);
  }

  static constinit inline function_entry entry{&run, value_name<Behavior>()};
  static inline const bool listed = function_table::add(entry);
};

/// The elements that a reply of type *R* has.
template <class R>
struct reply_shape {
  static constexpr std::string_view name = type_name<R>();
  using elements = std::tuple<std::type_identity<R>>;
};
template <>
struct reply_shape<void> {
  static constexpr std::string_view name = "void";
  using elements = std::tuple<>;
};
template <class... Rs>
struct reply_shape<std::tuple<Rs...>> {
  static constexpr std::string_view name = type_name<std::tuple<Rs...>>();
  using elements = std::tuple<std::type_identity<Rs>...>;
};

template <class R, class... Rs>
R read_reply(std::string_view behavior, const caf::type_erased_tuple& reply,
             const std::tuple<std::type_identity<Rs>...>*) {
  const bool matches
    = reply.match_elements(caf::detail::type_list<message_element<Rs>...>{});
  if (!matches)
    wrong_reply(behavior, reply, reply_shape<R>::name);
  if constexpr (!std::is_void_v<R>)
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return R(static_cast<Rs>(reply.get_as<message_element<Rs>>(I))...);
    }(std::index_sequence_for<Rs...>{});
}

/// Encodes a reply for request<R>.
template <class R>
invocation_result encode_reply(std::string_view behavior,
                               const caf::type_erased_tuple& reply) {
  using elements = typename reply_shape<R>::elements;
  constexpr const elements* shape = nullptr;
  if constexpr (std::is_void_v<R>) {
    read_reply<R>(behavior, reply, shape);
    return {};
  } else {
    return encode_result(read_reply<R>(behavior, reply, shape));
  }
}

/// Marks a message without an answer.
struct no_reply {};

/// The table entry of a request or tell with these elements.
template <auto Behavior, class R, class... Elements>
struct behavior_message {
  static void run(std::unique_ptr<invocation> call) {
    try {
      require_dependencies(*call);
      const auto host = require_host(*call);
      argument_reader arguments{*call};
      std::tuple<Elements...> values{arguments.next<Elements>()...};
      arguments.expect_end();
      auto content = caf::make_message_from_tuple(std::move(values));
      if constexpr (std::is_same_v<R, no_reply>) {
        host->tell(std::move(content));
        call->finish({});
      } else {
        host->request(std::move(content), std::move(call), &encode_reply<R>);
      }
    } catch (...) {
      if (call != nullptr)
        call->finish(failure_of_current_exception(*call));
    }
  }

  static constinit inline function_entry entry{&run, value_name<Behavior>()};
  static inline const bool listed = function_table::add(entry);
};

} // namespace ray::detail
