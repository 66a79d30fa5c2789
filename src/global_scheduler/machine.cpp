#include "global_scheduler/machine.hpp"

#include "base/overloaded.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>

namespace rayd {

head_machine::head_machine(head_options options, head_effects& out)
  : options_(std::move(options)),
    out_(out),
    grants_(options_),
    jobs_(options_, out),
    actors_(options_, out),
    groups_(options_,
            [this](node_index to, control_message message) {
              out_.to_link(link_to(to), std::move(message));
            }),
    deadlocks_(
      options_,
      [this](node_index to, control_message message) {
        out_.to_link(link_to(to), std::move(message));
      },
      [this](const std::string& group, std::uint32_t bundle) {
        return groups_.resources_of(group, bundle);
      }) {}

void head_machine::on_message(time_us now, link_id from,
                              const control_message& message) {
  now_ = now;
  if (const auto* registers = std::get_if<register_node>(&message)) {
    on(from, *registers);
    return;
  }
  auto* node = find(from);
  if (node == nullptr || !node->announced)
    return;
  if (node->state == node_state::dead) {
    // It was silent too long and does not know that it is dead.
    out_.to_link(from, peer_dead{options_.epoch, node->entry.index,
                                 node->reason});
    return;
  }
  node->heard = now;
  if (node->state == node_state::suspect)
    set_state(*node, node->load.draining ? node_state::draining
                                         : node_state::alive);
  std::visit(
    [&](const auto& x) {
      if constexpr (requires { on(*node, x); })
        on(*node, x);
    },
    message);
}

// -- registration -------------------------------------------------------------

void head_machine::on(link_id from, const register_node& x) {
  if (const auto known = links_.find(from); known != links_.end()) {
    const auto node = nodes_.find(known->second);
    if (node != nodes_.end() && node->second.announced
        && node->second.state != node_state::dead)
      announce(node->second);
    return;
  }
  const auto ticket = ++last_ticket_;
  links_[from] = 0;
  registering_[ticket] = {from, x.node};
  out_.take_node_index(ticket);
}

void head_machine::number_given(time_us now, ticket_id ticket,
                                std::uint32_t number) {
  now_ = now;
  const auto at = registering_.find(ticket);
  if (at == registering_.end()) {
    jobs_.number_given(ticket, number, link_to(jobs_.waiting_node(ticket)));
    return;
  }
  auto [link, entry] = std::move(at->second);
  registering_.erase(at);
  if (!links_.contains(link))
    return; // It went before it had a number.
  links_[link] = number;
  auto& node = nodes_[number];
  node.entry = std::move(entry);
  node.entry.index = number;
  node.entry.state = to_string(node_state::alive);
  node.link = link;
  node.joined = node.heard = now;
  unstored_nodes_[ticket] = number;
  out_.store_node(node);
  out_.sync_store(ticket);
}

void head_machine::stored(time_us now, ticket_id ticket) {
  now_ = now;
  const auto at = unstored_nodes_.find(ticket);
  if (at == unstored_nodes_.end()) {
    jobs_.stored(ticket, link_to(jobs_.waiting_node(ticket)));
    actors_.stored(ticket);
    return;
  }
  const auto node = nodes_.find(at->second);
  unstored_nodes_.erase(at);
  if (node == nodes_.end() || node->second.state == node_state::dead)
    return;
  node->second.heard = now;
  node->second.announced = true;
  announce(node->second);
  for (const auto& [index, other] : nodes_)
    if (index != node->first && other.announced
        && other.state != node_state::dead)
      out_.to_link(other.link, peer_joined{options_.epoch, node->second.entry});
}

void head_machine::announce(node_record& node) {
  node_registered answer{node.entry.index, options_.epoch, options_.cluster_id,
                         options_.heartbeat_ms, {}};
  // All elders, also those that are told only after it: a node takes every
  // lower index that is not among them for dead.
  for (const auto& [index, other] : nodes_)
    if (index < node.entry.index && other.state != node_state::dead)
      answer.peers.push_back(other.entry);
  out_.to_link(node.link, answer);
}

void head_machine::store_failed(time_us now, ticket_id ticket,
                                const std::string& reason) {
  now_ = now;
  const auto refuse = [&](link_id link) {
    links_.erase(link);
    out_.to_link(link, node_refused{fmt::format(
                         "the head cannot register a node: {}", reason)});
  };
  if (const auto at = registering_.find(ticket); at != registering_.end()) {
    const auto link = at->second.first;
    registering_.erase(at);
    refuse(link);
  } else if (const auto node = unstored_nodes_.find(ticket);
             node != unstored_nodes_.end()) {
    const auto index = node->second;
    unstored_nodes_.erase(node);
    const auto link = nodes_[index].link;
    nodes_.erase(index);
    refuse(link);
  } else {
    jobs_.store_failed(ticket, reason, link_to(jobs_.waiting_node(ticket)));
    actors_.store_failed(ticket, reason);
  }
}

// -- life and death -----------------------------------------------------------

void head_machine::link_lost(time_us now, link_id link,
                             const std::string& why) {
  now_ = now;
  auto* node = find(link);
  links_.erase(link);
  if (node != nullptr && node->state != node_state::dead)
    die(*node, why);
}

void head_machine::die(node_record& node, const std::string& why) {
  const auto index = node.entry.index;
  node.ended = std::max<time_us>(now_, 1);
  node.reason = why;
  set_state(node, node_state::dead);
  // Also to itself: if it only was silent, it must end what it runs.
  for (const auto& [other, peer] : nodes_)
    if (peer.announced && (other == index || peer.state != node_state::dead))
      out_.to_link(peer.link, peer_dead{options_.epoch, index, why});
  if (!options_.faults.keep_dead_load)
    grants_.node_gone(index);
  jobs_.node_gone(index, why, now_);
  groups_.node_gone(index);
  for (const auto& [number, job] : jobs_.jobs())
    if (job.begun.node == index)
      groups_.job_gone(number);
  actors_.node_gone(index, why, now_);
  forget_old_dead();
}

void head_machine::forget_old_dead() {
  const auto is_dead = [](const auto& entry) {
    return entry.second.state == node_state::dead;
  };
  const auto dead = std::count_if(nodes_.begin(), nodes_.end(), is_dead);
  if (static_cast<std::size_t>(dead) <= options_.dead_nodes_kept)
    return;
  const auto oldest = std::find_if(nodes_.begin(), nodes_.end(), is_dead);
  links_.erase(oldest->second.link);
  nodes_.erase(oldest);
}

void head_machine::set_state(node_record& node, node_state state) {
  if (node.state == state)
    return;
  node.state = state;
  node.entry.state = to_string(state);
  out_.store_node(node);
}

void head_machine::watch_silence() {
  const auto pause = last_turn_ == 0 ? 0 : now_ - last_turn_;
  last_turn_ = now_;
  for (auto& [index, node] : nodes_) {
    if (!node.announced || node.state == node_state::dead)
      continue;
    if (pause > options_.own_pause_us)
      node.heard = std::min(now_, node.heard + pause);
    const auto silence = now_ - node.heard;
    if (silence >= options_.dead_after_us)
      die(node, fmt::format("it was silent for {} ms", silence / 1000));
    else if (silence >= options_.suspect_after_us)
      set_state(node, node_state::suspect);
  }
}

node_record* head_machine::find(link_id link) {
  const auto at = links_.find(link);
  if (at == links_.end())
    return nullptr;
  const auto node = nodes_.find(at->second);
  return node == nodes_.end() ? nullptr : &node->second;
}

link_id head_machine::link_to(node_index node) const {
  const auto at = nodes_.find(node);
  return at == nodes_.end() ? 0 : at->second.link;
}

// -- what nodes say -----------------------------------------------------------

void head_machine::on(node_record& from, const node_load& x) {
  if (x.epoch != options_.epoch || x.node != from.entry.index)
    return;
  // What became of a grant is told once and stays true.
  grants_.seen(x.node, x.grants_seen);
  grants_.done(x.node, x.grants_done, now_);
  const bool old = x.sequence <= from.load.sequence;
  if (old && !options_.faults.accept_old_load)
    return;
  from.load = x;
  set_state(from, x.draining ? node_state::draining : node_state::alive);
}

void head_machine::on(node_record& from, const node_leaves& x) {
  if (x.node == from.entry.index)
    die(from, x.reason);
}

void head_machine::on(node_record& from, const begin_job& x) {
  if (x.node == from.entry.index)
    jobs_.begin(x, from.link, ++last_ticket_, now_);
}

void head_machine::on(node_record& from, const job_ended& x) {
  jobs_.end(x, from.entry.index, now_);
  const auto job = jobs_.jobs().find(x.job);
  if (job == jobs_.jobs().end() || job->second.ended != 0)
    groups_.job_gone(x.job);
}

void head_machine::on(node_record& from, const claim_actor_name& x) {
  actors_.claim(x, from.link, from.entry.index, ++last_ticket_, now_);
}

void head_machine::on(node_record& from, const find_actor_name& x) {
  actors_.find(x, from.link);
}

void head_machine::on(node_record& from, const actor_changed& x) {
  actors_.change(x, from.entry.index, now_);
}

void head_machine::on(node_record& from, const mirror_records& x) {
  if (x.node == from.entry.index)
    out_.store_mirror(x.node, x);
}

void head_machine::on(node_record& from, const cluster_query& x) {
  out_.answer_query(from.link, x);
}

void head_machine::on(node_record& from, const group_request& x) {
  groups_.request(x, from.entry.index, now_);
}

void head_machine::on(node_record& from, const bundle_answer& x) {
  groups_.answered(x, from.entry.index, now_);
}

void head_machine::on(node_record& from, const wait_answer& x) {
  deadlocks_.answered(now_, x, from.entry.index, nodes_);
}

void head_machine::on(node_record& from, const cluster_answer& x) {
  out_.node_answered(from.entry.index, x);
}

} // namespace rayd
