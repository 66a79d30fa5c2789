#include "node/node_agent.hpp"

#include "base/log.hpp"
#include "base/overloaded.hpp"
#include "node/figures_reader.hpp"

#include <caf/actor_system.hpp>
#include <caf/behavior.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace rayd {

namespace {

using sample_atom = caf::atom_constant<caf::atom("sample")>;

constexpr std::chrono::seconds sample_interval{1};

std::int64_t steady_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
           std::chrono::steady_clock::now().time_since_epoch())
    .count();
}

struct node_agent_state {
  static inline const char* name = "node-agent";

  void on_registered(const node_registered& news);
  void on_peer_joined(const node_entry& peer);
  void on_peer_dead(const peer_dead& news);
  void on_link_lost(node_index node);
  void on_sample();

  node_agent_options options;
  node_index self = 0;
  std::uint64_t epoch = 0;
  figures_reader figures;
};

void node_agent_state::on_registered(const node_registered& news) {
  if (self != 0)
    return;
  self = news.index;
  epoch = news.epoch;
  cluster_joined joined{news.index, news.epoch, news.cluster_id,
                        news.heartbeat_ms, {}};
  for (const auto& peer : news.peers)
    joined.elders.push_back(peer.index);
  std::sort(joined.elders.begin(), joined.elders.end());
  options.dialler->introduce(self, news.cluster_id);
  caf::anon_send(options.scheduler, joined);
  for (const auto& peer : news.peers) {
    on_peer_joined(peer);
    const bool linked = peer.index == options.head.index || peer.port == 0;
    if (peer.index != self && !linked)
      options.dialler->dial(peer);
  }
  options.joined(joined);
}

void node_agent_state::on_peer_joined(const node_entry& peer) {
  // The head is reached as we dialled it, whatever it calls itself.
  const auto& at = peer.index == options.head.index ? options.head : peer;
  caf::anon_send(options.transfer, node_address{peer.index, at.host, at.port});
}

void node_agent_state::on_peer_dead(const peer_dead& news) {
  if (news.epoch < epoch)
    return;
  if (news.node == self) {
    options.expelled(fmt::format("the head calls this node dead: {}",
                                 news.reason));
    return;
  }
  options.dialler->forget(news.node);
  caf::anon_send(options.scheduler, node_is_dead{news.node, news.reason});
}

void node_agent_state::on_link_lost(node_index node) {
  options.dialler->forget(node);
  if (node == options.head.index)
    options.expelled("the head of the cluster is gone");
}

void node_agent_state::on_sample() {
  if (auto now = figures.read(steady_us(), read_machine_texts()))
    caf::anon_send(options.scheduler, machine_figures{*now});
}

caf::behavior node_agent(caf::stateful_actor<node_agent_state>* self,
                         node_agent_options options) {
  auto& state = self->state;
  state.options = std::move(options);
  self->set_default_handler(caf::drop);
  self->send(self, sample_atom::value);
  return {
    [self, &state](sample_atom) {
      self->delayed_send(self, sample_interval, sample_atom::value);
      state.on_sample();
    },
    [&state](const membership_news& news) {
      std::visit(overloaded{
                   [&](const node_registered& x) { state.on_registered(x); },
                   [&](const node_refused& x) {
                     state.options.expelled(
                       fmt::format("the head refuses this node: {}", x.reason));
                   },
                   [&](const peer_joined& x) { state.on_peer_joined(x.node); },
                   [&](const peer_dead& x) { state.on_peer_dead(x); },
                   [](const auto&) {},
                 },
                 news.message);
    },
    [&state](const peer_link_lost& lost) { state.on_link_lost(lost.node); },
  };
}

} // namespace

caf::actor spawn_node_agent(caf::actor_system& system,
                            node_agent_options options) {
  return system.spawn(node_agent, std::move(options));
}

} // namespace rayd
