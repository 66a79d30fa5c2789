// What the object store does when it is (nearly) full: requests wait, objects
// go to disk and come back.

#include "object_store/object_store_state.hpp"

#include "base/log.hpp"
#include "wire/failure_record.hpp"
#include "wire/node_messages.hpp"

#include <caf/send.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace rayd {

namespace {

using tick_atom = caf::atom_constant<caf::atom("tick")>;

constexpr std::chrono::milliseconds tick_interval{50};

/// Whose creations the objects are that come back from disk.
constexpr client_number disk_client = ~client_number{0};

std::int64_t now_us() {
  using namespace std::chrono;
  return duration_cast<microseconds>(steady_clock::now().time_since_epoch())
    .count();
}

std::uint64_t size_of(const create_object& x) { return x.size; }
std::uint64_t size_of(const give_room& x) { return x.at_least; }
std::uint64_t size_of(const restore_object& x) { return x.size; }

} // namespace

caf::message_handler object_store_state::spill_messages() {
  return {
    [this](const no_more_space& x) {
      waiting.nothing_leaves(x.serial, x.later, now_us());
      space_came();
    },
    [this](const spill_object& x) { on_spill_object(x); },
    [this](const free_place& x) { on_free_place(x); },
    [this](const drop_file& x) { on_drop_file(x); },
    [this](const restore_object& x) { on_restore_object(x); },
    [this](const disk_answer& x) { on_disk_answer(x); },
    [this](tick_atom) { on_tick(); },
  };
}

void object_store_state::start_disk(const std::string& folder) {
  if (folder.empty() || !scheduler)
    return;
  auto view = open_view(*arena);
  if (!view) {
    RAYD_WARN("objects cannot be spilled: {}", view.error().message);
    return;
  }
  disk = std::make_unique<spill_disk>(
    folder, std::move(*view),
    [to = caf::actor_cast<caf::actor>(self)](const spill_disk::job& done) {
      caf::anon_send(to, disk_answer{done});
    });
}

// -- requests -----------------------------------------------------------------

bool object_store_state::may_wait(store_refusal code,
                                  std::uint64_t size) const {
  return scheduler && code == store_refusal::full
         && size <= ledger->capacity();
}

std::optional<std::string> object_store_state::try_serve(const request& ask) {
  const auto asker = caf::actor_cast<caf::actor>(ask.asker);
  if (!asker)
    return std::nullopt;
  return std::visit([&](const auto& x) { return try_serve(x, asker); },
                    ask.what);
}

/// At once, or in its turn.
void object_store_state::serve(request ask) {
  if (waiting.empty() || waiting.may_overtake()) {
    auto reason = try_serve(ask);
    if (!reason) {
      wish();
      return;
    }
    ask.reason = std::move(*reason);
  }
  const auto bytes
    = std::visit([](const auto& x) { return size_of(x); }, ask.what);
  const auto number = ++last_request;
  if (!waiting.add(number, arena_footprint(std::min(bytes,
                                                    ledger->capacity())),
                   now_us())) {
    give_up(ask);
    return;
  }
  requests[number] = std::move(ask);
  wish();
}

/// Something was freed: the first ones get it.
void object_store_state::space_came() {
  for (const auto number : waiting.waiting()) {
    auto& ask = requests.at(number);
    if (auto reason = try_serve(ask)) {
      ask.reason = std::move(*reason);
      if (waiting.may_overtake())
        continue;
      break;
    }
    waiting.remove(number);
    requests.erase(number);
  }
  wish();
}

void object_store_state::wish() {
  if (!scheduler)
    return;
  const auto wanted = waiting.next_wish(
    {ledger->capacity(), ledger->free(), ledger->largest_free()}, now_us());
  if (wanted)
    self->send(scheduler, space_wanted{wanted->serial, wanted->bytes});
  if (!waiting.empty() && !std::exchange(ticks, true))
    self->delayed_send(self, tick_interval, tick_atom::value);
}

void object_store_state::on_tick() {
  ticks = false;
  for (const auto number : waiting.give_up(now_us())) {
    give_up(requests.at(number));
    requests.erase(number);
  }
  space_came();
}

