// What the object directories of different nodes tell each other.

#include "local_scheduler/object_directory.hpp"

#include <algorithm>

namespace rayd {

namespace {

bool stored(const object_value& value) {
  return value.what == object_value::kind::stored;
}

} // namespace

void object_directory::on_record(node_index from,
                                 const node_retains& retains) {
  for (const auto& id : retains.ids)
    if (auto* e = look_up(id))
      e->references.add_node(from);
  out_.to_node(from, ack_retain{retains.serial});
}

void object_directory::on_record(node_index, const ack_retain& ack) {
  acknowledged(ack.serial);
}

void object_directory::on_record(node_index from,
                                 const node_releases& releases) {
  for (const auto& id : releases.ids) {
    auto* e = look_up(id);
    if (e && e->references.remove_node(from))
      touch(id);
  }
}

object_hint object_directory::hint(const object_id& id) const {
  object_hint hint;
  hint.object = id;
  const auto* e = find(id);
  if (!e || e->now != state::ready)
    return hint;
  hint.known = true;
  hint.value = e->value;
  if (stored(hint.value)) {
    hint.value.where.offset = not_here;
    hint.nodes = e->copies;
    if (e->local)
      hint.nodes.push_back(self_);
  }
  return hint;
}

void object_directory::take_hint(const object_hint& hint) {
  auto& e = make(hint.object);
  touch(hint.object);
  if (!hint.known || e.now == state::ready || is_home(hint.object))
    return;
  const auto place = e.value.where;
  e.value = hint.value;
  if (e.local) // A copy that its home gave up and that is in use here.
    e.value.where = place;
  e.asked = false;
  e.now = state::ready;
  e.copies = hint.nodes;
  std::erase(e.copies, self_);
  std::erase_if(e.copies, [&](node_index node) { return is_dead(node); });
  wake(hint.object, e);
}

void object_directory::tell_located(node_index node, const object_id& id,
                                    const entry&) {
  out_.to_node(node, object_located{hint(id)});
}

void object_directory::on_record(node_index from,
                                 const locate_object& locate) {
  const auto& id = locate.object;
  if (!is_home(id))
    return;
  auto& e = make(id);
  touch(id);
  if (e.now == state::ready && stored(e.value)) {
    forget_copies(id, e, locate.failed);
    std::erase(e.copies, from); // Who has one does not ask.
    if (e.copies.empty() && !e.local && e.fetching) {
      // The copy on its way here is the last one.
      waiting_of(e).nodes.push_back(from);
      return;
    }
    if (e.copies.empty() && !e.local)
      lost(id, e);
  }
  if (e.now == state::ready) {
    tell_located(from, id, e);
    return;
  }
  waiting_of(e).nodes.push_back(from);
  need_value(id, e);
}

void object_directory::on_record(node_index, const object_located& located) {
  if (!is_home(located.hint.object) && find(located.hint.object))
    take_hint(located.hint);
}

void object_directory::on_record(node_index from, const copy_added& added) {
  auto* e = look_up(added.object);
  if (!e || !is_home(added.object)) {
    out_.to_node(from, free_copies{{added.object}});
    return;
  }
  if (e->now != state::ready || !stored(e->value)) {
    // Its task makes it again: this copy would be on no list.
    out_.to_node(from, free_copies{{added.object}});
    return;
  }
  if (std::find(e->copies.begin(), e->copies.end(), from) == e->copies.end())
    e->copies.push_back(from);
  record(added.object, *e, false);
}

void object_directory::on_record(node_index, const free_copies& freed) {
  for (const auto& id : freed.ids) {
    auto* e = look_up(id);
    if (!e || is_home(id))
      continue;
    if (e->references.unused_here())
      drop_here(id, *e);
    e->doomed = true;
    e->now = state::pending;
    e->asked = false;
    touch(id);
    if (e->waiting && !e->fetching)
      need_value(id, *e);
  }
}

std::optional<extent> object_directory::read(const object_id& id) {
  auto* e = look_up(id);
  if (!e || !e->in_arena() || e->now != state::ready || !stored(e->value))
    return std::nullopt;
  use(id, *e);
  e->references.pin();
  ++e->reading;
  return e->value.where;
}

void object_directory::read_done(const object_id& id) {
  auto* e = look_up(id);
  if (!e || e->reading == 0)
    return;
  --e->reading;
  unpin(id);
}

bool object_directory::comes_back(const object_id& id) {
  auto* e = look_up(id);
  if (!e || !e->spilled || e->now != state::ready)
    return false;
  fetch(id, *e);
  return true;
}

} // namespace rayd
