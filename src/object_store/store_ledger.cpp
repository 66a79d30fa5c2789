#include "object_store/store_ledger.hpp"

#include "base/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace rayd {
namespace {

std::uint64_t round_down(std::uint64_t x, std::uint64_t unit) noexcept {
  return x / unit * unit;
}

} // namespace

store_ledger::store_ledger(std::uint64_t capacity, ledger_limits limits)
  : capacity_(round_down(capacity, arena_alignment)),
    limits_(limits),
    free_(capacity_) {
  limits_.room_step = arena_footprint(limits.room_step);
}

void store_ledger::touched_up_to(std::uint64_t end) noexcept {
  touched_ = std::max(touched_, end);
}

// -- space for objects --------------------------------------------------------

store_ledger::placed store_ledger::create(client_number client,
                                          const object_id& object,
                                          std::uint64_t size) {
  if (gone_.contains(client))
    return refuse_gone(client);
  if (objects_.contains(object))
    return store_refused{store_refusal::exists,
                         fmt::format("object {} is sealed already",
                                     to_string(object))};
  if (auto known = clients_.find(client); known != clients_.end()) {
    auto& creations = known->second.creations;
    if (auto before = creations.find(object); before != creations.end()) {
      if (before->second.size == size)
        return before->second;
      return store_refused{
        store_refusal::exists,
        fmt::format("object {} is being created with {} bytes, not {}: abort "
                    "it first",
                    to_string(object), before->second.size, size)};
    }
  }
  // Compared first, for the footprint of a huge size would wrap.
  auto bytes = size <= capacity_ ? place(arena_footprint(size)) : std::nullopt;
  if (!bytes)
    return refuse_full("object " + to_string(object), size);
  extent where{bytes->offset, size};
  reserved_ += bytes->size;
  clients_[client].creations.emplace(object, where);
  return where;
}

std::optional<store_refused> store_ledger::seal(client_number client,
                                                const object_id& object,
                                                extent where) {
  if (gone_.contains(client))
    return refuse_gone(client);
  auto known = clients_.find(client);
  bool sealed = objects_.contains(object);
  if (known == clients_.end() || !known->second.creations.contains(object)) {
    if (sealed)
      return store_refused{store_refusal::exists,
                           fmt::format("object {} is sealed already",
                                       to_string(object))};
    return store_refused{store_refusal::not_created,
                         fmt::format("client {} did not create object {}",
                                     client, to_string(object))};
  }
  auto creation = known->second.creations.find(object);
  if (creation->second != where)
    return store_refused{
      store_refusal::not_own_space,
      fmt::format("client {} seals object {} at {}+{}, but was given {}+{}",
                  client, to_string(object), where.offset, where.size,
                  creation->second.offset, creation->second.size)};
  known->second.creations.erase(creation);
  forget_if_idle(known);
  auto bytes = footprint(where);
  reserved_ -= bytes.size;
  if (sealed) {
    release(bytes);
    return store_refused{store_refusal::exists,
                         fmt::format("another copy of object {} was sealed "
                                     "first",
                                     to_string(object))};
  }
  used_ += bytes.size;
  objects_.emplace(object, where);
  return std::nullopt;
}

std::uint64_t store_ledger::abort(client_number client,
                                  const object_id& object) {
  auto known = clients_.find(client);
  if (known == clients_.end())
    return 0;
  auto creation = known->second.creations.find(object);
  if (creation == known->second.creations.end())
    return 0;
  auto bytes = footprint(creation->second);
  known->second.creations.erase(creation);
  forget_if_idle(known);
  reserved_ -= bytes.size;
  release(bytes);
  return bytes.size;
}

std::uint64_t store_ledger::free_object(const object_id& object) {
  auto known = objects_.find(object);
  if (known == objects_.end())
    return 0;
  auto bytes = footprint(known->second);
  objects_.erase(known);
  used_ -= bytes.size;
  release(bytes);
  return bytes.size;
}

// -- rooms --------------------------------------------------------------------

store_ledger::placed store_ledger::give_room(client_number client,
                                             std::uint64_t at_least) {
  if (gone_.contains(client))
    return refuse_gone(client);
  if (at_least > capacity_)
    return refuse_full("a room", at_least);
  auto least = arena_footprint(at_least);
  auto step = limits_.room_step;
  auto wanted = (least + step - 1) / step * step;
  auto known = clients_.find(client);
  auto held = known == clients_.end() ? 0 : known->second.room_bytes;
  if (held > 0 && held + least > limits_.room_limit)
    return store_refused{
      store_refusal::too_much_room,
      fmt::format("client {} holds {} bytes of room and may hold {}: fill or "
                  "return some",
                  client, held, limits_.room_limit)};
  if (held + wanted > limits_.room_limit)
    wanted = least;
  auto bytes = place(wanted);
  if (!bytes && wanted > least)
    bytes = place(least);
  if (!bytes)
    return refuse_full("a room", at_least);
  auto& owner = clients_[client];
  owner.rooms.emplace(bytes->end(), bytes->offset);
  owner.room_bytes += bytes->size;
  reserved_ += bytes->size;
  return *bytes;
}

