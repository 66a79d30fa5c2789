// Objects that leave the arena, to make space there, and come back from disk.

#include "local_scheduler/object_directory.hpp"

#include "base/extent.hpp"

#include <algorithm>
#include <tuple>

namespace rayd {

namespace {

bool stored(const object_value& value) {
  return value.what == object_value::kind::stored;
}

} // namespace

/// Somebody is told its place, or reads it there: it stays.
void object_directory::use(const object_id& id, entry& e) {
  e.used = ++out_of_arena_.uses;
  if (out_of_arena_.leaving.empty())
    return;
  const auto at = out_of_arena_.leaving.find(id);
  if (at == out_of_arena_.leaving.end())
    return;
  if (at->second.writing)
    at->second.called_off = true;
  else
    out_of_arena_.leaving.erase(at);
}

/// The copy here, in the arena or on disk, is not needed any more.
void object_directory::drop_here(const object_id& id, entry& e) {
  if (!e.local)
    return;
  e.local = false;
  e.spilled = false;
  freed_here_.push_back(id);
  out_of_arena_.leaving.erase(id);
  out_of_arena_.viewed.erase(id);
}

void object_directory::want_space(std::uint64_t serial, std::uint64_t bytes) {
  out_of_arena_.wanted = {serial, bytes};
}

// -- who leaves ---------------------------------------------------------------

bool object_directory::may_leave(const object_id& id, const entry& e) const {
  return e.in_arena() && e.now == state::ready && stored(e.value)
         && e.reading == 0 && !e.waiting && e.value.where.size > 0
         && !out_of_arena_.leaving.contains(id)
         && !out_of_arena_.viewed.contains(id);
}

/// Copies of which others exist first, then what was used longest ago.
void object_directory::find_candidates(time_us now) {
  const bool disk = now >= out_of_arena_.no_disk_until;
  std::unordered_set<object_id> in_use;
  listener_.add_in_use(in_use);
  using place = std::tuple<bool, std::uint64_t, object_id>;
  std::vector<place> found;
  out_of_arena_.some_in_use = false;
  for (const auto& [id, e] : entries_) {
    const bool last = e.copies.empty();
    if ((!disk && last) || !may_leave(id, e))
      continue;
    if (in_use.contains(id))
      out_of_arena_.some_in_use = true;
    else
      found.emplace_back(last, e.used, id);
  }
  const auto count = std::min(found.size(), departures::candidates_max);
  std::partial_sort(found.begin(),
                    found.begin() + static_cast<std::ptrdiff_t>(count),
                    found.end());
  found.resize(count);
  for (const auto& [last, used, id] : found)
    out_of_arena_.next.push_back({id, used});
}

/// Bytes that leave already. Gives up on processes that do not answer.
std::uint64_t object_directory::on_their_way(time_us now) {
  std::uint64_t bytes = 0;
  auto& leaving = out_of_arena_.leaving;
  for (auto at = leaving.begin(); at != leaving.end();) {
    auto& x = at->second;
    if (x.at_home && now - x.since > departures::answer_patience)
      recalled(at->first);
    if (!x.asked.empty() && now - x.since > departures::answer_patience) {
      out_of_arena_.viewed[at->first] = x.asked.front();
      at = leaving.erase(at);
      continue;
    }
    if (!x.called_off)
      bytes += x.bytes;
    ++at;
  }
  return bytes;
}

void object_directory::make_space(time_us now) {
  auto& out = out_of_arena_;
  if (std::exchange(out.disk_failed, false)) {
    out.no_disk_until = now + departures::disk_pause;
    out.next.clear();
  }
  if (!out.wanted)
    return;
  auto bytes = on_their_way(now);
  std::map<process_id, std::vector<object_id>> questions;
  bool looked = false;
  bool begun = false;
  while (bytes < out.wanted->bytes
         && out.leaving.size() < departures::leaving_max) {
    if (out.next.empty()) {
      if (std::exchange(looked, true))
        break;
      find_candidates(now);
      if (out.next.empty())
        break;
    }
    const auto best = out.next.front();
    out.next.pop_front();
    const auto* e = find(best.id);
    if (!e || e->used != best.used || !may_leave(best.id, *e))
      continue;
    bytes += arena_footprint(e->value.where.size);
    begun = true;
    begin_departure(best.id, *e, now, questions);
  }
  for (auto& [process, ids] : questions)
    out_.to_process(process, give_back_places{out.serial, std::move(ids)});
  if (!begun && out.leaving.empty())
    out_.no_more_space(std::exchange(out.wanted, std::nullopt)->serial,
                       out.some_in_use);
}

void object_directory::begin_departure(
  const object_id& id, const entry& e, time_us now,
  std::map<process_id, std::vector<object_id>>& questions) {
  auto& out = out_of_arena_;
  if (questions.empty())
    ++out.serial;
  auto& leaving = out.leaving[id];
  leaving.serial = out.serial;
  leaving.bytes = arena_footprint(e.value.where.size);
  leaving.since = now;
  // Who does not refer to it knows no place of it.
  leaving.asked = e.references.processes();
  for (const auto process : leaving.asked)
    questions[process].push_back(id);
  if (leaving.asked.empty())
    recalled(id);
}

// -- what processes answer ----------------------------------------------------

void object_directory::on_record(process_id from,
                                 const places_given_back& given) {
  auto& out = out_of_arena_;
  for (const auto& id : given.ids) {
    if (const auto kept = out.viewed.find(id);
        kept != out.viewed.end() && kept->second == from)
      out.viewed.erase(kept);
    const auto at = out.leaving.find(id);
    if (at == out.leaving.end() || at->second.serial != given.serial
        || std::erase(at->second.asked, from) == 0)
      continue;
    if (at->second.asked.empty())
      recalled(id);
  }
}

void object_directory::on_record(process_id from, const places_kept& kept) {
  auto& out = out_of_arena_;
  for (const auto& id : kept.ids) {
    const auto at = out.leaving.find(id);
    if (at == out.leaving.end() || at->second.serial != kept.serial
        || std::erase(at->second.asked, from) == 0)
      continue;
    if (ignores_views_ && at->second.asked.empty()) {
      recalled(id);
      continue;
    }
    out.leaving.erase(at);
    out.viewed[id] = from;
  }
}

/// The process is gone: it views nothing.
void object_directory::forget_process(process_id process) {
  auto& out = out_of_arena_;
  std::erase_if(out.viewed,
                [&](const auto& kept) { return kept.second == process; });
  std::vector<object_id> ready;
  for (auto& [id, x] : out.leaving)
    if (std::erase(x.asked, process) > 0 && x.asked.empty())
      ready.push_back(id);
  for (const auto& id : ready)
    recalled(id);
}

/// No process knows its place any more.
void object_directory::recalled(const object_id& id) {
  auto& e = make(id);
  auto& leaving = out_of_arena_.leaving.at(id);
  if (!e.copies.empty() && is_home(id)) {
    evict(id, e);
  } else if (!e.copies.empty() && !leaving.at_home && !is_dead(id.home())) {
    leaving.at_home = true;
    out_.to_node(id.home(), copy_leaves{id});
  } else {
    leaving.at_home = false;
    leaving.writing = true;
    out_.spill(id);
  }
}

/// Others have it.
void object_directory::evict(const object_id& id, entry& e) {
  departed(id);
  e.local = false;
  e.value.where.offset = not_here;
  out_.free_local({id});
  if (is_home(id))
    record(id, e, false);
  touch(id);
}

void object_directory::on_record(node_index from, const copy_leaves& leaves) {
  auto* e = look_up(leaves.object);
  const bool known = e && is_home(leaves.object) && e->now == state::ready
                     && stored(e->value);
  const bool may_go
    = known
      && (e->local || e->copies.size() > 1
          || (e->copies.size() == 1 && e->copies.front() != from));
  if (may_go && std::erase(e->copies, from) > 0)
    record(leaves.object, *e, false);
  out_.to_node(from, copy_judged{leaves.object, may_go});
}

void object_directory::on_record(node_index, const copy_judged& judged) {
  auto* e = look_up(judged.object);
  const auto at = out_of_arena_.leaving.find(judged.object);
  const bool leaves
    = at != out_of_arena_.leaving.end() && at->second.at_home;
  if (leaves && !judged.may_go)
    recalled(judged.object);
  else if (leaves && e->now == state::ready)
    evict(judged.object, *e);
  else if (judged.may_go && e && e->local)
    // It is needed here after all: its home must know.
    out_.to_node(judged.object.home(), copy_added{judged.object});
}

/// One wish less.
void object_directory::departed(const object_id& id) {
  auto& out = out_of_arena_;
  const auto at = out.leaving.find(id);
  if (out.wanted)
    out.wanted->bytes -= std::min(out.wanted->bytes, at->second.bytes);
  if (out.wanted && out.wanted->bytes == 0)
    out.wanted.reset();
  out.leaving.erase(at);
}

// -- the disk -----------------------------------------------------------------

void object_directory::spilled(const object_id& id, bool good) {
  auto& out = out_of_arena_;
  const auto at = out.leaving.find(id);
  if (at == out.leaving.end() || !at->second.writing) {
    // Called off by its end or failure: nobody would ever ask for the file.
    const auto* e = find(id);
    if (good && !(e && e->spilled))
      out_.drop_file(id);
    return;
  }
  out.disk_failed = out.disk_failed || !good;
  if (!good || at->second.called_off) {
    out.leaving.erase(at);
    if (good)
      out_.drop_file(id);
    return;
  }
  departed(id);
  auto& e = make(id);
  e.spilled = true;
  e.value.where.offset = not_here;
  out_.free_place(id);
}

void object_directory::restore_failed(const object_id& id) {
  auto* e = look_up(id);
  if (!e || !e->spilled)
    return;
  drop_here(id, *e);
  fetch_failed(id, {self_});
}

} // namespace rayd
