#include "global_scheduler/global_scheduler.hpp"

#include "base/log.hpp"
#include "global_scheduler/log_question.hpp"
#include "global_scheduler/machine.hpp"
#include "global_scheduler/query_answer.hpp"
#include "global_scheduler/store_entities.hpp"
#include "global_scheduler/why.hpp"
#include "transport/task_path_actor.hpp"
#include "wire/failure_record.hpp"
#include "wire/query.hpp"
#include "wire/tags.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/behavior.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <random>

namespace rayd {

namespace {

using tick_atom = caf::atom_constant<caf::atom("tick")>;
using soon_atom = caf::atom_constant<caf::atom("soon")>;

constexpr std::chrono::milliseconds idle_interval{100};
constexpr std::chrono::milliseconds busy_interval{5};
constexpr std::chrono::seconds store_timeout{30};
constexpr time_us store_patience_us = 30'000'000;

/// A node that does not answer within this is not waited for.
constexpr time_us why_patience_us = 2'000'000;

/// The id in {"what": "why", "id": ID}; nothing for other queries.
std::optional<std::string> id_in_why(const std::string& text) {
  const auto asked = nlohmann::json::parse(text, nullptr, false);
  if (!asked.is_object() || asked.value("what", "") != query_why)
    return std::nullopt;
  return asked.value("id", std::string{});
}

time_us steady_now() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
           std::chrono::steady_clock::now().time_since_epoch())
    .count();
}

wall_offset clock_now() {
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  return {
    std::chrono::duration_cast<std::chrono::microseconds>(wall).count(),
    steady_now()};
}

struct global_scheduler_state : head_effects {
  static inline const char* name = "global-scheduler";

  void begin(caf::event_based_actor* selfptr, global_scheduler_options given);

  // -- message handlers -------------------------------------------------------
  void on_control(const control_from& x);
  void on_link_lost(const link_lost& x);
  void on_tick();
  void on_soon();

  // -- head_effects -----------------------------------------------------------
  void to_link(link_id to, control_message message) override;
  void store_node(const node_record& node) override;
  void store_job(const job_record& job) override;
  void store_actor(const actor_record& actor) override;
  void store_name(const std::string& text, const object_id& actor) override;
  void store_mirror(node_index home, const mirror_records& records) override;
  void take_node_index(ticket_id ticket) override;
  void take_job_number(ticket_id ticket) override;
  void sync_store(ticket_id ticket) override;
  void answer_query(link_id to, const cluster_query& query) override;
  void node_answered(node_index node, const cluster_answer& answer) override;

  void answer(link_id to, std::uint64_t request, const std::string& text);
  void go_on(std::uint64_t number, const why_step& step);
  void look_up(std::uint64_t number);
  void find_line(const std::string& id,
                 std::function<void(const std::string&)> then);
  void forget_late_questions();
  void go_on_with_logs(std::uint64_t number, const log_step& step);

  void store_refused(ticket_id ticket, const caf::error& why);
  void turn();
  void hurry();

  // -- what this actor remembers ----------------------------------------------
  caf::event_based_actor* self = nullptr;
  global_scheduler_options options;
  std::unique_ptr<head_machine> machine;
  std::map<link_id, caf::strong_actor_ptr> roots;
  std::mt19937_64 random{std::random_device{}()};
  time_us started = 0;

  /// A `rayd why` that waits for a node or the control store.
  struct question {
    link_id asker = 0;
    std::uint64_t request = 0;
    std::string id;
    node_index asked = 0;
    std::string before; ///< What the node before said.
    time_us until = 0;
  };
  std::map<std::uint64_t, question> questions;
  /// Those about logs; their `id` is the whole query.
  std::map<std::uint64_t, question> log_requests;
  std::uint64_t last_question = 0;
  bool hurried = false; ///< A soon is on its way.
};

