#pragma once

#include <cstdint>

namespace rayd {

/// A process that fills objects: chosen by the local scheduler, never reused
/// in the life of a node.
using client_number = std::uint64_t;

/// The node itself (object_transfer).
inline constexpr client_number node_client = 0;

/// Why a node's object store refuses.
enum class store_refusal : std::uint8_t {
  full,          ///< No space now (or ever: the sentence says it).
  exists,        ///< Sealed already, or asked for with another size.
  not_created,   ///< No such creation of this client.
  not_own_space, ///< The extent is not inside the client's own space.
  client_gone,   ///< The client ended before.
  too_much_room, ///< The client holds as much unused room as it may.
};

/// "full", "exists" and so on.
constexpr const char* to_string(store_refusal code) noexcept {
  switch (code) {
    case store_refusal::full: return "full";
    case store_refusal::exists: return "exists";
    case store_refusal::not_created: return "not_created";
    case store_refusal::not_own_space: return "not_own_space";
    case store_refusal::client_gone: return "client_gone";
    case store_refusal::too_much_room: return "too_much_room";
  }
  return "unknown";
}

} // namespace rayd
