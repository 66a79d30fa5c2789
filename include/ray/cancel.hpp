#pragma once

#include <ray/detail/runtime.hpp>
#include <ray/get.hpp>
#include <ray/object_ref.hpp>

namespace ray {

/// The result of *ref*'s task is not wanted any more, nor those of its
/// children. Once accepted, before the result was there, get throws
/// `cancelled`. A task that waits is dropped; one that runs is told by its
/// std::stop_token, if it takes one as its last parameter, and with *force*
/// its process is ended (an actor's never). Nothing happens when the result is
/// there, or to what was put. Returns at once.
template <class T>
void cancel(const object_ref<T>& ref, bool force = false) {
  detail::require_object(ref.handle());
  detail::current_runtime().cancel(ref.handle(), force);
}

} // namespace ray
