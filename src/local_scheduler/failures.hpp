#pragma once

#include "base/ids.hpp"
#include "wire/failure_record.hpp"
#include "wire/task.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>

// How the machine says what became of actors and their calls.

namespace rayd {

inline object_value failed_value(std::string failure) {
  return {object_value::kind::failed, std::move(failure), {}, {}};
}

/// An encoded actor_died. *what*: its class or behaviour, if known.
inline std::string death(const object_id& id, const std::string& what,
                         const std::string& why) {
  return encode_failure(
    ray::errc::actor_died,
    fmt::format("actor {}{}{} is dead: {}", to_string(id),
                what.empty() ? "" : " of ", what, why));
}

} // namespace rayd
