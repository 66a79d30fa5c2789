// The reference counting side of the object directory: processes and nodes
// that hold objects, and what is freed when nobody does.

#include "local_scheduler/object_directory.hpp"

#include <algorithm>

namespace rayd {

namespace {

bool stored(const object_value& value) {
  return value.what == object_value::kind::stored;
}

} // namespace

template <class Predicate>
std::vector<object_id> object_directory::ids_where(Predicate predicate) const {
  std::vector<object_id> ids;
  for (const auto& [id, e] : entries_)
    if (predicate(id, e))
      ids.push_back(id);
  // The order of what follows must not depend on the hash table's.
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::vector<object_id> object_directory::ids() const {
  return ids_where([](const object_id&, const entry&) { return true; });
}

void object_directory::hold(process_id process,
                            const std::vector<object_id>& ids) {
  ids_by_node homes;
  for (const auto& id : ids) {
    auto& e = make(id);
    if (!e.references.add_process(process)) {
      if (const auto late = late_drops_.find(process);
          late != late_drops_.end())
        std::erase(late->second, id);
      continue;
    }
    if (!is_home(id) && !e.retained && !is_dead(id.home())) {
      e.retained = true;
      homes[id.home()].push_back(id);
    }
  }
  send_retains(homes, process, {});
}

void object_directory::drop(process_id process,
                            const std::vector<object_id>& ids) {
  // What it found inside an object may not be counted at its home yet, and
  // only the object keeps it alive.
  if (unsettled(process)) {
    auto& late = late_drops_[process];
    late.insert(late.end(), ids.begin(), ids.end());
    return;
  }
  for (const auto& id : ids) {
    auto* e = look_up(id);
    if (e && e->references.remove_process(process))
      touch(id);
  }
}

bool object_directory::unsettled(process_id process) const {
  return unsettled_.contains(process);
}

void object_directory::pin(const object_id& id) {
  make(id).references.pin();
}

void object_directory::unpin(const object_id& id) {
  auto* e = look_up(id);
  if (!e || e->references.pins() == 0)
    return;
  e->references.unpin();
  touch(id);
}

void object_directory::send_retains(const ids_by_node& homes,
                                    process_id process,
                                    std::function<void()> then) {
  for (const auto& [home, ids] : homes) {
    const auto serial = ++last_serial_;
    asks_[serial] = {process, home, then};
    if (process != 0)
      ++unsettled_[process];
    out_.to_node(home, node_retains{serial, ids});
  }
}

void object_directory::retain_for(const std::vector<object_id>& ids,
                                  node_index except,
                                  std::function<void()> then) {
  ids_by_node homes;
  ids_by_node quiet;
  for (const auto& id : ids) {
    if (is_home(id) || is_dead(id.home()))
      continue;
    auto& e = make(id);
    touch(id);
    if (e.retained)
      continue;
    e.retained = true;
    // What the carrier's sender is home of, it hears before the answer.
    (id.home() == except ? quiet : homes)[id.home()].push_back(id);
  }
  send_retains(quiet, 0, {});
  if (homes.empty()) {
    then();
    return;
  }
  auto missing = std::make_shared<std::size_t>(homes.size());
  send_retains(homes, 0, [missing, then = std::move(then)] {
    if (--*missing == 0)
      then();
  });
}

void object_directory::acknowledged(std::uint64_t serial) {
  const auto at = asks_.find(serial);
  if (at == asks_.end())
    return;
  const auto ask = std::move(at->second);
  asks_.erase(at);
  if (ask.then)
    ask.then();
  if (ask.process == 0)
    return;
  const auto open = unsettled_.find(ask.process);
  if (open != unsettled_.end() && --open->second == 0) {
    unsettled_.erase(open);
    if (auto late = late_drops_.extract(ask.process))
      drop(ask.process, late.mapped());
    listener_.retains_settled(ask.process);
  }
}

void object_directory::drop_nested(entry& e) {
  const auto nested = std::exchange(e.value.nested, {});
  if (e.named_home && e.now == state::ready)
    for (const auto& id : nested)
      unpin(id);
}

// -- freeing ------------------------------------------------------------------

void object_directory::sweep() {
  while (!touched_.empty()) {
    const auto id = touched_.back();
    touched_.pop_back();
    auto* e = look_up(id);
    if (!e)
      continue;
    if (is_home(id))
      sweep_home(id, *e);
    else
      sweep_borrowed(id, *e);
  }
  if (!freed_here_.empty())
    out_.free_local(std::exchange(freed_here_, {}));
  for (auto& [node, ids] : std::exchange(freed_there_, {}))
    out_.to_node(node, free_copies{std::move(ids)});
  for (auto& [node, ids] : std::exchange(released_, {}))
    out_.to_node(node, node_releases{std::move(ids)});
}

void object_directory::sweep_home(const object_id& id, entry& e) {
  const bool waited_for
    = e.waiting && (!e.waiting->tasks.empty() || !e.waiting->nodes.empty());
  if (!e.references.empty() || e.fetching || waited_for
      || (e.now == state::pending && e.named_home))
    return;
  drop_nested(e);
  drop_here(id, e);
  for (const auto node : e.copies)
    freed_there_[node].push_back(id);
  if (stored(e.value)) {
    e.copies.clear();
    record(id, e, true);
  }
  entries_.erase(id);
  listener_.unreferenced(id);
}

void object_directory::sweep_borrowed(const object_id& id, entry& e) {
  if (!e.references.unused_here())
    return;
  if (e.retained) {
    e.retained = false;
    released_[id.home()].push_back(id);
  }
  if (e.fetching || (e.waiting && !e.waiting->tasks.empty()))
    return;
  // A copy stays for others until its home frees it.
  if (e.local && !e.doomed && !is_dead(id.home()))
    return;
  drop_here(id, e);
  entries_.erase(id);
}

void object_directory::process_gone(process_id process) {
  const auto ids = ids_where([&](const object_id&, const entry& e) {
    return e.references.has_process(process) || e.waiting;
  });
  for (const auto& id : ids) {
    auto& e = make(id);
    if (e.waiting)
      std::erase_if(e.waiting->processes,
                    [&](const auto& waiter) { return waiter.id == process; });
    if (e.references.remove_process(process))
      touch(id);
  }
  forget_process(process);
  to_send_.erase(process);
  std::erase(notified_, process);
  unsettled_.erase(process);
  late_drops_.erase(process);
  for (auto& [serial, ask] : asks_)
    if (ask.process == process)
      ask.process = 0;
}

void object_directory::job_gone(job_number job) {
  const auto ids = ids_where(
    [&](const object_id& id, const entry&) { return id.job() == job; });
  for (const auto& id : ids) {
    auto* e = look_up(id);
    drop_nested(*e);
    drop_here(id, *e);
    if (is_home(id) && stored(e->value)) {
      e->copies.clear();
      record(id, *e, true);
    }
    entries_.erase(id);
  }
}

bool object_directory::is_dead(node_index node) const {
  if (elders_ && node < self_
      && !std::binary_search(elders_->begin(), elders_->end(), node))
    return true;
  return std::find(dead_.begin(), dead_.end(), node) != dead_.end();
}

void object_directory::node_gone(node_index node) {
  if (is_dead(node))
    return;
  dead_.push_back(node);
  const auto ids = ids_where([&](const object_id&, const entry&) {
    return true;
  });
  for (const auto& id : ids)
    if (auto* e = look_up(id))
      node_gone(node, id, *e);
  std::vector<std::uint64_t> serials;
  for (const auto& [serial, ask] : asks_)
    if (ask.home == node)
      serials.push_back(serial);
  for (const auto serial : serials)
    acknowledged(serial);
}

void object_directory::node_gone(node_index node, const object_id& id,
                                 entry& e) {
  if (e.waiting)
    std::erase(e.waiting->nodes, node);
  if (e.references.remove_node(node))
    touch(id);
  const bool held = std::erase(e.copies, node) > 0;
  if (id.home() == node) {
    e.retained = false;
    touch(id);
    if (e.now != state::ready && (e.waiting || e.asked))
      need_value(id, e);
  }
  const bool gone = held && e.copies.empty() && !e.local && !e.fetching
                    && e.now == state::ready;
  if (gone)
    lost(id, e);
}

} // namespace rayd
