#include "local_scheduler/object_directory.hpp"

#include "wire/failure_record.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rayd {

namespace {

bool stored(const object_value& value) {
  return value.what == object_value::kind::stored;
}

} // namespace

const object_directory::entry*
object_directory::find(const object_id& id) const {
  const auto at = entries_.find(id);
  return at == entries_.end() ? nullptr : &at->second;
}

object_directory::entry* object_directory::look_up(const object_id& id) {
  const auto at = entries_.find(id);
  return at == entries_.end() ? nullptr : &at->second;
}

object_directory::entry& object_directory::make(const object_id& id) {
  return entries_[id];
}

object_directory::waiters& object_directory::waiting_of(entry& e) {
  if (!e.waiting)
    e.waiting = std::make_unique<waiters>();
  return *e.waiting;
}

// -- values -------------------------------------------------------------------

void object_directory::expect(const object_id& id) {
  make(id).named_home = true;
}

bool object_directory::ready(const object_id& id, object_value value,
                             node_index holder) {
  auto& e = make(id);
  if (e.now == state::ready) {
    // A copy that is not on the list would outlive the object.
    if (stored(value) && holder == self_ && !e.local)
      freed_here_.push_back(id);
    else if (stored(value) && holder != self_
             && std::find(e.copies.begin(), e.copies.end(), holder)
                  == e.copies.end())
      freed_there_[holder].push_back(id);
    touch(id);
    return false;
  }
  e.value = std::move(value);
  e.now = state::ready;
  e.named_home = true;
  if (stored(e.value)) {
    e.local = holder == self_;
    if (!e.local) {
      e.value.where.offset = not_here;
      e.copies = {holder};
    }
    record(id, e, false);
    use(id, e);
  }
  for (const auto& nested : e.value.nested)
    pin(nested);
  wake(id, make(id));
  touch(id);
  return true;
}

void object_directory::keep_copy(const object_id& id,
                                 const object_value& value) {
  auto& e = make(id);
  e.now = state::ready;
  if (!e.spilled) {
    e.value = value;
    e.local = true;
    use(id, e);
  }
  wake(id, e);
  touch(id); // Its home may be gone.
}

void object_directory::wake(const object_id& id, entry& e) {
  if (!e.waiting)
    return;
  const bool here = !stored(e.value) || e.in_arena();
  auto waiting = std::move(e.waiting);
  waiters rest;
  for (const auto& task : waiting->tasks) {
    if (here || !task.here)
      listener_.dependency_ready(task.id);
    else
      rest.tasks.push_back(task);
  }
  for (const auto& process : waiting->processes) {
    if (here || !process.here)
      notify(process.id, id);
    else
      rest.processes.push_back(process);
  }
  for (const auto node : waiting->nodes)
    tell_located(node, id, e);
  if (rest.tasks.empty() && rest.processes.empty())
    return;
  e.waiting = std::make_unique<waiters>(std::move(rest));
  fetch(id, e);
}

void object_directory::fail(const object_id& id, entry& e, ray::errc code,
                            std::string why) {
  drop_nested(e);
  e.value = {object_value::kind::failed,
             encode_failure(code, std::move(why)),
             {},
             {}};
  e.now = state::ready;
  // In the arena somebody may look at it: sweep frees it when nobody does.
  if (e.spilled)
    drop_here(id, e);
  out_of_arena_.leaving.erase(id);
  e.copies.clear();
  wake(id, e);
  touch(id);
}

// -- waiting ------------------------------------------------------------------

void object_directory::need_value(const object_id& id, entry& e) {
  if (e.now == state::ready)
    return;
  if (!is_home(id)) {
    if (is_dead(id.home())) {
      fail(id, e, ray::errc::object_lost,
           fmt::format("object {} is lost: its home node {} died",
                       to_string(id), node_name(id.home())));
    } else if (!e.asked) {
      e.asked = true;
      out_.to_node(id.home(), locate_object{id, {}});
    }
    return;
  }
  if (e.now == state::lost) {
    e.now = state::pending;
    if (listener_.rebuild(id))
      return;
  } else if (e.named_home) {
    return;
  }
  fail(id, e, ray::errc::object_lost,
       fmt::format("object {} is lost: every copy is gone, and no task can "
                   "make it again",
                   to_string(id)));
}

bool object_directory::await(const object_id& id, const object_id& task,
                             bool here) {
  auto& e = make(id);
  if (e.now == state::ready && (!here || !stored(e.value) || e.in_arena())) {
    if (here)
      use(id, e);
    return true;
  }
  waiting_of(e).tasks.push_back({task, here});
  if (e.now == state::ready)
    fetch(id, e);
  else
    need_value(id, e);
  return false;
}

void object_directory::forget_waiting_task(const object_id& id,
                                           const object_id& task) {
  auto* e = look_up(id);
  if (e && e->waiting)
    std::erase_if(e->waiting->tasks,
                  [&](const auto& waiter) { return waiter.id == task; });
}

