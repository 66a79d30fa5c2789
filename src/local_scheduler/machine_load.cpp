// What the global scheduler is told of what waits here, and what it decides.

#include "local_scheduler/machine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace rayd {

namespace {

// Short tasks that will start within this time need no other node.
constexpr std::int64_t soon_us = 10'000;

// Tasks that are sent away for one slot at once, however short they are.
constexpr std::int64_t per_slot_max = 256;

const node_wish& wish_of(const ready_queues::key& key) {
  static const node_wish none;
  return key.wish ? *key.wish : none;
}

shape_load& shape_in(std::vector<shape_load>& shapes,
                     const ready_queues::key& key, node_index near) {
  const auto& wish = wish_of(key);
  const auto at
    = std::find_if(shapes.begin(), shapes.end(), [&](const auto& shape) {
        return shape.near == near && shape.demand == key.demand
               && shape.wish == wish;
      });
  if (at != shapes.end())
    return *at;
  shape_load fresh;
  fresh.demand = key.demand;
  fresh.wish = wish;
  fresh.near = near;
  return shapes.emplace_back(std::move(fresh));
}

/// Work that other nodes may be asked to do.
bool may_go(const ready_queues::key& key) {
  return !key.foreign && !key.granted;
}

} // namespace

// -- wishes -------------------------------------------------------------------

bool machine_steps::has_labels(const node_wish& wish) const {
  return std::all_of(
    wish.labels.begin(), wish.labels.end(), [&](const auto& wanted) {
      const auto at = options_.labels.find(wanted.first);
      return at != options_.labels.end() && at->second == wanted.second;
    });
}

/// Whether tasks with *wish* may start here unless the global scheduler says
/// otherwise.
bool machine_steps::fulfils(const node_wish& wish) const {
  using placing = node_wish::placing;
  switch (wish.where) {
    case placing::anywhere: return has_labels(wish);
    case placing::on_node:
    case placing::near_node:
      return parse_node(wish.place) == options_.self && has_labels(wish);
    case placing::spread: // The head knows where the fewest are.
    case placing::in_bundle: return false;
  }
  return false;
}

bool machine_steps::starts_here(const ready_queues::key& key) const {
  if (!key.wish)
    return true;
  if (key.wish->where == node_wish::placing::in_bundle)
    return (key.foreign || key.granted) && bundle_of(key) != nullptr;
  return key.foreign || key.granted || fulfils(*key.wish);
}

