#include "global_scheduler/global_scheduler_state.hpp"

#include "base/log.hpp"
#include "global_scheduler/store_entities.hpp"
#include "transport/task_path_actor.hpp"
#include "wire/tags.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/behavior.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>

#include <chrono>

namespace rayd {

namespace {

using tick_atom = caf::atom_constant<caf::atom("tick")>;
using soon_atom = caf::atom_constant<caf::atom("soon")>;

constexpr std::chrono::milliseconds idle_interval{100};
constexpr std::chrono::milliseconds busy_interval{5};

wall_offset clock_now() {
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  return {
    std::chrono::duration_cast<std::chrono::microseconds>(wall).count(),
    steady_now()};
}

} // namespace

time_us steady_now() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
           std::chrono::steady_clock::now().time_since_epoch())
    .count();
}

void global_scheduler_state::begin(caf::event_based_actor* selfptr,
                                   global_scheduler_options given) {
  self = selfptr;
  options = std::move(given);
  started = steady_now();
  machine = std::make_unique<head_machine>(options.machine, *this);
  desk = spawn_state_desk(self, options.store);
  self->delayed_send(self, idle_interval, tick_atom::value);
}

void global_scheduler_state::on_control(const control_from& x) {
  roots[x.link] = x.root;
  const auto message = decode_control(x.bytes);
  if (!message) {
    RAYD_WARN("a message on link {} is ignored: {}", x.link,
              message.error().message);
    return;
  }
  machine->on_message(steady_now(), x.link, *message);
  hurry();
}

void global_scheduler_state::on_link_lost(const link_lost& x) {
  machine->link_lost(steady_now(), x.link, "its connection was lost");
  roots.erase(x.link);
  hurry();
}

void global_scheduler_state::on_tick() {
  self->delayed_send(self, idle_interval, tick_atom::value);
  forget_late_questions();
  turn();
  series.look(*machine, steady_now());
  for (const auto& [index, node] : machine->nodes())
    if (node.state == node_state::dead)
      metrics.node_gone(index);
}

/// What is dead has said its last already.
void global_scheduler_state::on_metrics(const metrics_told& told) {
  const auto at = machine->nodes().find(told.node);
  if (at != machine->nodes().end() && at->second.state != node_state::dead)
    metrics.take(told.node, *told.report);
}

void global_scheduler_state::on_soon() {
  hurried = false;
  turn();
  hurry();
}

void global_scheduler_state::store_refused(ticket_id ticket,
                                           const caf::error& why) {
  machine->store_failed(steady_now(), ticket, self->system().render(why));
}

void global_scheduler_state::turn() {
  machine->turn(steady_now(), random());
}

void global_scheduler_state::hurry() {
  if (hurried || !machine->wants_turn())
    return;
  hurried = true;
  self->delayed_send(self, busy_interval, soon_atom::value);
}

// -- effects ------------------------------------------------------------------

void global_scheduler_state::to_link(link_id to, control_message message) {
  if (to == dashboard_link)
    return answer_here(message);
  const auto at = roots.find(to);
  if (at == roots.end() || !at->second)
    return;
  send_bytes(caf::actor_cast<caf::strong_actor_ptr>(options.scheduler),
             at->second, control_atom::value, encode_control(message));
}

void global_scheduler_state::store_node(const node_record& node) {
  self->send(options.store, describe(entity_of(node, node.link == own_node_link,
                                               clock_now())));
}

void global_scheduler_state::store_job(const job_record& job) {
  self->send(options.store, describe(entity_of(job, clock_now())));
}

void global_scheduler_state::store_actor(const actor_record& actor) {
  self->send(options.store, describe(entity_of(actor, clock_now())));
}

void global_scheduler_state::store_name(const std::string& text,
                                        const object_id& actor) {
  self->send(options.store,
             put_actor_name{text, actor ? to_string(actor) : std::string{}});
}

void global_scheduler_state::store_mirror(node_index home,
                                          const mirror_records& records) {
  if (!records.tasks.empty())
    self->send(options.store, mirror_tasks{home, records.tasks});
  if (!records.objects.empty())
    self->send(options.store, mirror_objects{home, records.objects});
}

template <class Ask>
void global_scheduler_state::take_number(ticket_id ticket, Ask ask) {
  self->request(options.store, store_timeout, ask)
    .then(
      [this, ticket](std::uint32_t number) {
        machine->number_given(steady_now(), ticket, number);
      },
      [this, ticket](const caf::error& why) { store_refused(ticket, why); });
}

void global_scheduler_state::take_node_index(ticket_id ticket) {
  take_number(ticket, next_node_index{});
}

void global_scheduler_state::take_job_number(ticket_id ticket) {
  take_number(ticket, next_job_number{});
}

void global_scheduler_state::sync_store(ticket_id ticket) {
  self->request(options.store, store_timeout, rayd::sync_store{})
    .then(
      [this, ticket](const store_figures&) {
        machine->stored(steady_now(), ticket);
      },
      [this, ticket](const caf::error& why) { store_refused(ticket, why); });
}

namespace {

caf::behavior
global_scheduler(caf::stateful_actor<global_scheduler_state>* self,
                 const global_scheduler_options& options) {
  auto& state = self->state;
  state.begin(self, options);
  self->set_default_handler(caf::drop);
  return {
    [&state](const control_from& x) { state.on_control(x); },
    [&state](const link_lost& x) { state.on_link_lost(x); },
    [&state](tick_atom) { state.on_tick(); },
    [&state](soon_atom) { state.on_soon(); },
    [&state](const survey& x) { return state.on_survey(x); },
    [&state](const ask_cluster& x) { return state.on_asked(x); },
    [&state](const metrics_told& x) { state.on_metrics(x); },
  };
}

} // namespace

caf::actor spawn_global_scheduler(caf::actor_system& system,
                                  global_scheduler_options options) {
  return system.spawn(global_scheduler, std::move(options));
}

} // namespace rayd
