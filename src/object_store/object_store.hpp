#pragma once

#include "base/result.hpp"
#include "shared_memory/arena_view.hpp"
#include "shared_memory/segment.hpp"
#include "wire/store_messages.hpp"

#include <caf/actor.hpp>
#include <caf/fwd.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace rayd {

// The object store of a node: who owns which bytes of the arena.
//
// It remembers each free extent, each client's unsealed creations and rooms,
// and where each sealed object lies; all of it in the node's private memory
// (store_ledger.hpp, a machine without threads, clock or CAF). The actor
// around it backs extents with memory before they are given away, which may
// block while the system zeroes pages: it has a thread of its own.
//
// It promises that used + reserved + free is always the capacity, that no two
// extents overlap, that a client that lies, repeats itself or dies costs
// nothing but its own unsealed bytes, and that a lack of memory is a typed
// refusal.
//
// From 80 % on, and when a request does not fit, it asks the local scheduler
// for objects that may leave (wire/spill_messages.hpp): who refers to an
// object or views it is counted there. Meanwhile requests wait in a row
// (space_queue.hpp), and fail with the figures when nothing can leave for 1 s.
// Objects go to files and back on a thread of their own (spill_disk.hpp), each
// with a checksum; which are there is known by spill_ledger.hpp.

struct store_options {
  /// The arena, made before the actor so that others can pass on its
  /// descriptors.
  std::shared_ptr<segment> arena;
  /// The local scheduler, which knows what may leave the arena; without one a
  /// full store refuses at once.
  caf::actor scheduler;
  /// Where objects go that do not fit, a folder of this node's own; empty:
  /// nowhere. It is made when it is needed, and goes with the actor.
  std::string spill_folder;
  /// Bytes of objects there at one time; 0: as many as the disk holds.
  std::uint64_t spill_limit = 0;
  /// Bytes kept zeroed ahead of need; 0: none before first use, then as much
  /// as was used, at most 256 MiB.
  std::uint64_t prefault = 256ull << 20;
  /// Rooms are whole multiples of this many bytes.
  std::uint64_t room_step = 1ull << 20;
  /// Unused room that one client may hold; at least one room is given.
  std::uint64_t room_limit = 256ull << 20;
};

/// Starts the store of *options.arena*. It takes the messages of
/// wire/store_messages.hpp and ends by caf::exit_reason (send_exit), after
/// which the arena stays as long as somebody holds it.
/// @pre options.arena != nullptr
caf::actor spawn_object_store(caf::actor_system& system,
                              store_options options);

/// The arena as the node itself reads and fills it (object_transfer): a view
/// with descriptors of its own.
/// @error connection_failed  No descriptors or address space left.
result<std::unique_ptr<arena_view>> open_view(const segment& arena);

} // namespace rayd
