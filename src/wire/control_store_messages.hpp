#pragma once

#include "base/ids.hpp"

#include <caf/meta/type_name.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

// What the control store takes and answers; all of it stays in the head's
// process. Writes have no answer: they are in the store once a sync_store that
// was sent after them is answered. Fields have readable names and values;
// names that end in _us (microseconds since 1970) and pid, restarts,
// max_restarts, epoch hold integers, resources and labels JSON objects.

namespace rayd {

using text_fields = std::vector<std::pair<std::string, std::string>>;

/// What of a node, job or actor the store replaces.
enum class entity_kind : std::uint8_t { node, job, actor };

/// Head's node agent, global scheduler -> control store: what is known of
/// `rayd:<kind>:<id>` is now exactly this. Ids are node_name(), job_name() and
/// an actor's 32 hex digits. Fields should have "state"; see entities.hpp.
struct put_entity {
  entity_kind kind = entity_kind::node;
  std::string id;
  text_fields fields;
  bool ended = false; ///< Dead or over: may be dropped, oldest first, by limit.

  template <class Inspector>
  friend auto inspect(Inspector& f, put_entity& x) {
    return f(caf::meta::type_name("put_entity"), x.kind, x.id, x.fields,
             x.ended);
  }
};

/// Whoever names actors -> control store: `rayd:actor-name:<name>` is the
/// actor *id* (32 hex digits); an empty id takes the name out.
struct put_actor_name {
  std::string name;
  std::string id;

  template <class Inspector>
  friend auto inspect(Inspector& f, put_actor_name& x) {
    return f(caf::meta::type_name("put_actor_name"), x.name, x.id);
  }
};

/// Home node -> (head's node agent) -> control store: encode_block of task
/// records (wire/records.hpp). A damaged block is counted and dropped.
struct mirror_tasks {
  node_index home = 0;
  std::string block;

  template <class Inspector>
  friend auto inspect(Inspector& f, mirror_tasks& x) {
    return f(caf::meta::type_name("mirror_tasks"), x.home, x.block);
  }
};

/// As mirror_tasks, for object records.
struct mirror_objects {
  node_index home = 0;
  std::string block;

  template <class Inspector>
  friend auto inspect(Inspector& f, mirror_objects& x) {
    return f(caf::meta::type_name("mirror_objects"), x.home, x.block);
  }
};

/// Head -> control store: whose store is it, and which life of the head is
/// this? Answered once Redis runs and has both; send it first.
struct open_store {
  template <class Inspector>
  friend auto inspect(Inspector& f, open_store&) {
    return f(caf::meta::type_name("open_store"));
  }
};

struct store_opened {
  std::string cluster;     ///< Given, found in the store, or made now.
  std::uint64_t epoch = 0; ///< Counts the heads of this store, from 1.
  bool was_empty = true;   ///< False: an earlier head wrote here.

  template <class Inspector>
  friend auto inspect(Inspector& f, store_opened& x) {
    return f(caf::meta::type_name("store_opened"), x.cluster, x.epoch,
             x.was_empty);
  }
};

/// Head's node agent -> control store: a number that no node registration of
/// this cluster had before. From a reserve in the store: no round trip as a
/// rule.
struct next_node_index {
  template <class Inspector>
  friend auto inspect(Inspector& f, next_node_index&) {
    return f(caf::meta::type_name("next_node_index"));
  }
};

/// The same for jobs.
struct next_job_number {
  template <class Inspector>
  friend auto inspect(Inspector& f, next_job_number&) {
    return f(caf::meta::type_name("next_job_number"));
  }
};

/// Anyone in the head -> control store: answer when everything that was sent
/// before is acknowledged by Redis.
struct sync_store {
  template <class Inspector>
  friend auto inspect(Inspector& f, sync_store&) {
    return f(caf::meta::type_name("sync_store"));
  }
};

/// Counters since the head's start; also the answer to sync_store.
struct store_figures {
  std::uint64_t acknowledged = 0;    ///< Commands.
  std::uint64_t waiting_bytes = 0;   ///< Sent to or waiting for Redis.
  std::uint64_t skipped_records = 0; ///< Updates dropped as Redis was slow.
  std::uint64_t damaged_blocks = 0;  ///< Refused by their content.
  std::uint64_t restarts = 0;        ///< Of Redis, and lost connections.

  template <class Inspector>
  friend auto inspect(Inspector& f, store_figures& x) {
    return f(caf::meta::type_name("store_figures"), x.acknowledged,
             x.waiting_bytes, x.skipped_records, x.damaged_blocks, x.restarts);
  }
};

/// Head's node agent, for `rayd list` and `rayd dump` -> control store: what
/// Redis holds, after all that was sent before this. The answer is JSON lines
/// as in `rayd dump`, newest tasks and objects first.
struct list_store {
  std::string kind;        ///< node, job, actor, actor_name, task, object; or
                           ///< empty: all.
  std::uint64_t limit = 0; ///< At most so many lines; 0: all, up to 64 MiB.
  /// Or a query of wire/query.hpp about the state; the answer is its JSON.
  std::string query = {};

  template <class Inspector>
  friend auto inspect(Inspector& f, list_store& x) {
    return f(caf::meta::type_name("list_store"), x.kind, x.limit, x.query);
  }
};

/// Head's node agent -> control store: write what is left (at most 2 s), end
/// Redis, answer, end. Nothing is left but the files that dump reads.
struct close_store {
  template <class Inspector>
  friend auto inspect(Inspector& f, close_store&) {
    return f(caf::meta::type_name("close_store"));
  }
};

/// The control store's thread -> its actor: the answer to a request.
struct store_answer {
  std::uint64_t request = 0;
  bool good = true;
  std::uint64_t number = 0;
  std::string text; ///< Of a failed one: the sentence.

  template <class Inspector>
  friend auto inspect(Inspector& f, store_answer& x) {
    return f(caf::meta::type_name("store_answer"), x.request, x.good, x.number,
             x.text);
  }
};

/// Requests fail with ray::errc::connection_failed in category "rayd" and one
/// sentence when Redis does not start, answer or belong to this cluster.
using control_store_actor
  = caf::typed_actor<caf::reacts_to<put_entity>, caf::reacts_to<put_actor_name>,
                     caf::reacts_to<mirror_tasks>,
                     caf::reacts_to<mirror_objects>,
                     caf::replies_to<open_store>::with<store_opened>,
                     caf::replies_to<next_node_index>::with<std::uint32_t>,
                     caf::replies_to<next_job_number>::with<std::uint32_t>,
                     caf::replies_to<sync_store>::with<store_figures>,
                     caf::replies_to<list_store>::with<std::string>,
                     caf::replies_to<close_store>::with<store_figures>,
                     caf::reacts_to<store_answer>>;

} // namespace rayd
