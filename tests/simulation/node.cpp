#include "node.hpp"

#include "base/overloaded.hpp"
#include "record_text.hpp"
#include "world.hpp"

#include <algorithm>

namespace rayd::simulation {

namespace {

constexpr time_us tick_interval = 10'000;
constexpr time_us idle_tick = 500'000;
constexpr time_us load_interval = 5000;
constexpr time_us heartbeat = 1'000'000;

} // namespace

node::node(world& all, std::size_t at, resource_set total)
  : place(at), world_(all), total_(std::move(total)) {}

// -- events -------------------------------------------------------------------

void node::act(timeline::action event) {
  if (!alive_)
    return;
  if (paused_) {
    backlog_.push_back(std::move(event));
    return;
  }
  if (machine_)
    machine_->at(world_.time.now(), world_.time.now());
  event();
  if (!alive_ || !machine_)
    return;
  load_changed_ = true;
  // The actor runs one turn for a group of messages.
  if (world_.chance(60)) {
    end_turn();
  } else if (!turn_due_) {
    turn_due_ = true;
    world_.time.after(20, [this] {
      if (!alive_ || !turn_due_)
        return;
      if (paused_)
        backlog_.push_back([] {});
      else
        end_turn();
    });
  }
}

void node::end_turn() {
  turn_due_ = false;
  machine_->at(world_.time.now(), world_.time.now());
  if (world_.time.now() - ticked_ >= tick_interval) {
    ticked_ = world_.time.now();
    machine_->tick();
  }
  machine_->turn();
  for (const auto process : machine_->take_notified())
    while (machine_->has_ready(process))
      machine_->send_ready(process, 64 * (1 + world_.random.below(20)));
  check_accounts();
  send_load();
  arm();
}

void node::arm() {
  const bool busy = machine_->task_count() > 0;
  const auto next = std::max<time_us>(
    1, std::min(busy ? ticked_ + tick_interval - world_.time.now() : idle_tick,
                load_changed_ ? load_sent_ + load_interval - world_.time.now()
                              : idle_tick));
  const auto when = world_.time.now() + next;
  if (armed_ && armed_for_ <= when)
    return;
  armed_ = true;
  armed_for_ = when;
  world_.time.at(when, [this, when] {
    if (!armed_ || armed_for_ != when || !alive_)
      return;
    armed_ = false;
    if (paused_) {
      backlog_.push_back([] {});
      return;
    }
    end_turn();
  });
}

void node::pause(time_us until) {
  if (paused_ || !alive_)
    return;
  world_.trace("{} stands still until {}", node_name(index_), until);
  paused_ = true;
  world_.time.at(until, [this] { go_on(); });
}

void node::go_on() {
  if (!std::exchange(paused_, false))
    return;
  world_.trace("{} goes on", node_name(index_));
  for (auto& event : std::exchange(backlog_, {}))
    act(std::move(event));
  if (alive_ && machine_)
    end_turn();
}

// -- life ---------------------------------------------------------------------

void node::registered(const node_registered& x) {
  if (machine_)
    return;
  index_ = x.index;
  epoch_ = x.epoch;
  machine_options options;
  options.self = index_;
  options.total = total_;
  options.elders.emplace();
  for (const auto& peer : x.peers)
    options.elders->push_back(peer.index);
  options.blocked_long_us = 2'000; // Tasks are short here.
  options.faults = world_.options.node_faults;
  machine_ = std::make_unique<local_scheduler_machine>(
    options, static_cast<effects&>(*this));
  machine_->at(world_.time.now(), world_.time.now());
  ticked_ = world_.time.now();
  world_.trace("{} joins with {}", node_name(index_), to_string(total_));
  for (const auto& peer : x.peers)
    world_.connect(*this, peer.index);
  for (auto& [request, program] : std::exchange(begins_, {}))
    attach_driver(program.first, program.second);
  arm();
  press();
}

void node::link_up(node_index peer) {
  if (dead_.contains(peer) || !peers_.insert(peer).second)
    return;
  machine_->node_joined(peer);
  for (auto& record : std::exchange(early_[peer], {}))
    world_.send(index_, peer, std::move(record));
  early_.erase(peer);
}

void node::peer_gone(node_index peer, const std::string& why) {
  if (!machine_ || !dead_.insert(peer).second)
    return;
  world_.trace("{} hears that {} is dead: {}", node_name(index_),
               node_name(peer), why);
  peers_.erase(peer);
  early_.erase(peer);
  machine_->node_left(peer, why);
}

void node::crash() {
  if (!alive_)
    return;
  world_.trace("{} crashes", node_name(index_));
  alive_ = false;
  for (auto& [id, process] : processes_)
    process->crash();
  world_.node_ended(*this);
}

void node::attach_driver(std::uint64_t seed, std::uint32_t size) {
  const auto request = ++last_request_;
  begins_[request] = {seed, size};
  if (machine_)
    to_head(begin_job{request, index_, 1, "sim", "/sim"});
}

void node::crash_process(process& which, const std::string& how) {
  if (!which.alive())
    return;
  which.crash();
  world_.trace("{} ends: {}", which.describe(), how);
  const auto when = which.to_node->cut(
    world_.time.now() + static_cast<time_us>(world_.random.below(300)));
  which.from_node->cut(world_.time.now());
  world_.time.at(
    std::max(when, world_.time.now())
      + static_cast<time_us>(world_.random.below(2000)),
    [this, id = which.id(), how] {
      act([this, id, how] {
        const auto at = processes_.find(id);
        if (at == processes_.end())
          return;
        const auto gone = at->second;
        processes_.erase(at);
        resumed_.erase(id);
        given_.erase(id);
        waiting_.erase(id);
        machine_->process_left(id, how);
        if (gone->driver())
          to_head(job_ended{gone->job(), "failed"});
      });
    });
}

void node::driver_left(process& driver, bool) {
  crash_process(driver, "said goodbye");
}

// -- messages -----------------------------------------------------------------

void node::on_control(const control_message& message) {
  std::visit(
    overloaded{
      [&](const node_registered& x) { registered(x); },
      [&](const place_tasks& x) {
        if (machine_ && x.epoch >= epoch_)
          machine_->place(x);
      },
      [&](const shape_verdict& x) {
        if (machine_ && x.epoch >= epoch_)
          machine_->judged(x);
      },
      [&](const bundle_order& x) {
        if (machine_ && x.epoch >= epoch_)
          machine_->ordered(x);
      },
      [&](const group_news& x) {
        if (machine_ && x.epoch >= epoch_)
          machine_->group_changed(x);
      },
      [&](const wait_question& x) {
        if (machine_ && x.epoch >= epoch_)
          machine_->asked(x);
      },
      [&](const deadlock_news& x) {
        world_.fail("a deadlock is told where there is none: {}", x.text);
      },
      [&](const job_given& x) {
        const auto at = begins_.find(x.request);
        if (at == begins_.end())
          return;
        const auto [seed, size] = at->second;
        begins_.erase(at);
        const auto id = ++last_process_;
        auto driver
          = std::make_shared<process>(world_, *this, id, x.job, true);
        driver->to_node = world_.make_stream(5, 200);
        driver->from_node = world_.make_stream(5, 200);
        processes_[id] = driver;
        machine_->job_begun(x.job, id, "program");
        driver->begin(seed, size);
      },
      [&](const actor_name_answer& x) {
        const auto at = claims_.find(x.request);
        if (at == claims_.end())
          return;
        const auto actor = at->second;
        claims_.erase(at);
        machine_->name_answered(actor, x.failure);
      },
      [&](const peer_dead& x) {
        if (x.node == index_)
          crash();
        else
          peer_gone(x.node, x.reason);
      },
      [](const auto&) {},
    },
    message);
}

void node::on_process_record(process& from, lane_record&& record) {
  if (!processes_.contains(from.id()))
    return;
  const auto keep = [&](const object_id& id, const object_value& value) {
    if (value.what == object_value::kind::stored)
      store_.emplace(id, value.where.offset);
  };
  if (const auto* x = std::get_if<task_result>(&record)) {
    keep(x->task, x->value);
    waiting_.erase(from.id());
    forget_given(from.id(), x->task);
  } else if (const auto* sealed = std::get_if<seal_object_room>(&record)) {
    store_.emplace(sealed->object, sealed->where.offset);
  } else if (const auto* wait = std::get_if<task_blocked>(&record)) {
    if (wait->blocked) {
      resumed_.erase(from.id());
      waiting_.insert(from.id());
    } else if (waiting_.erase(from.id()) > 0) {
      resumed_[from.id()] = given_[from.id()][wait->task];
    }
  } else if (const auto* end = std::get_if<actor_ended>(&record)) {
    forget_given(from.id(), end->actor);
  } else if (const auto* back = std::get_if<tasks_returned>(&record)) {
    for (const auto& task : back->tasks)
      forget_given(from.id(), task);
  }
  world_.trace("{} -> {}: {}", from.describe(), node_name(index_),
               describe(record));
  machine_->on_record(from.id(), std::move(record));
}

/// A worker may keep what it took back until it has nothing more to do.
void node::forget_given(process_id worker, const object_id& task) {
  auto& given = given_[worker];
  given.erase(task);
  if (given.empty())
    resumed_.erase(worker);
}

void node::on_peer_record(node_index from, lane_record&& record) {
  if (!machine_)
    return;
  world_.trace("{} -> {}: {}{}", node_name(from), node_name(index_),
               describe(record), knows_dead(from) ? " (too late)" : "");
  machine_->on_peer_record(from, std::move(record));
}

void node::to_head(const control_message& message) {
  world_.to_head(*this, message);
}

void node::send_load() {
  const auto now = world_.time.now();
  const bool beat = now - load_sent_ >= heartbeat;
  if (!beat && (!load_changed_ || now - load_sent_ < load_interval))
    return;
  auto load = last_load_;
  machine_->fill_load(load);
  const bool same = load.available == last_load_.available
                    && load.waiting == last_load_.waiting
                    && load.grants_seen.empty() && load.grants_done.empty();
  load_changed_ = false;
  if (same && !beat)
    return;
  load.node = index_;
  load.epoch = epoch_;
  load.sequence = ++sequence_;
  load_sent_ = now;
  to_head(load);
  last_load_ = std::move(load);
  last_load_.grants_seen.clear();
  last_load_.grants_done.clear();
}

// -- checks -------------------------------------------------------------------

void node::check_accounts() {
  const auto left = machine_->available();
  resource_set taken_back;
  for (const auto& [process, demand] : resumed_)
    taken_back += demand;
  for (const auto& [name, units] : left)
    if (units < 0 && -units > taken_back.units(name))
      world_.fail("{} has {} left, with {} taken back", node_name(index_),
                  to_string(left), to_string(taken_back));
  for (const auto& [name, units] : left)
    if (units > total_.units(name))
      world_.fail("{} has {} left of {}", node_name(index_),
                  to_string(left), to_string(total_));
  // A process goes on before the node hears of it: those are counted above.
  resource_set busy;
  for (const auto& [id, process] : processes_)
    if (const auto* spec = process->running();
        spec && !waiting_.contains(id) && !resumed_.contains(id))
      busy += spec->demand;
  for (const auto& [name, units] : busy)
    if (units > total_.units(name))
      world_.fail("{} runs tasks for {}", node_name(index_),
                  to_string(busy));
}

std::string node::describe_objects() const {
  std::string text;
  for (const auto& id : machine_->objects().ids()) {
    const auto* e = machine_->objects().find(id);
    text += fmt::format(" {} ({}, {} pins{})", to_string(id),
                        e->references.unused_here() ? "unused" : "used",
                        e->references.pins(), e->local ? ", here" : "");
    if (text.size() > 500)
      break;
  }
  return text;
}

} // namespace rayd::simulation
