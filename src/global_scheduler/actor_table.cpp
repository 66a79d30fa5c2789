#include "global_scheduler/actor_table.hpp"

#include "wire/failure_record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rayd {

actor_table::actor_table(const head_options& options, head_effects& out)
  : options_(options), out_(out) {}

void actor_table::claim(const claim_actor_name& claim, link_id link,
                        node_index from, ticket_id ticket, time_us now) {
  const asker to{link, claim.request};
  if (claim.actor.home() != from || claim.name.empty())
    return;
  const auto known = actors_.find(claim.actor);
  if (known != actors_.end() && known->second.state == actor_state::dead) {
    refuse(to, ray::errc::actor_died, "the actor is dead");
    return;
  }
  const auto at = names_.find(claim.name);
  if (at != names_.end() && at->second.actor != claim.actor) {
    refuse(to, ray::errc::name_taken,
           fmt::format("the name \"{}\" belongs to actor {}, which lives; "
                       "choose another one, or get_actor it",
                       claim.name, to_string(at->second.actor)));
    return;
  }
  if (at != names_.end()) {
    if (at->second.stored)
      answer(to, claim.actor);
    else
      at->second.claims.push_back(to);
    return;
  }
  auto& actor = actors_[claim.actor];
  actor.id = claim.actor;
  actor.name = claim.name;
  actor.interface = claim.interface;
  actor.created = now;
  names_[claim.name] = {claim.actor, false, {to}, {}};
  unstored_[ticket] = {claim.name, claim.actor};
  out_.store_actor(actor);
  out_.store_name(claim.name, claim.actor);
  out_.sync_store(ticket);
  if (options_.faults.answer_before_stored)
    answer(to, claim.actor);
}

void actor_table::find(const find_actor_name& wanted, link_id link) {
  const asker to{link, wanted.request};
  const auto at = names_.find(wanted.name);
  if (at == names_.end())
    no_such(to, wanted.name);
  else if (at->second.stored)
    answer(to, at->second.actor);
  else
    at->second.finds.push_back(to);
}

/// The name that *ticket* was for, if it still belongs to that actor.
actor_table::name_entry* actor_table::pending(ticket_id ticket,
                                              pending_claim& claim) {
  const auto ticketed = unstored_.find(ticket);
  if (ticketed == unstored_.end())
    return nullptr;
  claim = std::move(ticketed->second);
  unstored_.erase(ticketed);
  const auto at = names_.find(claim.name);
  return at != names_.end() && at->second.actor == claim.actor ? &at->second
                                                               : nullptr;
}

void actor_table::stored(ticket_id ticket) {
  pending_claim claim;
  auto* known = pending(ticket, claim);
  if (known == nullptr)
    return;
  auto& entry = *known;
  entry.stored = true;
  for (const auto& to : std::exchange(entry.claims, {}))
    answer(to, entry.actor);
  for (const auto& to : std::exchange(entry.finds, {}))
    answer(to, entry.actor);
}

void actor_table::store_failed(ticket_id ticket, const std::string& reason) {
  pending_claim claim;
  auto* known = pending(ticket, claim);
  if (known == nullptr)
    return;
  const auto& name = claim.name;
  const auto entry = std::move(*known);
  names_.erase(name);
  actors_.erase(entry.actor);
  out_.store_name(name, {});
  for (const auto& to : entry.claims)
    refuse(to, ray::errc::connection_failed,
           fmt::format("the name \"{}\" cannot be registered: {}", name,
                       reason));
  for (const auto& to : entry.finds)
    no_such(to, name);
}

void actor_table::change(const actor_changed& changed, node_index from,
                         time_us now) {
  if (changed.actor.home() != from)
    return;
  auto& actor = actors_[changed.actor];
  if (!actor.id) {
    actor.id = changed.actor;
    actor.created = now;
    actor.name = changed.name;
    actor.interface = changed.interface;
  }
  if (actor.state == actor_state::dead)
    return;
  actor.node = changed.node;
  actor.pid = changed.pid;
  actor.restarts = changed.restarts;
  actor.max_restarts = changed.max_restarts;
  actor.detached = changed.detached;
  if (changed.state == to_string(actor_state::dead)) {
    die(actor, changed.reason, now);
    return;
  }
  for (const auto state : {actor_state::alive, actor_state::restarting})
    if (changed.state == to_string(state))
      actor.state = state;
  out_.store_actor(actor);
}

void actor_table::node_gone(node_index node, const std::string& why,
                            time_us now) {
  // Of an actor that lived there its home says what becomes of it.
  std::vector<object_id> gone;
  for (const auto& [id, actor] : actors_)
    if (actor.state != actor_state::dead && id.home() == node)
      gone.push_back(id);
  for (const auto& id : gone)
    die(actors_.at(id),
        fmt::format("node {} is gone: {}", node_name(node), why), now);
}

std::uint32_t actor_table::alive_on(node_index node) const {
  return static_cast<std::uint32_t>(std::count_if(
    actors_.begin(), actors_.end(), [&](const auto& entry) {
      return entry.second.node == node
             && entry.second.state == actor_state::alive;
    }));
}

void actor_table::answer(const asker& to, const object_id& actor) {
  const auto at = actors_.find(actor);
  out_.to_link(to.link,
               actor_name_answer{to.request, actor,
                                 at == actors_.end() ? std::string{}
                                                     : at->second.interface,
                                 {}});
}

void actor_table::refuse(const asker& to, ray::errc code,
                         const std::string& why) {
  out_.to_link(to.link, actor_name_answer{
                          to.request, {}, {}, encode_failure(code, why)});
}

void actor_table::no_such(const asker& to, const std::string& name) {
  refuse(to, ray::errc::no_such_actor,
         fmt::format("no actor with the name \"{}\" lives in this cluster",
                     name));
}

void actor_table::die(actor_record& actor, const std::string& why,
                      time_us now) {
  actor.state = actor_state::dead;
  actor.reason = why;
  actor.ended = std::max<time_us>(now, 1);
  out_.store_actor(actor);
  free_name(actor);
  dead_.push_back(actor.id);
  if (dead_.size() > options_.dead_actors_kept) {
    actors_.erase(dead_.front());
    dead_.pop_front();
  }
}

void actor_table::free_name(const actor_record& actor) {
  const auto at = names_.find(actor.name);
  if (at == names_.end() || at->second.actor != actor.id)
    return;
  const auto entry = std::move(at->second);
  names_.erase(at);
  out_.store_name(actor.name, {});
  for (const auto& to : entry.claims)
    refuse(to, ray::errc::actor_died, "the actor died: " + actor.reason);
  for (const auto& to : entry.finds)
    no_such(to, actor.name);
}

} // namespace rayd
