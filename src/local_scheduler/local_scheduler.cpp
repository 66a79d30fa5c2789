#include "local_scheduler/local_scheduler.hpp"

#include "base/log.hpp"
#include "transport/basp_lane.hpp"
#include "transport/hello.hpp"
#include "wire/actor_messages.hpp"
#include "wire/failure_record.hpp"
#include "wire/tags.hpp"

#include <caf/actor_cast.hpp>
#include <caf/behavior.hpp>
#include <caf/send.hpp>
#include <caf/system_messages.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace rayd {

namespace {

std::int64_t micros(std::chrono::steady_clock::time_point at) {
  return std::chrono::duration_cast<std::chrono::microseconds>(
           at.time_since_epoch())
    .count();
}

std::int64_t wall_micros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
           std::chrono::system_clock::now().time_since_epoch())
    .count();
}

constexpr std::chrono::milliseconds tick_interval{10};
constexpr std::chrono::milliseconds load_interval{5};
constexpr std::chrono::milliseconds mirror_interval{50};

// Rounds of receive() for a process whose connection is gone: more than its
// ring can hold, for it may live and write on.
constexpr int rounds_of_the_dead = 256;

} // namespace

local_scheduler::local_scheduler(caf::actor_config& config,
                                 local_scheduler_options options)
  : task_path_actor(config), options_(std::move(options)) {
  if (options_.bells)
    use_bell(options_.bells->get());
}

// -- what arrives -------------------------------------------------------------

void local_scheduler::on_message(caf::atom_value tag, std::string& bytes,
                                 const caf::strong_actor_ptr& from) {
  if (!from)
    return;
  now();
  if (tag == control_atom::value) {
    on_control(bytes, from);
    return;
  }
  if (tag == link_atom::value) {
    on_link(parse_link(bytes), from);
    return;
  }
  const auto at = links_.find(caf::actor_cast<caf::actor_addr>(from));
  if (at == links_.end())
    return;
  auto& link = *at->second;
  if (link.lane->deliver(tag, bytes)) {
    while (receive(link)) {
    }
  } else if (tag == attach_atom::value) {
    on_attach(link, bytes);
  } else if (tag == peer_atom::value) {
    on_peer(link, bytes);
  } else if (tag == query_atom::value) {
    const auto request = ++last_request_;
    questions_[request] = {at->first, 0, 0};
    to_head(cluster_query{request, bytes});
  }
}

void local_scheduler::on_down(const caf::actor_addr& who, const caf::error&) {
  now();
  const auto at = links_.find(who);
  if (at == links_.end()) {
    reader_gone(who);
    return;
  }
  // What it wrote before it ended still counts.
  for (int i = 0; i < rounds_of_the_dead && receive(*at->second); ++i) {
  }
  const auto link = std::move(at->second);
  links_.erase(at);
  lose(*link, "its connection was lost");
}

void local_scheduler::now() {
  busy_ = true;
  if (begun())
    machine_->at(micros(clock::now()), wall_micros());
}

caf::behavior local_scheduler::make_local_behavior() {
  return life_messages()
    .or_else(store_messages())
    .or_else(space_messages())
    .or_else(output_messages());
}

caf::message_handler local_scheduler::life_messages() {
  return {
    [this](const local_scheduler_neighbours& x) { neighbours_ = x; },
    [this](const link_accepted& x) { on_accepted(x); },
    [this](const link_dialled& x) { now(); on_dialled(x); },
    [this](const register_with_head& x) { to_head(register_node{x.own}); },
    [this](const cluster_joined& x) { now(); on_joined(x); },
    [this](const node_is_dead& x) { now(); on_node_dead(x); },
    [this](const machine_figures& x) { last_load_.figures = x.now; },
    [this](const run_probe& x) { now(); probe(x); },
    [this](const drain&) { now(); on_drain(); },
    [this](const worker_process_started& x) {
      if (const auto at = pool_.find(x.token); at != pool_.end())
        at->second.pid = x.pid;
    },
    [this](const worker_process_refused& x) {
      now();
      RAYD_WARN("worker process for {} cannot start: {}", job_name(x.job),
                x.reason);
      if (auto refused = pool_.extract(x.token))
        machine_->worker_start_failed(x.job, refused.mapped().setting,
                                      x.reason);
    },
    [this](const worker_process_ended& x) { now(); on_worker_ended(x); },
  };
}

caf::message_handler local_scheduler::store_messages() {
  return {
    [this](const object_created& x) {
      now();
      to_process(x.client, object_room{x.request, x.where, {}});
    },
    [this](const object_refused& x) {
      now();
      const auto failure
        = encode_failure(ray::errc::object_store_full, x.message);
      if (x.request != 0)
        to_process(x.client, object_room{x.request, {}, failure});
      else
        RAYD_WARN("the store refused a seal of process {}: {}", x.client,
                  x.message);
    },
    [this](const room_given& x) {
      now();
      to_process(x.client, spare_room{x.where});
    },
    [this](const room_refused& x) {
      now();
      to_process(x.client, spare_room{});
    },
    [this](const store_usage& x) {
      last_load_.store_used = x.used;
      last_load_.store_spilled = x.spilled;
    },
  };
}

