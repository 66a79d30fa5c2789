#include "head.hpp"

#include "world.hpp"

#include <algorithm>

namespace rayd::simulation {

head::head(world& all, head_options options)
  : world_(all), machine_(std::move(options), *this) {
  arm();
}

void head::arm() {
  world_.time.after(100'000, [this] {
    arm();
    turn();
  });
}

void head::turn() {
  machine_.turn(world_.time.now(), world_.random.next());
}

void head::on_message(link_id from, const control_message& message) {
  if (const auto* load = std::get_if<node_load>(&message))
    see(*load);
  if (const auto* claim = std::get_if<claim_actor_name>(&message))
    world_.trace("head hears that {} wants the name {}",
                 to_string(claim->actor), claim->name);
  if (const auto* news = std::get_if<actor_changed>(&message))
    world_.trace("head hears that {} is {}", to_string(news->actor),
                 news->state);
  machine_.on_message(world_.time.now(), from, message);
  if (hurried_ || !machine_.wants_turn())
    return;
  hurried_ = true;
  world_.time.after(5000, [this] {
    hurried_ = false;
    turn();
  });
}

void head::describe_nodes() {
  for (const auto& [index, node] : machine_.nodes()) {
    world_.trace("head: {} is {}, has {} left of {}", node_name(index),
                 to_string(node.state), to_string(node.load.available),
                 to_string(node.entry.total));
    for (const auto& shape : node.load.waiting)
      world_.trace("head: {} has {} waiting for {}", node_name(index),
                   shape.waiting, to_string(shape.demand));
  }
}

void head::link_lost(link_id link, const std::string& why) {
  machine_.link_lost(world_.time.now(), link, why);
}

// -- the store ----------------------------------------------------------------

void head::write(timeline::action what, time_us spread) {
  store_free_ = std::max(store_free_, world_.time.now())
                + static_cast<time_us>(world_.random.below(
                  static_cast<std::uint64_t>(spread)));
  world_.time.at(store_free_, std::move(what));
}

void head::store_node(const node_record& node) {
  write([this, index = node.entry.index] { kept_nodes_.insert(index); });
}

void head::store_job(const job_record& job) {
  write([this, number = job.number] { kept_jobs_.insert(number); });
}

void head::store_actor(const actor_record&) {}

void head::store_name(const std::string& name, const object_id& actor) {
  write([this, name, actor] {
    world_.trace("store: name {} is {}", name, to_string(actor));
    if (actor)
      kept_names_[name] = actor;
    else
      kept_names_.erase(name);
  });
}

void head::take_node_index(ticket_id ticket) {
  write([this, ticket] {
    machine_.number_given(world_.time.now(), ticket, ++last_index_);
  });
}

void head::take_job_number(ticket_id ticket) {
  write([this, ticket] {
    machine_.number_given(world_.time.now(), ticket, ++last_job_);
  });
}

void head::sync_store(ticket_id ticket) {
  write([this, ticket] { machine_.stored(world_.time.now(), ticket); }, 20'000);
}

// -- what it may say ----------------------------------------------------------

void head::to_link(link_id to, control_message message) {
  if (const auto* registered = std::get_if<node_registered>(&message)) {
    if (!kept_nodes_.contains(registered->index))
      world_.fail("node {} is told its index before it is stored",
                  registered->index);
  } else if (const auto* given = std::get_if<job_given>(&message)) {
    if (given->failure.empty() && !kept_jobs_.contains(given->job))
      world_.fail("job {} is told before it is stored", given->job);
  } else if (const auto* named = std::get_if<actor_name_answer>(&message)) {
    const bool kept = std::any_of(
      kept_names_.begin(), kept_names_.end(),
      [&](const auto& entry) { return entry.second == named->actor; });
    if (named->failure.empty() && !kept)
      world_.fail("actor {} is told its name before it is stored",
                  to_string(named->actor));
  } else if (const auto* dead = std::get_if<peer_dead>(&message)) {
    world_.declared_dead(dead->node);
  } else if (const auto* order = std::get_if<place_tasks>(&message)) {
    check(*order, to);
  }
  world_.to_node(to, std::move(message));
}

/// A second opinion: loads in their order, promises until their target shows
/// them or long after their time.
void head::see(const node_load& load) {
  for (const auto grant : load.grants_seen) {
    const auto at = promises_.find(grant);
    if (at != promises_.end() && at->second.target == load.node)
      promises_.erase(at);
  }
  // A void grant's room may be used again; how soon is the machine's choice.
  for (const auto grant : load.grants_done)
    if (const auto at = promises_.find(grant); at != promises_.end())
      at->second.made
        = std::min(at->second.made,
                   world_.time.now() - machine_.options().grant_timeout_us
                     + machine_.options().grant_settle_us);
  auto& known = loads_[load.node];
  if (load.sequence > known.sequence)
    known = load;
}

void head::check(const place_tasks& order, link_id to) {
  const auto now = world_.time.now();
  const auto target = machine_.nodes().find(order.target);
  if (target == machine_.nodes().end()
      || target->second.state != node_state::alive)
    world_.fail("tasks are placed on {}, which is not alive",
                node_name(order.target));
  // Short tasks share a slot.
  std::uint32_t slots = order.count;
  node_index from = 0;
  std::set<node_index> dead;
  for (const auto& [index, source] : machine_.nodes()) {
    if (source.state == node_state::dead)
      dead.insert(index);
    if (source.link != to)
      continue;
    from = index;
    for (const auto& shape : source.load.waiting)
      if (shape.demand == order.demand && shape.wish == order.wish
          && shape.near == order.near)
        slots = 1 + (order.count - 1) / std::max(shape.per_slot, 1u);
  }
  std::erase_if(promises_, [&](const auto& entry) {
    return entry.second.made + machine_.options().grant_timeout_us <= now
           || dead.contains(entry.second.source);
  });
  auto room = loads_[order.target].available;
  for (const auto& [grant, made] : promises_)
    if (made.target == order.target)
      for (std::uint32_t i = 0; i < made.slots; ++i)
        room -= made.demand;
  if (room.times(order.demand, slots) < slots)
    world_.fail("{} tasks for {} of {} are placed on {}, which has room for {}",
                order.count, slots, to_string(order.demand),
                node_name(order.target), to_string(room));
  world_.granted[order.grant] = order.count;
  promises_[order.grant] = {from, order.target, order.demand, slots, now};
  world_.trace("head places {} of {} on {}", order.count,
               to_string(order.demand), node_name(order.target));
}

} // namespace rayd::simulation
