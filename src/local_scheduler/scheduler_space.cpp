// The full store: what the object store asks for and the machine decides.

#include "local_scheduler/local_scheduler.hpp"

#include <caf/actor_cast.hpp>

#include <utility>

namespace rayd {

caf::message_handler local_scheduler::space_messages() {
  return {
    [this](const space_wanted& x) {
      now();
      if (begun())
        machine_->want_space(x.serial, x.bytes);
    },
    [this](const object_spilled& x) {
      now();
      machine_->spilled(x.object, x.good);
    },
    [this](const object_not_restored& x) {
      now();
      machine_->restore_failed(x.object);
      answer_readers(x.object);
    },
    [this](const object_fetched& x) {
      now();
      machine_->fetched(x.object, x.where);
      answer_readers(x.object);
    },
    [this](const object_not_fetched& x) {
      now();
      machine_->fetch_failed(x.object, x.nodes);
    },
    [this](const object_not_stored& x) {
      now();
      machine_->fetch_refused(x.object, x.failure);
      answer_readers(x.object);
    },
    [this](const read_object& x) {
      now();
      on_read(x.object, current_sender());
    },
    [this](const object_read& x) {
      now();
      const auto from = caf::actor_cast<caf::actor_addr>(current_sender());
      if (readers_.done(from, x.object))
        machine_->read_done(x.object);
    },
  };
}

/// Another node wants it: answered now, or when it is back from disk.
void local_scheduler::on_read(const object_id& id,
                              const caf::strong_actor_ptr& reader) {
  const auto from = caf::actor_cast<caf::actor_addr>(reader);
  if (!begun()) {
    if (const auto to = caf::actor_cast<caf::actor>(reader))
      send(to, object_place{id, false, {}, false});
    return;
  }
  // It may end at any time, and then its pin must not stay (on_down).
  monitor(from);
  if (machine_->comes_back(id))
    readers_.wait(from, id);
  else
    answer_reader(id, from);
}

void local_scheduler::answer_readers(const object_id& id) {
  for (const auto& reader : readers_.take_waiting(id))
    answer_reader(id, reader);
}

void local_scheduler::answer_reader(const object_id& id,
                                    const caf::actor_addr& reader) {
  const auto to = caf::actor_cast<caf::actor>(reader);
  if (!to)
    return;
  const auto place = machine_->read(id);
  if (place)
    readers_.pinned(reader, id);
  const auto* known = machine_->objects().find(id);
  send(to, object_place{id, place.has_value(), place.value_or(extent{}),
                        !place && known && known->spilled});
}

void local_scheduler::reader_gone(const caf::actor_addr& reader) {
  for (const auto& id : readers_.gone(reader))
    machine_->read_done(id);
}

// -- effects ------------------------------------------------------------------

void local_scheduler::spill(const object_id& id) {
  flush_seals();
  send(neighbours_.store, spill_object{id});
}

void local_scheduler::free_place(const object_id& id) {
  send(neighbours_.store, rayd::free_place{id});
}

void local_scheduler::drop_file(const object_id& id) {
  send(neighbours_.store, rayd::drop_file{id});
}

void local_scheduler::restore(const object_id& id, std::uint64_t size_bytes) {
  send(neighbours_.store, restore_object{id, size_bytes});
}

void local_scheduler::no_more_space(std::uint64_t serial, bool later) {
  send(neighbours_.store, rayd::no_more_space{serial, later});
}

} // namespace rayd