// -- turns --------------------------------------------------------------------

bool local_scheduler::on_turn_end() {
  if (!begun()) {
    answer_drain();
    return false;
  }
  const bool more = receive_shared();
  const auto now = clock::now();
  machine_->at(micros(now), wall_micros());
  if (now - ticked_ >= tick_interval) {
    ticked_ = now;
    machine_->tick();
    tell_untold();
    busy_ = true;
  }
  if (busy_)
    machine_->turn();
  for (const auto process : machine_->take_notified())
    send_values(process);
  for (const auto process : std::exchange(starved_, {}))
    send_values(process);
  if (probe_over_)
    end_probe();
  flush();
  send_load(now);
  send_mirror(now);
  send_metrics(now);
  busy_ = false;
  answer_drain();
  return more;
}

void local_scheduler::answer_drain() {
  if (!drainer_ || !pool_.empty())
    return;
  caf::anon_send(caf::actor_cast<caf::actor>(drainer_), drained{});
  drainer_ = nullptr;
}

std::optional<task_path_actor::clock::time_point>
local_scheduler::next_deadline() {
  if (!begun())
    return std::nullopt;
  auto next = load_sent_ + heartbeat_;
  if (load_changed_)
    next = std::min(next, load_sent_ + load_interval);
  if (!mirror_.empty())
    next = std::min(next, mirror_sent_ + mirror_interval);
  if (metrics_.changed())
    next = std::min(next, metrics_due_);
  if (machine_->makes_space())
    next = std::min(next, ticked_ + tick_interval);
  if (machine_->task_count() > 0 || machine_->worker_count() > 0)
    next = std::min(next, ticked_
                            + (machine_->task_count() > 0
                                 ? tick_interval
                                 : std::chrono::milliseconds{500}));
  return next;
}

// -- effects ------------------------------------------------------------------

scheduler_link* local_scheduler::link_of(process_id process) {
  const auto at = processes_.find(process);
  return at == processes_.end() ? nullptr : at->second;
}

scheduler_link* local_scheduler::link_to(node_index node) {
  const auto at = peers_.find(node);
  return at == peers_.end() ? nullptr : at->second;
}

void local_scheduler::to_process(process_id to, lane_record record) {
  if (to == probe_ && probe_ != 0)
    probe_record(record);
  else if (auto* link = link_of(to))
    link->add(std::move(record));
}

void local_scheduler::to_node(node_index to, lane_record record) {
  if (auto* link = link_to(to))
    link->add(std::move(record));
  else if (std::find(dead_nodes_.begin(), dead_nodes_.end(), to)
           == dead_nodes_.end())
    early_[to].push_back(std::move(record));
}

void local_scheduler::start_worker(job_number job,
                                   const worker_setting& setting) {
  const auto token
    = (std::uint64_t{random_()} << 32) | std::uint64_t{random_()};
  pool_[token].job = job;
  pool_[token].setting = setting;
  caf::anon_send(neighbours_.pool,
                 start_worker_process{job, token, machine_->description(job),
                                      machine_->home_of(job),
                                      variables_of(setting,
                                                   options_.machine)});
}

void local_scheduler::end_worker(process_id worker, const std::string&) {
  for (const auto& [token, process] : pool_)
    if (process.process == worker)
      caf::anon_send(neighbours_.pool, end_worker_process{token});
}

void local_scheduler::free_local(const std::vector<object_id>& ids) {
  flush_seals();
  send(neighbours_.store, free_objects{ids});
  if (!readers_.empty())
    for (const auto& id : ids)
      answer_readers(id);
}

void local_scheduler::fetch(const object_id& id, std::uint64_t size_bytes,
                            const std::vector<node_index>& holders) {
  send(neighbours_.transfer, fetch_object{id, size_bytes, holders});
}

void local_scheduler::claim_name(const task_spec& creation) {
  const auto request = ++last_request_;
  claims_[request] = creation.id;
  to_head(claim_actor_name{request, creation.name, creation.id,
                           creation.interface});
}

void local_scheduler::actor_changed(const task_spec& creation,
                                    const char* state, node_index node,
                                    const std::string& reason,
                                    std::int32_t restarts) {
  if (creation.job >= own_jobs)
    return;
  rayd::actor_changed news;
  news.actor = creation.id;
  news.name = creation.name;
  news.interface = creation.interface;
  news.state = state;
  news.node = node;
  news.reason = reason;
  news.restarts = restarts;
  news.max_restarts = creation.wished().max_restarts;
  news.detached = creation.wished().detached;
  to_head(news);
}

void local_scheduler::record_task(task_record record) {
  if (record.job < own_jobs)
    mirror_.add(std::move(record));
}

void local_scheduler::record_object(object_record record) {
  mirror_.add(std::move(record));
}

} // namespace rayd
