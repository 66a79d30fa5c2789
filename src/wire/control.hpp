#pragma once

#include "base/ids.hpp"
#include "base/resources.hpp"
#include "base/result.hpp"
#include "wire/group_messages.hpp"
#include "wire/wait_messages.hpp"
#include "wire/node_wish.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

// What a node's agent and the head's global scheduler tell each other: one
// struct per message, each one Cap'n Proto message (schema/control.capnp).
// Whatever changes something carries the head's epoch, and a node's index is
// its incarnation, so that late and doubled messages are known as such.

namespace rayd {

/// A node as others see it.
struct node_entry {
  node_index index = 0;
  std::string host;
  std::uint16_t port = 0; ///< Of its gate; 0: cannot be dialled.
  std::int64_t pid = 0;
  std::string state; ///< alive, suspect, draining, dead.
  resource_set total;
  std::vector<std::pair<std::string, std::string>> labels;
  std::uint64_t store_bytes = 0; ///< Capacity of its object store.

  friend bool operator==(const node_entry&, const node_entry&) = default;
};

// -- node agent -> global scheduler -------------------------------------------

/// First message of a node: give me an index. Answered by node_registered.
struct register_node {
  node_entry node; ///< index 0 and state empty.
};

/// Tasks of one shape (demand and wishes) that wait and cannot start soon
/// where they are.
struct shape_load {
  resource_set demand;
  std::uint32_t waiting = 0;
  /// How many of them one slot ends within 10 ms, by what is known of their
  /// function; at least 1.
  std::uint32_t per_slot = 1;
  node_wish wish;
  node_index near = 0; ///< Holds most of their arguments' bytes; 0: none.

  friend bool operator==(const shape_load&, const shape_load&) = default;
};

/// What a node's machine does, over the second before; all 0: not known yet.
struct node_figures {
  std::uint32_t cpu = 0; ///< Ten-thousandths of all its CPUs' time.
  std::uint64_t memory_used = 0;  ///< Bytes that programs could not get.
  std::uint64_t memory_total = 0; ///< Bytes.
  std::uint64_t network_in = 0;   ///< Bytes a second, without loopback.
  std::uint64_t network_out = 0;
  std::uint64_t disk_read = 0; ///< Bytes a second, of all whole disks.
  std::uint64_t disk_write = 0;

  friend bool operator==(const node_figures&, const node_figures&) = default;
};

/// Heartbeat and load in one, sent each heartbeat and, at most each 5 ms,
/// when it changed.
struct node_load {
  node_index node = 0;
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0; ///< Grows by one; older ones are ignored.
  resource_set available; ///< Left over; negative: more waits here than fits.
  std::vector<shape_load> waiting;
  std::vector<std::uint64_t> grants_seen; ///< Placed here; arrived since.
  std::vector<std::uint64_t> grants_done; ///< Used up or void, at their home.
  std::uint64_t store_used = 0;
  std::uint64_t store_spilled = 0; ///< Bytes of objects on its disk.
  std::uint32_t workers = 0;
  std::uint32_t running = 0;
  std::uint32_t queued = 0;
  std::uint64_t finished = 0; ///< Tasks that ended here since it joined.
  bool draining = false;      ///< Takes no more work from others.
  /// Tasks and actors here that wished to be spread, by shape.
  std::vector<shape_load> spread;
  std::uint32_t blocked = 0; ///< Workers that wait in get for over a second.
  node_figures figures;
};

/// The node ends of its own will (stop, driver gone).
struct node_leaves {
  node_index node = 0;
  std::string reason;
};

/// A driver attached: give it a job number. Answered by job_given.
struct begin_job {
  std::uint64_t request = 0;
  node_index node = 0;
  std::int64_t driver_pid = 0;
  std::string name;
  std::string program;
};

struct job_ended {
  job_number job = 0;
  std::string state; ///< succeeded, failed, stopped.
};

/// A named actor is about to be made. Answered by actor_name_answer.
struct claim_actor_name {
  std::uint64_t request = 0;
  std::string name;
  object_id actor;
  std::string interface;
};

/// Answered by actor_name_answer.
struct find_actor_name {
  std::uint64_t request = 0;
  std::string name;
};

/// For the records and for names: an actor was placed or died.
struct actor_changed {
  object_id actor;
  std::string name;
  std::string interface;
  std::string state; ///< pending, alive, restarting, dead.
  node_index node = 0;
  std::int64_t pid = 0;
  std::string reason;
  std::int32_t restarts = 0; ///< So far.
  std::int32_t max_restarts = 0;
  bool detached = false;
};

/// Blocks of task and object records (wire/records.hpp) for the mirror.
struct mirror_records {
  node_index node = 0;
  std::string tasks;
  std::string objects;
};

/// wire/query.hpp; answered by cluster_answer. From the head to a node: what
/// does this id wait for? See local_scheduler_machine::why.
struct cluster_query {
  std::uint64_t request = 0;
  std::string text;
};

// -- global scheduler -> node agent -------------------------------------------

struct node_registered {
  node_index index = 0;
  std::uint64_t epoch = 0;
  std::string cluster_id;
  std::uint32_t heartbeat_ms = 1000;
  /// All that live and joined before, by index: dial them. Every other one
  /// with a lower index is dead.
  std::vector<node_entry> peers;
};

struct node_refused {
  std::string reason;
};

struct peer_joined {
  std::uint64_t epoch = 0;
  node_entry node;
};

struct peer_dead {
  std::uint64_t epoch = 0;
  node_index node = 0;
  std::string reason;
};

/// Send up to `count` not yet started tasks of this shape to that node (start
/// them, when that is the receiver), and say so in grants_done, also when
/// there were none. Grants are numbered upwards: one that is not above the
/// last is a copy and has no effect.
struct place_tasks {
  std::uint64_t epoch = 0;
  std::uint64_t grant = 0;
  resource_set demand;
  std::uint32_t count = 0;
  node_index target = 0;
  node_wish wish;
  node_index near = 0;
};

/// What waits in this shape can start nowhere in the cluster as it is now
/// (then its drivers are told), or never again (then it fails as
/// unschedulable). Repeated while it is so.
struct shape_verdict {
  std::uint64_t epoch = 0;
  resource_set demand;
  node_wish wish;
  bool never = false;
  std::string text; ///< Why, the end of a sentence.
};

struct job_given {
  std::uint64_t request = 0;
  job_number job = 0;
  std::string failure; ///< Encoded failure_record, or empty.
};

struct actor_name_answer {
  std::uint64_t request = 0;
  object_id actor;
  std::string interface;
  std::string failure; ///< Encoded failure_record, or empty.
};

struct cluster_answer {
  std::uint64_t request = 0;
  std::string text;
  std::string failure;
};

using control_message
  = std::variant<register_node, node_load, node_leaves, begin_job, job_ended,
                 claim_actor_name, find_actor_name, actor_changed,
                 mirror_records, cluster_query, node_registered, node_refused,
                 peer_joined, peer_dead, place_tasks, job_given,
                 actor_name_answer, cluster_answer, shape_verdict,
                 group_request, bundle_order, bundle_answer, group_news,
                 wait_question, wait_answer, deadlock_news>;

/// Limit of one message in bytes.
inline constexpr std::size_t control_bytes_max = std::size_t{16} << 20;

/// One Cap'n Proto message.
std::string encode_control(const control_message& message);

/// The inverse for bytes from another process: whatever is wrong with them
/// gives a failure (connection_failed) that says what, and never more memory
/// than a small multiple of their size.
result<control_message> decode_control(std::string_view bytes);

} // namespace rayd
