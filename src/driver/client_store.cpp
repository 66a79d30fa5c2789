// Puts: room in the arena, and what becomes of it.

#include "driver/client.hpp"
#include "driver/room_reservation.hpp"
#include "shared_memory/stream_copy.hpp"

#include <ray/errors.hpp>
#include <ray/get.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rayd {

using ray::detail::object_handle;
using ray::detail::reservation;

namespace {

template <class Value>
Value value_or_throw(result<Value>&& from) {
  if (from)
    return *std::move(from);
  if (from.error().code == ray::errc::object_lost)
    throw ray::object_lost(from.error().message);
  throw ray::connection_failed(from.error().message);
}

std::vector<object_id> ids_of(const std::vector<object_handle>& handles) {
  std::vector<object_id> ids;
  ids.reserve(handles.size());
  for (const auto& handle : handles)
    ids.push_back(handle.id());
  return ids;
}

} // namespace

room_reservation::~room_reservation() {
  if (is_sealed_)
    return;
  if (in_pocket())
    owner_->pocket_.put_back(where_);
  else
    owner_->out_.add(abort_object_room{object_}, push::lazy);
}

/// The id under which space for a large object is asked for. In a task the
/// first one is the task's own, for it will most likely be its result.
object_id client::large_id(bool& of_result) {
  auto& here = frame();
  of_result = here.task && !here.asked_for_result.exchange(true);
  return of_result ? here.task
                   : here.next_put(identity_.node, identity_.job);
}

extent client::create_room(const object_id& object, std::size_t size) {
  const auto number = questions_.open();
  send(create_object_room{number, object, size}, push::now);
  auto given = questions_.wait(number, questions::clock::time_point::max());
  if (!given)
    throw_ended();
  if (!given->failure.empty())
    ray::detail::throw_failure(
      std::as_bytes(std::span<const char>{given->failure}));
  return given->where;
}

/// Space in the pocket, waiting for room that is on its way.
std::optional<extent> client::spare_extent(std::size_t size) {
  for (;;) {
    std::uint64_t want = 0;
    const auto where = pocket_.take(size, want);
    if (want != 0)
      send(want_spare_room{want}, where ? push::soon : push::now);
    if (where)
      return where;
    return_leftovers();
    if (!pocket_.wait(room_pocket::clock::time_point::max()))
      return std::nullopt;
  }
}

/// Scraps of room: sealed as objects that nobody wants, so they are free.
void client::return_leftovers() {
  for (const auto& scrap : pocket_.take_leftovers()) {
    const auto id = process_frame_.next_put(identity_.node, identity_.job);
    out_.add(seal_object_room{id, scrap, {}, true}, push::lazy);
    out_.release(id);
  }
}

std::shared_ptr<reservation> client::reserve(std::size_t size) {
  require_open();
  auto self = shared_from_this();
  if (size <= room_pocket::object_max)
    if (const auto where = spare_extent(size)) {
      const auto room = value_or_throw(arena_->fill(*where));
      return std::make_shared<room_reservation>(std::move(self), *where,
                                                object_id{}, false, room);
    }
  require_open();
  bool of_result = false;
  const auto id = large_id(of_result);
  try {
    const auto where = create_room(id, size);
    const auto room = value_or_throw(arena_->fill(where));
    return std::make_shared<room_reservation>(std::move(self), where, id,
                                              of_result, room);
  } catch (...) {
    if (of_result)
      frame().asked_for_result = false;
    throw;
  }
}

object_handle client::seal(const std::shared_ptr<reservation>& room,
                           std::vector<object_handle> nested) {
  require_open();
  auto& mine = static_cast<room_reservation&>(*room);
  auto& here = frame();
  if (mine.of_result()) {
    // Asked for as a task's result, but it is a put: maybe of a later call,
    // when an actor kept the room and its name is an earlier call's.
    const auto id = here.next_put(identity_.node, identity_.job);
    const auto where = create_room(id, mine.bytes.size());
    const auto bytes = value_or_throw(arena_->fill(where));
    auto copy = std::make_shared<room_reservation>(shared_from_this(), where,
                                                    id, false, bytes);
    copy_in(bytes.data(), mine.bytes.data(), bytes.size());
    mine.copied(copy);
    return seal(copy, std::move(nested));
  }
  const auto id = mine.in_pocket()
                    ? here.next_put(identity_.node, identity_.job)
                    : mine.object();
  auto* state = new object_state{table_, id};
  state->set_stored(mine.bytes);
  object_handle handle{state};
  mine.sealed(object_view{*state});
  table_.insert(*state);
  send(seal_object_room{id, mine.where(), ids_of(nested), mine.in_pocket()},
       push::lazy);
  return handle;
}

object_value client::as_result(const std::shared_ptr<reservation>& room,
                               const object_id& task) {
  auto& mine = static_cast<room_reservation&>(*room);
  object_value value;
  const auto size = mine.bytes.size();
  if (mine.in_pocket() && size <= ray::detail::max_inline_bytes) {
    value.bytes.assign(reinterpret_cast<const char*>(mine.bytes.data()), size);
    return value;
  }
  value.what = object_value::kind::stored;
  if (mine.object() == task) {
    value.where = mine.where();
    mine.given_away();
    return value;
  }
  // Rare: the task asked for space for other objects before its result, so
  // its own name went to one of those.
  value.where = create_room(task, size);
  const auto bytes = value_or_throw(arena_->fill(value.where));
  copy_in(bytes.data(), mine.bytes.data(), size);
  return value;
}

} // namespace rayd