void global_scheduler_state::begin(caf::event_based_actor* selfptr,
                                   global_scheduler_options given) {
  self = selfptr;
  options = std::move(given);
  started = steady_now();
  machine = std::make_unique<head_machine>(options.machine, *this);
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

void global_scheduler_state::take_node_index(ticket_id ticket) {
  self->request(options.store, store_timeout, next_node_index{})
    .then(
      [this, ticket](std::uint32_t number) {
        machine->number_given(steady_now(), ticket, number);
      },
      [this, ticket](const caf::error& why) {
        store_refused(ticket, why);
      });
}

void global_scheduler_state::take_job_number(ticket_id ticket) {
  self->request(options.store, store_timeout, next_job_number{})
    .then(
      [this, ticket](std::uint32_t number) {
        machine->number_given(steady_now(), ticket, number);
      },
      [this, ticket](const caf::error& why) {
        store_refused(ticket, why);
      });
}

void global_scheduler_state::sync_store(ticket_id ticket) {
  self->request(options.store, store_timeout, rayd::sync_store{})
    .then(
      [this, ticket](const store_figures&) {
        machine->stored(steady_now(), ticket);
      },
      [this, ticket](const caf::error& why) {
        store_refused(ticket, why);
      });
}

void global_scheduler_state::answer_query(link_id to,
                                          const cluster_query& query) {
  if (const auto id = id_in_why(query.text)) {
    const auto number = ++last_question;
    questions[number] = {to, query.request, *id, 0, {},
                         steady_now() + why_patience_us};
    go_on(number, why_asked(*machine, *id));
    return;
  }
  if (is_log_question(query.text)) {
    const auto number = ++last_question;
    log_requests[number] = {to, query.request, query.text, 0, {},
                            steady_now() + why_patience_us};
    return go_on_with_logs(number, log_requests.size() > log_requests_max
                                     ? log_refused()
                                     : log_asked(*machine, query.text));
  }
  const query_context context{steady_now(), started, options.address,
                              own_node_link};
  const auto answer = rayd::answer_query(*machine, context, query.text);
  cluster_answer out;
  out.request = query.request;
  if (answer)
    out.text = *answer;
  else
    out.failure
      = encode_failure(answer.error().code, answer.error().message);
  to_link(to, std::move(out));
}

// -- rayd why -----------------------------------------------------------------

void global_scheduler_state::answer(link_id to, std::uint64_t request,
                                    const std::string& text) {
  to_link(to, cluster_answer{request, text, {}});
}

void global_scheduler_state::go_on(std::uint64_t number,
                                   const why_step& step) {
  auto& open = questions.at(number);
  switch (step.what) {
    case why_step::kind::ask_node:
      open.asked = step.node;
      to_link(machine->nodes().at(step.node).link,
              cluster_query{number, open.id});
      return;
    case why_step::kind::ask_store: look_up(number); return;
    case why_step::kind::answer: break;
  }
  answer(open.asker, open.request, step.text);
  questions.erase(number);
}

void global_scheduler_state::go_on_with_logs(std::uint64_t number,
                                             const log_step& step) {
  const auto at = log_requests.find(number);
  if (at == log_requests.end())
    return;
  auto& open = at->second;
  if (step.what == log_step::kind::ask_node) {
    open.asked = step.node;
    open.until = steady_now() + why_patience_us;
    to_link(machine->nodes().at(step.node).link,
            cluster_query{number, step.text});
  } else if (step.what == log_step::kind::ask_store) {
    open.until = steady_now() + store_patience_us;
    find_line(step.text, [this, number](const std::string& line) {
      if (const auto found = log_requests.find(number);
          found != log_requests.end())
        go_on_with_logs(number,
                        log_recorded(*machine, found->second.id, line));
    });
  } else {
    answer(open.asker, open.request, step.text);
    log_requests.erase(at);
  }
}

void global_scheduler_state::node_answered(node_index node,
                                           const cluster_answer& said) {
  if (const auto log = log_requests.find(said.request);
      log != log_requests.end() && log->second.asked == node)
    return go_on_with_logs(said.request,
                           {log_step::kind::answer, said.text, 0});
  const auto at = questions.find(said.request);
  if (at == questions.end() || at->second.asked != node)
    return;
  const auto before = std::exchange(at->second.before, said.text);
  go_on(said.request,
        why_answered(*machine, at->second.id, node, said.text, before));
}

/// Calls *then* with the newest line of the task *id*; "" when there is none.
void global_scheduler_state::find_line(
  const std::string& id, std::function<void(const std::string&)> then) {
  self->request(options.store, store_timeout, list_store{"task", 0})
    .then([id, then](const std::string& x) { then(line_with_id(x, id)); },
          [then](const caf::error&) { then({}); });
}

void global_scheduler_state::look_up(std::uint64_t number) {
  auto& open = questions.at(number);
  open.asked = 0;
  open.until = steady_now() + store_patience_us;
  find_line(open.id, [this, number](const std::string& line) {
    if (const auto at = questions.find(number); at != questions.end())
      go_on(number, {why_step::kind::answer,
                     why_recorded(at->second.id, line), 0});
  });
}

void global_scheduler_state::forget_late_questions() {
  const auto now = steady_now();
  for (auto at = questions.begin(); at != questions.end();) {
    const auto number = at->first;
    const auto& open = (at++)->second;
    if (open.until <= now)
      go_on(number, why_answered(*machine, open.id, open.asked, "",
                                 open.before));
  }
  for (auto at = log_requests.begin(); at != log_requests.end();) {
    const auto& [number, open] = *at++;
    if (open.until <= now)
      go_on_with_logs(number, {log_step::kind::answer,
                               log_unanswered(open.asked), 0});
  }
}

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
  };
}

} // namespace

caf::actor spawn_global_scheduler(caf::actor_system& system,
                                  global_scheduler_options options) {
  return system.spawn(global_scheduler, std::move(options));
}

} // namespace rayd