node_index machine_steps::nearest(const task_entry& task) const {
  std::map<node_index, std::uint64_t> bytes;
  for (const auto& dependency : task.spec.dependencies) {
    const auto* e = objects_.find(dependency);
    if (!e || e->value.what != object_value::kind::stored)
      continue;
    for (const auto holder : e->copies)
      bytes[holder] += e->value.where.size;
  }
  const auto most = std::max_element(
    bytes.begin(), bytes.end(),
    [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == bytes.end() ? 0 : most->first;
}

// -- load ---------------------------------------------------------------------

void machine_steps::add_waiting(std::vector<shape_load>& waiting,
                                const ready_queues::key& key,
                                const ready_queues::queue& queue,
                                std::int64_t left) const {
  const auto& next = tasks_.at(queue.front()).spec.function;
  const auto expected = run_times_.expected(next.module, next.offset);
  // How many of these a slot ends within that time; long ones: none.
  const auto soon = expected ? std::min<std::int64_t>(
                      soon_us / std::max<std::int64_t>(*expected, 1),
                      per_slot_max)
                             : 0;
  for (const auto& [id, worker] : workers_)
    if (worker.lease == key)
      left -= soon;
  if (left <= 0)
    return;
  auto& shape = shape_in(waiting, key, key.near);
  shape.waiting += static_cast<std::uint32_t>(left);
  shape.per_slot = static_cast<std::uint32_t>(std::max<std::int64_t>(soon, 1));
}

void local_scheduler_machine::fill_load(node_load& load) {
  auto room = available_;
  load.waiting.clear();
  for (const auto& [key, queue] : ready_.all()) {
    auto left = static_cast<std::int64_t>(queue.size());
    if (starts_here(key) && &room_for(key) == &available_) {
      const auto start = room.times(key.demand, left);
      for (std::int64_t i = 0; i < start; ++i)
        room -= key.demand;
      left -= start;
    }
    if (may_go(key) && left > 0)
      add_waiting(load.waiting, key, queue, left);
  }
  load.available = room;
  fill_spread(load.spread);
  load.grants_seen = std::exchange(grants_seen_, {});
  load.grants_done = std::exchange(grants_done_, {});
  load.workers = static_cast<std::uint32_t>(
    std::distance(workers_.begin(), workers_.lower_bound(first_place)));
  load.queued = static_cast<std::uint32_t>(ready_.size());
  load.finished = finished_;
  load.running = 0;
  load.blocked = 0;
  for (const auto& [id, worker] : workers_) {
    load.running += !worker.given.empty();
    load.blocked += blocked_long(worker);
  }
}

void machine_steps::fill_spread(std::vector<shape_load>& spread) const {
  spread.clear();
  const auto add = [&](const ready_queues::key& key, std::size_t count) {
    if (count > 0 && key.wish
        && key.wish->where == node_wish::placing::spread)
      shape_in(spread, key, 0).waiting += static_cast<std::uint32_t>(count);
  };
  for (const auto& [key, queue] : ready_.all())
    if (!may_go(key))
      add(key, queue.size());
  for (const auto& [id, worker] : workers_) {
    if (worker.lease)
      add(*worker.lease, worker.given.size());
    else if (worker.hosted)
      add(*worker.hosted, 1);
  }
}

// -- what the head decides ----------------------------------------------------

/// Up to *most* own tasks of a shape that wait to be placed, last ones first;
/// they are in no queue any more.
std::vector<object_id>
machine_steps::take_waiting(const resource_set& demand,
                            const node_wish& wish,
                            std::optional<node_index> near,
                            std::size_t most) {
  std::vector<object_id> taken;
  for (auto& [key, queue] : ready_.all()) {
    if (!may_go(key) || !(key.demand == demand) || !(wish_of(key) == wish)
        || (near && key.near != *near))
      continue;
    while (taken.size() < most && queue.size() > 0) {
      taken.push_back(queue.pop_back());
      tasks_.at(taken.back()).queued = false;
    }
  }
  std::reverse(taken.begin(), taken.end()); // They start in their order.
  return taken;
}

void local_scheduler_machine::place(const place_tasks& order) {
  // Grants are numbered upwards: this is a copy of an earlier one.
  const std::pair grant{order.epoch, order.grant};
  if (grant <= last_grant_ && !options_.faults.accept_old_grant)
    return;
  last_grant_ = grant;
  const bool here = order.target == options_.self;
  const bool linked
    = std::find(nodes_.begin(), nodes_.end(), order.target) != nodes_.end();
  if (here || linked)
    for (const auto& id :
         take_waiting(order.demand, order.wish, order.near, order.count)) {
      auto& task = tasks_.at(id);
      task.placed = placed_by::global;
      task.grant = order.grant;
      if (here)
        to_gather_.push_back(id);
      else
        assign(id, task, order.target);
    }
  if (here)
    grants_seen_.push_back(order.grant);
  grants_done_.push_back(order.grant);
}

void local_scheduler_machine::judged(const shape_verdict& verdict) {
  if (verdict.never) {
    for (const auto& id : take_waiting(verdict.demand, verdict.wish,
                                       std::nullopt, tasks_.size()))
      fail(id, ray::errc::unschedulable,
           fmt::format("{} cannot be placed: {}",
                       tasks_.at(id).spec.function_name, verdict.text));
    return;
  }
  // Each function once: thousands of its tasks may wait.
  std::map<std::pair<job_number, std::string>, std::size_t> waiting;
  for (const auto& [id, task] : tasks_)
    if (task.queued && task.origin == options_.self
        && task.spec.demand == verdict.demand
        && wish_of(key_of(task)) == verdict.wish)
      ++waiting[{task.spec.job, task.spec.name.empty()
                                  ? task.spec.function_name
                                  : task.spec.name}];
  for (const auto& [who, count] : waiting) {
    const auto& [job, name] = who;
    if (!told_.insert(fmt::format("{} {} {}", job, name, verdict.text)).second)
      continue;
    tell(job, fmt::format("{} waits{}: {}", name,
                          count > 1 ? fmt::format(" ({} times)", count) : "",
                          verdict.text));
  }
}

/// A line for the user of *job*, wherever its driver is.
void machine_steps::tell(job_number job, const std::string& text) {
  const auto at = jobs_.find(job);
  if (at == jobs_.end())
    return;
  if (at->second.driver != 0)
    out_.to_process(at->second.driver, tell_driver{job, text});
  else if (at->second.home != options_.self)
    out_.to_node(at->second.home, tell_driver{job, text});
}

} // namespace rayd