void object_directory::want(process_id process, const object_id& id) {
  auto& e = make(id);
  touch(id);
  if (e.now == state::ready && (!stored(e.value) || e.in_arena())) {
    notify(process, id);
    return;
  }
  waiting_of(e).processes.push_back({process, true});
  if (e.now == state::ready)
    fetch(id, e);
  else
    need_value(id, e);
}

void object_directory::announce(process_id process, const object_id& id) {
  auto& e = make(id);
  if (e.now == state::ready)
    notify(process, id);
  else
    waiting_of(e).processes.push_back({process, false});
}

void object_directory::notify(process_id process, const object_id& id) {
  auto& queue = to_send_[process];
  if (queue.empty())
    notified_.push_back(process);
  queue.push_back(id);
}

std::vector<process_id> object_directory::take_notified() {
  return std::exchange(notified_, {});
}

void object_directory::send_ready(process_id process, std::size_t bytes) {
  const auto at = to_send_.find(process);
  if (at == to_send_.end())
    return;
  auto& queue = at->second;
  std::size_t sent = 0;
  while (!queue.empty() && sent < bytes) {
    const auto id = queue.front();
    queue.pop_front();
    auto* e = look_up(id);
    // Lost since: it is told all the same, and who needs it asks for it.
    if (!e || (e->now != state::ready && !stored(e->value)))
      continue;
    object_value value = e->value;
    if (stored(value) && !e->in_arena())
      value.where.offset = not_here;
    else
      use(id, *e);
    sent += value.bytes.size() + 64;
    out_.to_process(process, object_ready{id, std::move(value)});
  }
  if (queue.empty())
    to_send_.erase(at);
}

bool object_directory::has_ready(process_id process) const {
  return to_send_.contains(process);
}

// -- copies -------------------------------------------------------------------

void object_directory::fetch(const object_id& id, entry& e) {
  if (e.fetching || e.in_arena())
    return;
  if (e.spilled) {
    e.fetching = true;
    out_.restore(id, e.value.where.size);
    return;
  }
  if (e.copies.empty()) {
    lost(id, e);
    return;
  }
  e.fetching = true;
  out_.fetch(id, e.value.where.size, e.copies);
}

void object_directory::lost(const object_id& id, entry& e) {
  drop_nested(e);
  e.asked = false;
  e.now = is_home(id) ? state::lost : state::pending;
  if (e.waiting)
    need_value(id, e);
}

void object_directory::fetched(const object_id& id, extent where) {
  auto* e = look_up(id);
  if (!e) {
    out_.free_local({id});
    return;
  }
  e->fetching = false;
  touch(id);
  if (e->in_arena()) // Its task made it here meanwhile.
    return;
  e->value.where = where;
  use(id, *e);
  if (std::exchange(e->spilled, false)) {
    wake(id, *e);
    return;
  }
  e->local = true;
  e->now = state::ready;
  e->doomed = false; // Its home hears of this copy, and frees it again.
  if (is_home(id))
    record(id, *e, false);
  else
    out_.to_node(id.home(), copy_added{id});
  wake(id, *e);
}

void object_directory::fetch_failed(const object_id& id,
                                    const std::vector<node_index>& nodes) {
  auto* e = look_up(id);
  if (!e)
    return;
  e->fetching = false;
  touch(id);
  if (e->local)
    return;
  if (e->now != state::ready || !stored(e->value)) {
    if (e->waiting) // Its home gave it up meanwhile.
      need_value(id, *e);
    return;
  }
  forget_copies(id, *e, nodes);
  if (!e->waiting)
    return;
  if (!e->copies.empty()) {
    fetch(id, *e);
  } else if (is_home(id) || is_dead(id.home())) {
    lost(id, *e);
  } else {
    e->now = state::pending;
    e->asked = true;
    out_.to_node(id.home(), locate_object{id, nodes});
  }
}

void object_directory::forget_copies(const object_id& id, entry& e,
                                     const std::vector<node_index>& nodes) {
  for (const auto node : nodes)
    if (std::erase(e.copies, node) > 0 && is_home(id))
      freed_there_[node].push_back(id); // It may have it all the same.
}

void object_directory::fetch_refused(const object_id& id,
                                     const std::string& failure) {
  auto* e = look_up(id);
  if (!e)
    return;
  e->fetching = false;
  touch(id);
  if (!e->waiting)
    return;
  auto waiting = std::move(e->waiting);
  for (const auto& process : waiting->processes)
    out_.to_process(process.id, object_ready{id,
                                             {object_value::kind::failed,
                                              failure,
                                              {not_here, 0},
                                              {}}});
  for (const auto& task : waiting->tasks)
    listener_.dependency_refused(task.id, failure);
  if (waiting->nodes.empty())
    return;
  // Other nodes may have room for it.
  waiting_of(*e).nodes = std::move(waiting->nodes);
  if (e->copies.empty() && !e->local)
    lost(id, *e);
  else
    wake(id, *e);
}

void object_directory::record(const object_id& id, const entry& e,
                              bool freed) {
  object_record record;
  record.id = id;
  record.size_bytes = e.value.where.size;
  record.home = self_;
  record.nodes = e.copies;
  if (e.local)
    record.nodes.push_back(self_);
  record.freed = freed;
  out_.record_object(std::move(record));
}

} // namespace rayd
