// What the real client runtime does: counts references, wants values, speaks
// with the node.

#include "process.hpp"

#include "base/overloaded.hpp"
#include "wire/failure_record.hpp"
#include "world.hpp"

#include <algorithm>
#include <string>

namespace rayd::simulation {

// -- the client runtime -------------------------------------------------------

void process::add_slot(slot x, bool own) {
  if (now_->steps.full()) {
    drop(x.id);
    return;
  }
  now_->steps.add(x.actor_seed != 0, own);
  now_->slots.push_back(std::move(x));
}

void process::hold(const object_id& id, bool tell) {
  if (++held_[id] == 1 && tell)
    send(retain_objects{{id}});
}

void process::drop(const object_id& id) {
  const auto at = held_.find(id);
  if (--at->second > 0)
    return;
  held_.erase(at);
  values_.erase(id);
  wanted_.erase(id);
  own_.erase(id);
  send(release_objects{{id}});
}

const object_value* process::value_of(const object_id& id) const {
  const auto at = values_.find(id);
  return at == values_.end() ? nullptr : &at->second;
}

object_value process::make_value(payload content, bool stored) {
  object_value value;
  for (const auto& ref : content.nested)
    value.nested.push_back(ref.id);
  if (stored) {
    value.what = object_value::kind::stored;
    value.where = {++world_.last_place, 200'000};
    world_.arena[world_.last_place] = encode(content);
  } else {
    value.bytes = encode(content);
  }
  return value;
}

payload process::content_of(const object_id& id,
                            const object_value& value) const {
  if (value.what == object_value::kind::inline_bytes)
    return decode_payload(value.bytes);
  const auto at = node_.store().find(id);
  // Its job is over here, and its end is on its way.
  if (at == node_.store().end() && !node_.machine().has_job(job_))
    return {};
  if (at == node_.store().end())
    world_.fail("{} reads {}, which is not in its node's store", describe(),
                to_string(id));
  return decode_payload(world_.arena.at(at->second));
}

void process::send(lane_record record) {
  stream::send(to_node, [self = shared_from_this(),
                         record = std::move(record)]() mutable {
    self->node_.act([self, record = std::move(record)]() mutable {
      self->node_.on_process_record(*self, std::move(record));
    });
  });
}

/// What its one thread waits for, as a real one tells.
std::vector<thread_wait> process::waits() const {
  if (!now_ || !now_->waits_for)
    return {};
  const auto id = now_->slots[*now_->waits_for].id;
  if (value_of(id))
    return {}; // It is on its way.
  return {{now_->spec.id, now_->wait, 1, {id}}};
}

void process::on_record(lane_record&& record) {
  std::visit(
    overloaded{
      [&](run_task& x) {
        queue_.push_back(std::move(x));
        if (!now_)
          after(1);
      },
      [&](object_ready& x) { on_value(std::move(x)); },
      [&](end_actor& x) { end_hosted(x.actor); },
      [&](tell_waits&) { send(waits_told{waits()}); },
      [&](give_back_places& x) { on_question(x); },
      [&](recall_tasks&) {
        tasks_returned returned;
        for (const auto& task : queue_)
          returned.tasks.push_back(task.spec.id);
        queue_.clear();
        send(std::move(returned));
      },
      [](auto&) {},
    },
    record);
}

/// In a shared process: what waits for this actor is dropped, and when nothing
/// of it runs any more the node is told.
void process::end_hosted(const object_id& actor) {
  const auto of_it = [&](const task_spec& spec) {
    return spec.id == actor || spec.actor == actor;
  };
  // Of an earlier life something may run still.
  const bool runs = now_ && of_it(now_->spec)
                    && !(goes_ && goes_->actor == actor);
  actor_ended gone{actor, {}, actor_ended::way::gone, 0};
  std::erase_if(queue_, [&](const run_task& task) {
    if (task.spec.id == actor)
      gone.life = task.attempt;
    return of_it(task.spec);
  });
  if (const auto at = actors_.find(actor); at != actors_.end()) {
    gone.life = at->second.life;
    actors_.erase(at);
  }
  if (runs)
    goes_ = gone;
  else
    send(gone);
}

void process::on_value(object_ready&& ready) {
  const auto id = ready.object;
  if (!held_.contains(id))
    return;
  const bool remote = ready.value.what == object_value::kind::stored
                      && ready.value.where.offset == not_here;
  auto& known = values_[id];
  const bool had = known.where.offset != 0 || !known.bytes.empty();
  const bool had_remote = known.what == object_value::kind::stored
                          && known.where.offset == not_here;
  if (had && !had_remote)
    return;
  known = std::move(ready.value);
  wanted_.erase(id);
  if (!remote && known.what != object_value::kind::failed)
    world_.saw(*this, id, content_of(id, known));
  if (!now_ || !now_->waits_for || now_->slots[*now_->waits_for].id != id)
    return;
  if (remote) {
    if (wanted_.insert(id).second)
      send(want_objects{{id}});
    return;
  }
  const auto index = *now_->waits_for;
  now_->waits_for.reset();
  if (!driver_)
    send(task_blocked{now_->spec.id, false});
  if (opened(index, known))
    after(1);
}

/// @returns false when it never knew it.
bool process::forget_place(const object_id& id) {
  const auto at = values_.find(id);
  if (at == values_.end() || at->second.what != object_value::kind::stored
      || at->second.where.offset == not_here)
    return false;
  at->second.where.offset = not_here;
  return true;
}

/// Sometimes it views what the node wants back, and tells later.
void process::on_question(const give_back_places& question) {
  places_given_back given{question.serial, {}};
  places_kept kept{question.serial, {}};
  for (const auto& id : question.ids) {
    const auto* value = value_of(id);
    const bool here = value && value->what == object_value::kind::stored
                      && value->where.offset != not_here;
    if (!here || !world_.chance(25)) {
      forget_place(id);
      given.ids.push_back(id);
      continue;
    }
    kept.ids.push_back(id);
    const auto delay = static_cast<time_us>(world_.random.below(5000));
    world_.time.after(delay, [self = shared_from_this(), id] {
      if (!self->alive_)
        return;
      self->forget_place(id);
      self->send(places_given_back{0, {id}});
    });
  }
  send(std::move(given));
  send(std::move(kept));
}

/// The calls that a durable actor counted in its earlier lives: at least those
/// whose answers somebody saw.
std::uint64_t process::restored(const run_task& creating) {
  const auto& creation = creating.spec;
  // A task that runs again may make it again, after the first one ended.
  if (creating.attempt == 0)
    world_.seen.erase(creation.id);
  if (!creation.wished().durable)
    return 0;
  const auto count
    = creation.snapshot.empty() ? 0 : std::stoull(creation.snapshot);
  if (count < world_.seen[creation.id])
    world_.fail("{} begins {} after {} calls, but {} were seen", describe(),
                to_string(creation.id), count, world_.seen[creation.id]);
  return count;
}

void process::keep_state(const task_spec& call) {
  const auto at = actors_.find(call.actor);
  if (at == actors_.end() || !at->second.durable || at->second.calls == 0)
    return;
  const auto& actor = at->second;
  send(actor_snapshot{call.actor, actor.life, actor.calls,
                      std::to_string(actor.calls)});
}

void process::check(const slot& x, const object_value& value) {
  ++world_.values_checked;
  const bool failed = value.what == object_value::kind::failed;
  const bool intended = x.expects && x.expects->failed;
  if (failed) {
    const bool task_error
      = decode_failure(value.bytes).code == ray::errc::task_error;
    if (driver_ && !intended && !x.unsure
        && (task_error || !world_.may_fail_with(value.bytes)))
      world_.fail("{} got \"{}\" for {}, which should not fail", describe(),
                  decode_failure(value.bytes).message, to_string(x.id));
    ++world_.errors_accepted;
    return;
  }
  const auto got = content_of(x.id, value);
  if (const auto count = world_.counts.find(got.number);
      x.actor && count != world_.counts.end())
    world_.seen[x.actor] = std::max(world_.seen[x.actor], count->second);
  if (intended && !x.unsure)
    world_.fail("{} got a value for {}, which should fail", describe(),
                to_string(x.id));
  if (x.expects && !x.expects->open && got.number != x.expects->number)
    world_.fail("{} got {:x} for {}, not {:x}", describe(), got.number,
                to_string(x.id), x.expects->number);
  if (x.answer != 0 && !x.unsure && got.number != x.answer)
    world_.fail("{} got answer {:x} of actor {}, not {:x}", describe(),
                got.number, to_string(x.actor), x.answer);
}

} // namespace rayd::simulation
