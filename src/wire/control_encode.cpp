#include "wire/control.hpp"
#include "wire/schema_types.hpp"

#include "wire/schema/control.capnp.h"

#include <capnp/message.h>

#include <iterator>

namespace rayd {

namespace {

void write_amounts(capnp::List<schema::Amount>::Builder to,
                   const resource_set& set) {
  unsigned next = 0;
  for (const auto& [name, units] : set) {
    to[next].setName(name);
    to[next++].setUnits(units);
  }
}

unsigned size_of(const resource_set& set) {
  return static_cast<unsigned>(std::distance(set.begin(), set.end()));
}

void write_node(schema::Node::Builder to, const node_entry& node) {
  to.setIndex(node.index);
  to.setHost(node.host);
  to.setPort(node.port);
  to.setPid(node.pid);
  to.setState(node.state);
  write_amounts(to.initTotal(size_of(node.total)), node.total);
  auto labels = to.initLabels(list_size(node.labels));
  for (unsigned i = 0; i < labels.size(); ++i) {
    labels[i].setKey(node.labels[i].first);
    labels[i].setValue(node.labels[i].second);
  }
  to.setStoreBytes(node.store_bytes);
}

template <class Parent>
void write_wish(Parent to, const node_wish& wish) {
  if (wish == node_wish{})
    return;
  auto out = to.initWish();
  out.setWhere(static_cast<std::uint8_t>(wish.where));
  out.setPlace(wish.place);
  out.setBundle(wish.bundle);
  auto labels = out.initLabels(list_size(wish.labels));
  unsigned next = 0;
  for (const auto& [key, value] : wish.labels) {
    labels[next].setKey(key);
    labels[next++].setValue(value);
  }
}

void write_shapes(capnp::List<schema::ShapeLoad>::Builder to,
                  const std::vector<shape_load>& shapes) {
  for (unsigned i = 0; i < to.size(); ++i) {
    const auto& shape = shapes[i];
    write_amounts(to[i].initDemand(size_of(shape.demand)), shape.demand);
    to[i].setWaiting(shape.waiting);
    to[i].setPerSlot(shape.per_slot);
    to[i].setNear(shape.near);
    write_wish(to[i], shape.wish);
  }
}

void write_serials(capnp::List<std::uint64_t>::Builder to,
                   const std::vector<std::uint64_t>& numbers) {
  for (unsigned i = 0; i < to.size(); ++i)
    to.set(i, numbers[i]);
}

void write_actor(schema::ActorId::Builder to, const object_id& id) {
  to.setHi(id.hi);
  to.setLo(id.lo);
}

void put(schema::Control::Builder out, const register_node& x) {
  write_node(out.initRegisterNode(), x.node);
}

void write_figures(schema::NodeFigures::Builder to, const node_figures& x) {
  to.setCpu(x.cpu);
  to.setMemoryUsed(x.memory_used);
  to.setMemoryTotal(x.memory_total);
  to.setNetworkIn(x.network_in);
  to.setNetworkOut(x.network_out);
  to.setDiskRead(x.disk_read);
  to.setDiskWrite(x.disk_write);
}

void put(schema::Control::Builder out, const node_load& x) {
  auto to = out.initNodeLoad();
  to.setNode(x.node);
  to.setEpoch(x.epoch);
  to.setSequence(x.sequence);
  write_amounts(to.initAvailable(size_of(x.available)), x.available);
  write_shapes(to.initWaiting(list_size(x.waiting)), x.waiting);
  write_shapes(to.initSpread(list_size(x.spread)), x.spread);
  write_serials(to.initGrantsSeen(list_size(x.grants_seen)), x.grants_seen);
  write_serials(to.initGrantsDone(list_size(x.grants_done)), x.grants_done);
  to.setStoreUsed(x.store_used);
  to.setStoreSpilled(x.store_spilled);
  to.setWorkers(x.workers);
  to.setRunning(x.running);
  to.setQueued(x.queued);
  to.setFinished(x.finished);
  to.setDraining(x.draining);
  to.setBlocked(x.blocked);
  if (x.figures != node_figures{})
    write_figures(to.initFigures(), x.figures);
}

void put(schema::Control::Builder out, const node_leaves& x) {
  auto to = out.initNodeLeaves();
  to.setNode(x.node);
  to.setReason(x.reason);
}

void put(schema::Control::Builder out, const begin_job& x) {
  auto to = out.initBeginJob();
  to.setRequest(x.request);
  to.setNode(x.node);
  to.setDriverPid(x.driver_pid);
  to.setName(x.name);
  to.setProgram(x.program);
}

void put(schema::Control::Builder out, const job_ended& x) {
  auto to = out.initJobEnded();
  to.setJob(x.job);
  to.setState(x.state);
}

void put(schema::Control::Builder out, const claim_actor_name& x) {
  auto to = out.initClaimActorName();
  to.setRequest(x.request);
  to.setName(x.name);
  write_actor(to.initActor(), x.actor);
  to.setInterface(x.interface);
}

void put(schema::Control::Builder out, const find_actor_name& x) {
  auto to = out.initFindActorName();
  to.setRequest(x.request);
  to.setName(x.name);
}

void put(schema::Control::Builder out, const actor_changed& x) {
  auto to = out.initActorChanged();
  write_actor(to.initActor(), x.actor);
  to.setName(x.name);
  to.setInterface(x.interface);
  to.setState(x.state);
  to.setNode(x.node);
  to.setPid(x.pid);
  to.setReason(x.reason);
  to.setRestarts(x.restarts);
  to.setMaxRestarts(x.max_restarts);
  to.setDetached(x.detached);
}

void put(schema::Control::Builder out, const mirror_records& x) {
  auto to = out.initMirrorRecords();
  to.setNode(x.node);
  to.setTasks(as_data(x.tasks));
  to.setObjects(as_data(x.objects));
}

void put(schema::Control::Builder out, const cluster_query& x) {
  auto to = out.initClusterQuery();
  to.setRequest(x.request);
  to.setText(x.text);
}

void put(schema::Control::Builder out, const node_registered& x) {
  auto to = out.initNodeRegistered();
  to.setIndex(x.index);
  to.setEpoch(x.epoch);
  to.setClusterId(x.cluster_id);
  to.setHeartbeatMs(x.heartbeat_ms);
  auto peers = to.initPeers(list_size(x.peers));
  for (unsigned i = 0; i < peers.size(); ++i)
    write_node(peers[i], x.peers[i]);
}

void put(schema::Control::Builder out, const node_refused& x) {
  out.setNodeRefused(x.reason);
}

void put(schema::Control::Builder out, const peer_joined& x) {
  auto to = out.initPeerJoined();
  to.setEpoch(x.epoch);
  write_node(to.initNode(), x.node);
}

void put(schema::Control::Builder out, const peer_dead& x) {
  auto to = out.initPeerDead();
  to.setEpoch(x.epoch);
  to.setNode(x.node);
  to.setReason(x.reason);
}

void put(schema::Control::Builder out, const place_tasks& x) {
  auto to = out.initPlaceTasks();
  to.setEpoch(x.epoch);
  to.setGrant(x.grant);
  write_amounts(to.initDemand(size_of(x.demand)), x.demand);
  to.setCount(x.count);
  to.setTarget(x.target);
  to.setNear(x.near);
  write_wish(to, x.wish);
}

void put(schema::Control::Builder out, const shape_verdict& x) {
  auto to = out.initShapeVerdict();
  to.setEpoch(x.epoch);
  write_amounts(to.initDemand(size_of(x.demand)), x.demand);
  write_wish(to, x.wish);
  to.setNever(x.never);
  to.setText(x.text);
}

void put(schema::Control::Builder out, const job_given& x) {
  auto to = out.initJobGiven();
  to.setRequest(x.request);
  to.setJob(x.job);
  to.setFailure(as_data(x.failure));
}

void put(schema::Control::Builder out, const actor_name_answer& x) {
  auto to = out.initActorNameAnswer();
  to.setRequest(x.request);
  write_actor(to.initActor(), x.actor);
  to.setInterface(x.interface);
  to.setFailure(as_data(x.failure));
}

void put(schema::Control::Builder out, const cluster_answer& x) {
  auto to = out.initClusterAnswer();
  to.setRequest(x.request);
  to.setText(x.text);
  to.setFailure(as_data(x.failure));
}

void put(schema::Control::Builder out, const group_request& x) {
  auto to = out.initGroupRequest();
  to.setNode(x.node);
  write_actor(to.initGroup(), x.group);
  to.setJob(x.job);
  auto bundles = to.initBundles(list_size(x.bundles));
  for (unsigned i = 0; i < bundles.size(); ++i) {
    bundles[i].setIndex(i);
    write_amounts(bundles[i].initResources(size_of(x.bundles[i])),
                  x.bundles[i]);
  }
  to.setStrategy(x.strategy);
  to.setName(x.name);
  to.setRemove(x.remove);
}

void put(schema::Control::Builder out, const bundle_order& x) {
  auto to = out.initBundleOrder();
  to.setEpoch(x.epoch);
  write_actor(to.initGroup(), x.group);
  to.setJob(x.job);
  to.setAttempt(x.attempt);
  to.setWhat(x.what);
  auto bundles = to.initBundles(list_size(x.bundles));
  for (unsigned i = 0; i < bundles.size(); ++i) {
    bundles[i].setIndex(x.bundles[i].index);
    write_amounts(
      bundles[i].initResources(size_of(x.bundles[i].resources)),
      x.bundles[i].resources);
  }
}

void put(schema::Control::Builder out, const bundle_answer& x) {
  auto to = out.initBundleAnswer();
  to.setNode(x.node);
  write_actor(to.initGroup(), x.group);
  to.setAttempt(x.attempt);
  to.setReserved(x.reserved);
}

void put(schema::Control::Builder out, const group_news& x) {
  auto to = out.initGroupNews();
  to.setEpoch(x.epoch);
  write_actor(to.initGroup(), x.group);
  to.setNow(x.now);
  to.setText(x.text);
}

void write_ids(capnp::List<schema::ActorId>::Builder to,
               const std::vector<object_id>& ids) {
  for (unsigned i = 0; i < to.size(); ++i)
    write_actor(to[i], ids[i]);
}

void put(schema::Control::Builder out, const wait_question& x) {
  auto to = out.initWaitQuestion();
  to.setEpoch(x.epoch);
  to.setRound(x.round);
  to.setBlocked(x.blocked);
  write_ids(to.initIds(list_size(x.ids)), x.ids);
}

void put(schema::Control::Builder out, const wait_answer& x) {
  auto to = out.initWaitAnswer();
  to.setNode(x.node);
  to.setRound(x.round);
  auto states = to.initStates(list_size(x.states));
  for (unsigned i = 0; i < states.size(); ++i) {
    const auto& from = x.states[i];
    auto state = states[i];
    write_actor(state.initId(), from.id);
    state.setWhat(static_cast<std::uint8_t>(from.what));
    state.setNeed(from.need);
    write_ids(state.initOn(list_size(from.on)), from.on);
    write_amounts(state.initAmount(size_of(from.amount)), from.amount);
    write_wish(state, from.wish);
    state.setNode(from.node);
    state.setAttempt(from.attempt);
    state.setNumber(from.number);
    state.setJob(from.job);
    state.setTitle(from.title);
  }
}

void put(schema::Control::Builder out, const deadlock_news& x) {
  auto to = out.initDeadlockNews();
  to.setEpoch(x.epoch);
  to.setJob(x.job);
  to.setText(x.text);
}

} // namespace

std::string encode_control(const control_message& message) {
  capnp::MallocMessageBuilder builder;
  auto root = builder.initRoot<schema::Control>();
  std::visit([&](const auto& x) { put(root, x); }, message);
  return to_bytes(builder);
}

} // namespace rayd