void object_store_state::give_up(const request& ask) {
  const auto asker = caf::actor_cast<caf::actor>(ask.asker);
  if (!asker)
    return;
  auto why = ask.reason.empty() ? std::string{"too many wait for space"}
                                : ask.reason;
  if (!disk_failure.empty())
    why += fmt::format("; {}", disk_failure);
  if (const auto* create = std::get_if<create_object>(&ask.what))
    refuse(*create, asker, store_refusal::full, std::move(why));
  else if (const auto* room = std::get_if<give_room>(&ask.what))
    refuse(*room, asker, store_refusal::full, std::move(why));
  else if (const auto* back = std::get_if<restore_object>(&ask.what))
    self->send(asker, object_not_stored{
                        back->object,
                        encode_failure(ray::errc::object_store_full, why)});
}

// -- to disk ------------------------------------------------------------------

void object_store_state::on_spill_object(const spill_object& order) {
  const auto where = ledger->find(order.object);
  const auto number
    = disk && where ? files->begin_write(order.object, where->size)
                    : std::nullopt;
  if (number) {
    disk->add({spill_disk::job::kind::write, *number, order.object, *where,
               {}});
    return;
  }
  if (where && disk)
    disk_failure = fmt::format("{} of {} bytes that may be spilled are on "
                               "disk (--spill-limit)",
                               files->bytes(), files->limit());
  self->send(scheduler, object_spilled{order.object, false});
}

void object_store_state::on_free_place(const free_place& order) {
  ledger->free_object(order.object);
  space_came();
}

void object_store_state::on_drop_file(const drop_file& order) {
  forget_file(order.object);
}

void object_store_state::forget_file(const object_id& object) {
  if (const auto number = files->forget(object))
    remove_file(*number);
}

void object_store_state::remove_file(std::uint64_t number) {
  disk->add({spill_disk::job::kind::remove, number, {}, {}, {}});
}

void object_store_state::on_disk_answer(const disk_answer& answer) {
  if (answer.done.what == spill_disk::job::kind::write)
    on_written(answer.done);
  else
    on_read(answer.done);
}

void object_store_state::on_written(const spill_disk::job& done) {
  const bool good = done.failure.empty();
  if (!files->written(done.object, done.number, good)) {
    if (good)
      remove_file(done.number);
    return;
  }
  if (!good && done.failure != disk_failure)
    RAYD_WARN("{}", done.failure);
  disk_failure = done.failure;
  self->send(scheduler, object_spilled{done.object, good});
}

// -- and back -----------------------------------------------------------------

void object_store_state::on_restore_object(const restore_object& order) {
  serve({order, self->current_sender(), {}});
}

std::optional<std::string>
object_store_state::try_serve(const restore_object& ask,
                              const caf::actor& asker) {
  const auto* file = files->find(ask.object);
  // Its task made it again meanwhile.
  if (const auto where = ledger->find(ask.object)) {
    forget_file(ask.object);
    self->send(asker, object_fetched{ask.object, *where});
    return std::nullopt;
  }
  if (!file || file->now != spill_ledger::phase::on_disk
      || file->size != ask.size) {
    self->send(asker, object_not_restored{ask.object});
    return std::nullopt;
  }
  ledger->touched_up_to(ahead->ready_up_to());
  auto placed = ledger->create(disk_client, ask.object, ask.size);
  if (auto refused = std::get_if<store_refused>(&placed))
    return std::move(refused->message);
  const auto where = std::get<extent>(placed);
  if (auto why = back(where)) {
    ledger->abort(disk_client, ask.object);
    return why;
  }
  disk->add({spill_disk::job::kind::read, files->begin_read(ask.object),
             ask.object, where, {}});
  return std::nullopt;
}

void object_store_state::on_read(const spill_disk::job& done) {
  const auto wanted = files->read_over(done.object, done.number);
  if (!wanted)
    return;
  const bool good = done.failure.empty() && *wanted
                    && !ledger->seal(disk_client, done.object, done.where);
  if (!good)
    ledger->abort(disk_client, done.object);
  forget_file(done.object);
  if (!done.failure.empty())
    RAYD_WARN("{}", done.failure);
  if (good)
    self->send(scheduler, object_fetched{done.object, done.where});
  else // Also when it was freed meanwhile: who waits for it must hear.
    self->send(scheduler, object_not_restored{done.object});
  space_came();
}

} // namespace rayd
