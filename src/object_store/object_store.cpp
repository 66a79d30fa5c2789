#include "object_store/object_store.hpp"

#include "base/check.hpp"
#include "base/log.hpp"
#include "object_store/object_store_state.hpp"

#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>

#include <fcntl.h>

#include <algorithm>
#include <utility>
#include <variant>

namespace rayd {

void object_store_state::init(store_options options) {
  RAYD_CHECK(options.arena != nullptr);
  arena = std::move(options.arena);
  ledger_limits limits;
  limits.room_step = options.room_step;
  limits.room_limit = options.room_limit;
  ledger.emplace(arena->capacity(), limits);
  ahead = std::make_unique<prefault>(arena, options.prefault);
  scheduler = std::move(options.scheduler);
  files.emplace(options.spill_limit);
  start_disk(options.spill_folder);
}

caf::behavior object_store_state::make_behavior() {
  return caf::message_handler{
    [this](const create_object& x) { on_create_object(x); },
    [this](const give_room& x) { on_give_room(x); },
    [this](const return_room& x) { on_return_room(x); },
    [this](const seal_object& x) { on_seal_object(x); },
    [this](const seal_objects& x) { on_seal_objects(x); },
    [this](const abort_object& x) { on_abort_object(x); },
    [this](const free_objects& x) { on_free_objects(x); },
    [this](const client_gone& x) { on_client_gone(x); },
    [this](const ask_store_usage&) { return on_ask_store_usage(); },
  }
    .or_else(spill_messages());
}

std::optional<std::string> object_store_state::back(extent where) {
  if (auto done = arena->reserve(where.end()); !done) {
    RAYD_WARN("{}", done.error().message);
    return done.error().message;
  }
  ahead->used_up_to(where.end());
  return std::nullopt;
}

void object_store_state::on_create_object(const create_object& ask) {
  serve({ask, self->current_sender(), {}});
}

void object_store_state::on_give_room(const give_room& ask) {
  serve({ask, self->current_sender(), {}});
}

/// @returns Why not, when others may make space for it.
std::optional<std::string>
object_store_state::try_serve(const create_object& ask,
                              const caf::actor& asker) {
  ledger->touched_up_to(ahead->ready_up_to());
  auto placed = ledger->create(ask.client, ask.object, ask.size);
  if (auto refused = std::get_if<store_refused>(&placed)) {
    if (may_wait(refused->code, ask.size))
      return std::move(refused->message);
    refuse(ask, asker, refused->code, std::move(refused->message));
    return std::nullopt;
  }
  auto where = std::get<extent>(placed);
  if (auto why = back(where)) {
    ledger->abort(ask.client, ask.object);
    refuse(ask, asker, store_refusal::full, std::move(*why));
    return std::nullopt;
  }
  self->send(asker,
             object_created{ask.request, ask.client, ask.object, where});
  return std::nullopt;
}

std::optional<std::string>
object_store_state::try_serve(const give_room& ask, const caf::actor& asker) {
  ledger->touched_up_to(ahead->ready_up_to());
  auto placed = ledger->give_room(ask.client, ask.at_least);
  if (auto refused = std::get_if<store_refused>(&placed)) {
    if (may_wait(refused->code, ask.at_least))
      return std::move(refused->message);
    refuse(ask, asker, refused->code, std::move(refused->message));
    return std::nullopt;
  }
  auto where = std::get<extent>(placed);
  if (auto why = back(where)) {
    ledger->return_room(ask.client, where);
    refuse(ask, asker, store_refusal::full, std::move(*why));
    return std::nullopt;
  }
  self->send(asker, room_given{ask.client, where});
  return std::nullopt;
}

void object_store_state::refuse(const create_object& ask,
                                const caf::actor& asker, store_refusal code,
                                std::string why) {
  self->send(asker, object_refused{ask.request, ask.client, ask.object, code,
                                   std::move(why)});
}

void object_store_state::refuse(const give_room& ask, const caf::actor& asker,
                                store_refusal code, std::string why) {
  self->send(asker, room_refused{ask.client, ask.at_least, code,
                                 std::move(why)});
}

void object_store_state::on_return_room(const return_room& back) {
  ledger->return_room(back.client, back.where);
  space_came();
}

void object_store_state::on_seal_object(const seal_object& seal) {
  auto refused = seal.in_room
                   ? ledger->seal_in_room(seal.client, seal.object, seal.where)
                   : ledger->seal(seal.client, seal.object, seal.where);
  if (!refused)
    return;
  RAYD_DEBUG("{} refuses a seal: {}", name, refused->message);
  if (auto to = caf::actor_cast<caf::actor>(self->current_sender()))
    self->send(to, object_refused{0, seal.client, seal.object, refused->code,
                                  std::move(refused->message)});
}

void object_store_state::on_seal_objects(const seal_objects& batch) {
  for (auto& seal : batch.seals)
    on_seal_object(seal);
}

void object_store_state::on_abort_object(const abort_object& abort) {
  ledger->abort(abort.client, abort.object);
  space_came();
}

void object_store_state::on_free_objects(const free_objects& gone) {
  for (auto& object : gone.objects) {
    ledger->free_object(object);
    forget_file(object);
  }
  space_came();
}

void object_store_state::on_client_gone(const client_gone& gone) {
  auto bytes = ledger->client_gone(gone.client);
  RAYD_DEBUG("{} takes {} bytes back from client {}", name, bytes,
             gone.client);
  space_came();
}

store_usage object_store_state::on_ask_store_usage() {
  store_usage usage;
  usage.capacity = ledger->capacity();
  usage.used = ledger->used();
  usage.reserved = ledger->reserved();
  usage.free = ledger->free();
  usage.largest_free = ledger->largest_free();
  usage.backed = arena->reserved();
  usage.objects = ledger->objects();
  usage.clients = ledger->clients();
  usage.spilled = files->bytes();
  return usage;
}

namespace {

using object_store_self = caf::stateful_actor<object_store_state>;

caf::behavior object_store(object_store_self* self, store_options options) {
  // A stray message must not cost a line on standard error.
  self->set_default_handler(caf::drop);
  self->state.init(std::move(options));
  return self->state.make_behavior();
}

} // namespace

caf::actor spawn_object_store(caf::actor_system& system,
                              store_options options) {
  return system.spawn<caf::detached>(object_store, std::move(options));
}

result<std::unique_ptr<arena_view>> open_view(const segment& arena) {
  // arena_view takes both and closes them, also a -1.
  return arena_view::open(::fcntl(arena.readonly_fd(), F_DUPFD_CLOEXEC, 3),
                          ::fcntl(arena.writable_fd(), F_DUPFD_CLOEXEC, 3));
}

} // namespace rayd