std::uint64_t store_ledger::return_room(client_number client, extent where) {
  auto known = clients_.find(client);
  if (known == clients_.end() || where.offset >= capacity_)
    return 0;
  auto begin = arena_footprint(where.offset);
  if (where.offset == 0)
    begin = 0;
  auto end = where.offset + std::min(where.size, capacity_ - where.offset);
  end = round_down(end, arena_alignment);
  std::uint64_t returned = 0;
  if (begin >= end)
    return returned;
  auto& owner = known->second;
  auto piece = owner.rooms.upper_bound(begin);
  while (piece != owner.rooms.end() && piece->second < end) {
    extent bytes{std::max(begin, piece->second), 0};
    bytes.size = std::min(end, piece->first) - bytes.offset;
    ++piece; // cut() changes only the piece that holds *bytes*.
    cut(owner, bytes);
    release(bytes);
    returned += bytes.size;
  }
  reserved_ -= returned;
  forget_if_idle(known);
  return returned;
}

std::optional<store_refused>
store_ledger::seal_in_room(client_number client, const object_id& object,
                           extent where) {
  if (gone_.contains(client))
    return refuse_gone(client);
  auto known = clients_.find(client);
  auto sealed = objects_.find(object);
  bool fits = known != clients_.end() && where.size <= capacity_
              && where.offset % arena_alignment == 0
              && cut(known->second, footprint(where));
  if (!fits) {
    if (sealed != objects_.end())
      return store_refused{store_refusal::exists,
                           fmt::format("object {} is sealed already",
                                       to_string(object))};
    return store_refused{
      store_refusal::not_own_space,
      fmt::format("client {} seals object {} at {}+{}, which is not in its "
                  "room",
                  client, to_string(object), where.offset, where.size)};
  }
  auto bytes = footprint(where);
  reserved_ -= bytes.size;
  forget_if_idle(known);
  if (sealed != objects_.end()) {
    release(bytes);
    return store_refused{store_refusal::exists,
                         fmt::format("another copy of object {} was sealed "
                                     "first",
                                     to_string(object))};
  }
  used_ += bytes.size;
  objects_.emplace(object, where);
  return std::nullopt;
}

/// Takes *bytes* out of the one room piece that holds them all; the caller
/// accounts for them. False, and nothing changed, when there is none.
bool store_ledger::cut(client_record& from, extent bytes) {
  auto piece = from.rooms.upper_bound(bytes.offset);
  if (piece == from.rooms.end() || piece->second > bytes.offset
      || piece->first - bytes.offset < bytes.size)
    return false;
  auto begin = piece->second;
  if (piece->first == bytes.end())
    from.rooms.erase(piece);
  else
    piece->second = bytes.end();
  if (begin < bytes.offset)
    from.rooms.emplace(bytes.offset, begin);
  from.room_bytes -= bytes.size;
  return true;
}

// -- the end of a client ------------------------------------------------------

std::uint64_t store_ledger::client_gone(client_number client) {
  if (client != node_client && gone_.insert(client).second) {
    gone_order_.push_back(client);
    if (gone_order_.size() > limits_.gone_clients) {
      gone_.erase(gone_order_.front());
      gone_order_.pop_front();
    }
  }
  auto known = clients_.find(client);
  if (known == clients_.end())
    return 0;
  std::uint64_t returned = 0;
  auto give_back = [&](extent bytes) {
    release(bytes);
    returned += bytes.size;
  };
  for (auto& [end, begin] : known->second.rooms)
    give_back({begin, end - begin});
  for (auto& [object, where] : known->second.creations)
    give_back(footprint(where));
  reserved_ -= returned;
  clients_.erase(known);
  return returned;
}

void store_ledger::forget_if_idle(client_map::iterator client) {
  if (client->second.rooms.empty() && client->second.creations.empty())
    clients_.erase(client);
}

// -- bytes --------------------------------------------------------------------

std::optional<extent> store_ledger::place(std::uint64_t size) {
  return free_.take(size, touched_);
}

void store_ledger::release(extent bytes) {
  free_.put(bytes);
}

store_refused store_ledger::refuse_full(const std::string& what,
                                        std::uint64_t size) const {
  if (size > capacity_)
    return {store_refusal::full,
            fmt::format("{} needs {} bytes, more than the whole object store "
                        "of {}: start the node with a larger "
                        "--object-store-memory",
                        what, size, capacity_)};
  return {store_refusal::full,
          fmt::format("{} needs {} bytes; of {} in the object store {} are in "
                      "objects, {} in unfinished ones and rooms, and the "
                      "largest free extent has {}: drop references or give "
                      "--object-store-memory more",
                      what, size, capacity_, used_, reserved_,
                      free_.largest())};
}

store_refused store_ledger::refuse_gone(client_number client) {
  return {store_refusal::client_gone,
          fmt::format("client {} ended before", client)};
}

std::optional<extent> store_ledger::find(const object_id& object) const {
  auto known = objects_.find(object);
  if (known == objects_.end())
    return std::nullopt;
  return known->second;
}

} // namespace rayd
