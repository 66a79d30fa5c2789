#pragma once

#include "object_store/object_store.hpp"
#include "object_store/space_queue.hpp"
#include "object_store/spill_disk.hpp"
#include "object_store/spill_ledger.hpp"
#include "object_store/store_ledger.hpp"
#include "shared_memory/prefault.hpp"
#include "wire/spill_messages.hpp"

#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/behavior.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/message_handler.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace rayd {

/// The disk thread has done this.
struct disk_answer {
  spill_disk::job done;
};

/// The state of the object store's actor: messages in, the machines asked,
/// messages out. object_store_spill.cpp has what a full store needs.
struct object_store_state {
  static inline const char* name = "object-store"; // as shown in logs

  explicit object_store_state(caf::event_based_actor* selfptr)
    : self(selfptr) {}

  void init(store_options options);
  caf::behavior make_behavior();

  // -- message handlers, in interface order -----------------------------------
  void on_create_object(const create_object& ask);
  void on_give_room(const give_room& ask);
  void on_return_room(const return_room& back);
  void on_seal_object(const seal_object& seal);
  void on_seal_objects(const seal_objects& batch);
  void on_abort_object(const abort_object& abort);
  void on_free_objects(const free_objects& gone);
  void on_client_gone(const client_gone& gone);
  store_usage on_ask_store_usage();

  // -- object_store_spill.cpp -------------------------------------------------
  caf::message_handler spill_messages();
  void on_spill_object(const spill_object& order);
  void on_free_place(const free_place& order);
  void on_drop_file(const drop_file& order);
  void on_restore_object(const restore_object& order);
  void on_disk_answer(const disk_answer& answer);
  void on_written(const spill_disk::job& done);
  void on_read(const spill_disk::job& done);
  void on_tick();

  // -- requests that wait for space -------------------------------------------

  /// A request, who gets its answer, and the last reason why it waits.
  struct request {
    std::variant<create_object, give_room, restore_object> what;
    caf::strong_actor_ptr asker;
    std::string reason;
  };

  void serve(request ask);
  std::optional<std::string> try_serve(const request& ask);
  std::optional<std::string> try_serve(const create_object& ask,
                                       const caf::actor& asker);
  std::optional<std::string> try_serve(const give_room& ask,
                                       const caf::actor& asker);
  std::optional<std::string> try_serve(const restore_object& ask,
                                       const caf::actor& asker);
  void give_up(const request& ask);
  void refuse(const create_object& ask, const caf::actor& asker,
              store_refusal code, std::string why);
  void refuse(const give_room& ask, const caf::actor& asker,
              store_refusal code, std::string why);
  bool may_wait(store_refusal code, std::uint64_t size) const;
  void space_came();
  void wish();

  // ---------------------------------------------------------------------------

  /// Backs *where* with memory; else the sentence why there is none.
  std::optional<std::string> back(extent where);
  void start_disk(const std::string& folder);
  void forget_file(const object_id& object);
  void remove_file(std::uint64_t number);

  // -- what this actor remembers ----------------------------------------------
  caf::event_based_actor* self;
  caf::actor scheduler;
  std::shared_ptr<segment> arena;
  std::optional<store_ledger> ledger;
  std::optional<spill_ledger> files;
  space_queue waiting;
  std::map<std::uint64_t, request> requests; ///< That wait, by number.
  std::uint64_t last_request = 0;
  bool ticks = false;
  std::string disk_failure; ///< Why the last write failed.

  // These end with the state, and so with the actor.
  std::unique_ptr<prefault> ahead;
  std::unique_ptr<spill_disk> disk; ///< Null: nothing can be spilled.
};

} // namespace rayd

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rayd::disk_answer)
