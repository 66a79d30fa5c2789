#pragma once

#include "shared_memory/arena_view.hpp"
#include "transport/secret.hpp"
#include "transport/stream.hpp"
#include "wire/node_messages.hpp"

#include <caf/actor.hpp>
#include <caf/fwd.hpp>

#include <memory>
#include <string>

namespace rayd {

/// What the transfer needs of its node.
struct object_transfer_options {
  std::shared_ptr<arena_view> arena;
  caf::actor store;     ///< Gives space for what is fetched.
  caf::actor scheduler; ///< Says where objects lie; hears what was fetched.
  secret_key tls_key{}; ///< derive_key("tls").
  std::string cluster_id;
  std::size_t fetchers = 4;          ///< Fetches at one time.
  std::size_t readers_max = 64;      ///< Connections served at one time.
  std::chrono::milliseconds patience{5000}; ///< For a chunk of 1 MiB.
  /// For an object that comes back from the holder's disk: somewhat longer
  /// than its store looks for room (space_queue). The holder says each
  /// `busy_interval` that it is at it; less than `patience`.
  std::chrono::milliseconds restore_patience{35'000};
  std::chrono::milliseconds busy_interval{1000};
};

// Moves object bytes between nodes, apart from control and lanes: over
// connections of their own (use `bulk` at the gate), from the segment of one
// node into the mapped segment of the other, in chunks of 1 MiB, without a
// copy of ours in between.
//
// The fetching side asks: for an object, from an offset on. The serving side
// answers with the size and then the bytes; the object stays pinned while it
// is read. When a holder fails in the middle, the next one is asked for the
// rest. TCP's window is the only queue. It knows nothing of who needs what:
// the local scheduler asks and is told (wire/node_messages.hpp).
//
// Programs of jobs travel over the same connections, as files whose hashes the
// home sends first (program_manifest.hpp).
class object_transfer {
public:
  virtual ~object_transfer() = default;

  /// From any thread: serves a peer that the gate let in, until it goes.
  virtual void serve(stream peer, const std::string& from) = 0;

  /// Once, before any peer is served: who knows the jobs' programs.
  virtual void set_pool(caf::actor pool) = 0;

  /// From any thread: ends every transfer and joins the threads.
  virtual void stop() = 0;

  /// Takes fetch_object, fetch_program and node_address; gone with stop().
  virtual caf::actor actor() const = 0;
};

std::shared_ptr<object_transfer>
start_object_transfer(caf::actor_system& system,
                      object_transfer_options options);

} // namespace rayd
