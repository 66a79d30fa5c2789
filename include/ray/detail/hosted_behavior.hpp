#pragma once

#include <ray/detail/behavior_host.hpp>
#include <ray/detail/codec_traits.hpp>

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/spawn_options.hpp>
#include <caf/stateful_actor.hpp>

#include <cstddef>
#include <memory>
#include <utility>

namespace ray::detail {

/// What of a behaviour's actor can be kept: the state of a stateful_actor,
/// when it has an inspect function.
template <class Self>
inline constexpr bool has_kept_state = false;
template <class State, class Base>
inline constexpr bool has_kept_state<caf::stateful_actor<State, Base>>
  = has_inspect<State>;

/// The actor of a behaviour that shares its process, or keeps its state.
template <class Self>
class hosted_behavior final : public Self {
public:
  hosted_behavior(caf::actor_config& config, std::shared_ptr<host_state> host)
    : Self(config), host_(std::move(host)) {}

  caf::resumable::resume_result resume(caf::execution_unit* on,
                                       std::size_t most) override {
    if (has_own_thread(*host_))
      return resume_kept(on, most);
    const acting_as self{*host_};
    return resume_kept(on, most);
  }

private:
  caf::resumable::resume_result resume_kept(caf::execution_unit* on,
                                            std::size_t most) {
    if constexpr (has_kept_state<Self>)
      if (keeps_state(*host_))
        return resume_one_by_one(on, most);
    return Self::resume(on, most);
  }

  caf::resumable::resume_result resume_one_by_one(caf::execution_unit* on,
                                                  std::size_t most) {
    for (std::size_t handled = 1;; ++handled) {
      message_begins(*host_);
      const auto result = Self::resume(on, 1);
      message_ends(*host_, result == caf::resumable::done);
      if (result != caf::resumable::resume_later || handled >= most)
        return result;
    }
  }

  std::shared_ptr<host_state> host_;
};

/// Spawns *function*, a functor that takes the behaviour's self pointer.
template <class Self, class Function>
caf::actor spawn_behavior_actor(caf::actor_system& system,
                                const std::shared_ptr<host_state>& host,
                                Function function) {
  const bool alone = has_own_thread(*host);
  if (alone && !keeps_state(*host))
    return caf::actor_cast<caf::actor>(
      system.spawn<caf::detached + caf::hidden>(std::move(function)));
  using hosted = hosted_behavior<Self>;
  caf::actor_config config;
  caf::detail::init_fun_factory<hosted, Function> make;
  config.init_fun = make(std::move(function));
  if (alone)
    return caf::actor_cast<caf::actor>(
      system.spawn_class<hosted, caf::detached + caf::hidden>(config, host));
  return caf::actor_cast<caf::actor>(
    system.spawn_class<hosted, caf::hidden>(config, host));
}

} // namespace ray::detail
