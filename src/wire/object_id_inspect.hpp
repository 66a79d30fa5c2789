#pragma once

#include <ray/detail/object_id.hpp>

#include <caf/deserializer.hpp>
#include <caf/detail/stringification_inspector.hpp>
#include <caf/serializer.hpp>

#include <concepts>

namespace ray::detail {

/// Lets CAF messages of one process hold ids. Only for CAF's own inspectors:
/// the encoder of user values has its own way and must not find this one.
template <class Inspector>
  requires std::derived_from<Inspector, caf::serializer>
           || std::derived_from<Inspector, caf::deserializer>
           || std::same_as<Inspector, caf::detail::stringification_inspector>
typename Inspector::result_type inspect(Inspector& f, object_id& x) {
  return f(x.hi, x.lo);
}

} // namespace ray::detail
