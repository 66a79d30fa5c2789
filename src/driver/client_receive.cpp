// What the node sends, on the client actor's thread.

#include "driver/client.hpp"

#include "base/overloaded.hpp"
#include "driver/arrival_queue.hpp"
#include "wire/failure_record.hpp"
#include "wire/lane_codec.hpp"

#include <ray/errors.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <utility>

namespace rayd {

using ray::detail::stored_value;

namespace {

/// A view of an argument in the arena.
struct argument_pin {
  argument_pin(object_table& of, const object_id& object,
               std::shared_ptr<const void> owner)
    : table(of), id(object), keeps(std::move(owner)) {}
  argument_pin(const argument_pin&) = delete;
  argument_pin& operator=(const argument_pin&) = delete;
  ~argument_pin() { table.argument_gone(id); }

  object_table& table;
  object_id id;
  std::shared_ptr<const void> keeps;
};

// Then others get their turn: what waits to be sent, and CAF's messages.
constexpr int batches_per_turn = 32;

/// In one write, so that lines of several programs do not mix.
void tell_user(const std::string& text) {
  const auto line = "rayd: " + text + "\n";
  [[maybe_unused]] const auto n
    = ::write(STDERR_FILENO, line.data(), line.size());
}

} // namespace

void client::deliver(caf::atom_value tag, std::string& bytes) {
  if (lane_)
    lane_->deliver(tag, bytes);
}

bool client::receive() {
  if (!lane_)
    return false;
  lane_->turn();
  for (int i = 0; i < batches_per_turn; ++i) {
    auto batch = lane_->receive();
    if (!batch)
      return check_lane();
    const auto bytes = batch->size();
    auto records = decode_batch(*batch);
    if (!records) {
      fail(fmt::format("the node sent what cannot be read ({}): do program "
                       "and node have the same version?",
                       records.error().message));
      return false;
    }
    for (auto& record : *records)
      std::visit(
        overloaded{
          [&](object_ready& x) { on(std::move(x)); },
          [&](object_room& x) { on(std::move(x)); },
          [&](give_back_places& x) { on(x); },
          [&](spare_room& x) { on(x); },
          [&](query_answer& x) { on(std::move(x)); },
          [&](run_task& x) {
            if (worker_ != nullptr)
              worker_->run(std::move(x));
          },
          [&](recall_tasks&) {
            if (worker_ != nullptr)
              worker_->recall();
          },
          [&](cancel_task& x) {
            if (worker_ != nullptr)
              worker_->cancel(x.task);
          },
          [&](end_actor& x) {
            if (worker_ != nullptr)
              worker_->end_actor(x.actor);
          },
          [&](tell_waits&) { send(waits_told{waits_.tell()}, push::soon); },
          [&](tell_driver& x) { tell_user(x.text); },
          [&](worker_lines& x) { printer_.add(std::move(x)); },
          [&](end_process& x) {
            fail(fmt::format("the node ended this program's session: {}",
                             x.reason));
          },
          // What only processes or nodes send.
          [](auto&) {},
        },
        record);
    lane_->consumed(bytes);
  }
  return true;
}

/// Ends the session when its lane has. @returns false.
bool client::check_lane() {
  if (const auto complaint = lane_->complaint(); !complaint.empty())
    fail(fmt::format("the connection to the node was closed: {}", complaint));
  else if (lane_->ended())
    fail("the node closed the connection to this program: see its log");
  return false;
}

/// Under the lock of its shard: *state* has become something. Wakes threads,
/// gives out functions to call.
void client::came(object_state& state, std::vector<wait_link*>& calls,
                  bool& want_here) {
  const bool remote = state.phase() == object_phase::remote;
  const bool failed = state.phase() == object_phase::failure;
  auto* link = std::exchange(state.waiting, nullptr);
  while (link != nullptr) {
    auto* next = std::exchange(link->next, nullptr);
    if (link->queue != nullptr) {
      link->queue->push(link->place);
    } else if (remote
               && (link->thread == nullptr || link->thread->here())) {
      link->next = std::exchange(state.waiting, link);
      want_here = true;
    } else if (link->thread != nullptr) {
      link->thread->one_came(failed);
    } else {
      calls.push_back(link);
    }
    link = next;
  }
}

void client::on(object_ready&& ready) {
  std::vector<wait_link*> calls;
  bool want_here = false;
  {
    const auto guard = table_.lock_for(ready.object);
    auto* state = table_.find(ready.object);
    if (state == nullptr)
      return;
    const auto before = state->phase();
    if (before == object_phase::value || before == object_phase::failure)
      return;
    if (before == object_phase::pending && state->announced)
      --table_.unfinished;
    state->wanted = false;
    const auto& value = ready.value;
    if (value.what == object_value::kind::failed) {
      if (value.where.offset == not_here)
        state->set_passing();
      state->set_inline(object_phase::failure, value.bytes);
    } else if (value.what == object_value::kind::inline_bytes) {
      state->set_inline(object_phase::value, value.bytes);
    } else if (value.where.offset == not_here) {
      state->set_remote();
    } else if (const auto view = arena_->view(value.where)) {
      state->set_stored(*view);
    } else {
      state->set_inline(object_phase::failure,
                        encode_failure(view.error().code,
                                       view.error().message));
    }
    came(*state, calls, want_here);
    want_here = want_here && !state->wanted;
    state->wanted = state->wanted || want_here;
  }
  if (want_here)
    out_.add(want_objects{{ready.object}}, push::soon);
  call(calls, nullptr);
}

void client::on(const give_back_places& places) {
  places_given_back given{places.serial, {}};
  for (const auto& id : places.ids)
    if (table_.give_back(id, places.serial))
      given.ids.push_back(id);
  if (!given.ids.empty())
    out_.add(std::move(given), push::soon);
}

void client::on(object_room&& room) {
  questions_.give(room.request, {room.where, {}, std::move(room.failure)});
}

void client::on(const spare_room& room) {
  pocket_.give(room.where, room_pocket::clock::now());
}

void client::on(query_answer&& answered) {
  questions_.give(answered.request, {{}, std::move(answered.text),
                                     std::move(answered.failure)});
}

stored_value client::value_of(const object_id& id, const object_value& value,
                              std::shared_ptr<const void> owner) {
  stored_value out;
  out.what = value.what == object_value::kind::failed
               ? stored_value::kind::failure
               : stored_value::kind::value;
  out.pin = std::move(owner);
  if (value.what != object_value::kind::stored) {
    out.bytes = std::as_bytes(std::span<const char>{value.bytes});
    return out;
  }
  const auto view = arena_->view(value.where);
  if (view) {
    table_.argument_seen(id);
    out.pin = std::make_shared<argument_pin>(table_, id, std::move(out.pin));
    out.bytes = *view;
    return out;
  }
  auto kept = std::make_shared<const std::string>(
    encode_failure(view.error().code, view.error().message));
  out.what = stored_value::kind::failure;
  out.bytes = std::as_bytes(std::span<const char>{*kept});
  out.pin = std::move(kept);
  return out;
}

} // namespace rayd
