#include "wire/control.hpp"
#include "wire/schema_types.hpp"

#include "wire/schema/control.capnp.h"

#include <capnp/message.h>
#include <capnp/serialize.h>
#include <fmt/format.h>
#include <kj/exception.h>

#include <cstring>
#include <stdexcept>

namespace rayd {

namespace {

// A list of a few words can claim elements that are far larger as C++ structs.
constexpr unsigned list_max = 1 << 16;
constexpr unsigned amounts_max = 256;

template <class List>
List bounded(List list, unsigned limit) {
  if (list.size() > limit)
    throw std::invalid_argument{
      fmt::format("a list of {} elements, {} are allowed", list.size(), limit)};
  return list;
}

resource_set read_amounts(capnp::List<schema::Amount>::Reader from) {
  resource_set set;
  for (auto amount : bounded(from, amounts_max))
    set.set_units(amount.getName().cStr(), amount.getUnits());
  return set;
}

node_entry read(schema::Node::Reader from) {
  node_entry node;
  node.index = from.getIndex();
  node.host = from.getHost();
  node.port = from.getPort();
  node.pid = from.getPid();
  node.state = from.getState();
  node.total = read_amounts(from.getTotal());
  node.store_bytes = from.getStoreBytes();
  for (auto label : bounded(from.getLabels(), amounts_max))
    node.labels.emplace_back(label.getKey(), label.getValue());
  return node;
}

std::vector<std::uint64_t>
read_serials(capnp::List<std::uint64_t>::Reader from) {
  std::vector<std::uint64_t> numbers;
  numbers.reserve(from.size());
  for (auto number : from)
    numbers.push_back(number);
  return numbers;
}

object_id read(schema::ActorId::Reader from) {
  return {from.getHi(), from.getLo()};
}

/// @pre It has one.
node_wish read(schema::NodeWish::Reader from) {
  using placing = node_wish::placing;
  if (from.getWhere() > static_cast<std::uint8_t>(placing::in_bundle))
    throw std::invalid_argument{"unknown wish"};
  node_wish wish;
  wish.where = static_cast<placing>(from.getWhere());
  wish.place = from.getPlace();
  wish.bundle = from.getBundle();
  for (auto label : bounded(from.getLabels(), amounts_max))
    wish.labels[label.getKey()] = label.getValue();
  return wish;
}

template <class Parent>
node_wish wish_in(Parent from) {
  return from.hasWish() ? read(from.getWish()) : node_wish{};
}

std::vector<shape_load>
read_shapes(capnp::List<schema::ShapeLoad>::Reader from) {
  std::vector<shape_load> shapes;
  for (auto shape : bounded(from, list_max))
    shapes.push_back({read_amounts(shape.getDemand()), shape.getWaiting(),
                      std::max(shape.getPerSlot(), 1u), wish_in(shape),
                      shape.getNear()});
  return shapes;
}

node_figures read(schema::NodeFigures::Reader from) {
  return {from.getCpu(),        from.getMemoryUsed(), from.getMemoryTotal(),
          from.getNetworkIn(),  from.getNetworkOut(), from.getDiskRead(),
          from.getDiskWrite()};
}

node_load read(schema::NodeLoad::Reader from) {
  node_load load;
  load.node = from.getNode();
  load.epoch = from.getEpoch();
  load.sequence = from.getSequence();
  load.available = read_amounts(from.getAvailable());
  load.waiting = read_shapes(from.getWaiting());
  load.spread = read_shapes(from.getSpread());
  load.grants_seen = read_serials(from.getGrantsSeen());
  load.grants_done = read_serials(from.getGrantsDone());
  load.store_used = from.getStoreUsed();
  load.store_spilled = from.getStoreSpilled();
  load.workers = from.getWorkers();
  load.running = from.getRunning();
  load.queued = from.getQueued();
  load.finished = from.getFinished();
  load.draining = from.getDraining();
  load.blocked = from.getBlocked();
  if (from.hasFigures())
    load.figures = read(from.getFigures());
  return load;
}

actor_changed read(schema::ActorChanged::Reader from) {
  return {read(from.getActor()), from.getName(), from.getInterface(),
          from.getState(),       from.getNode(), from.getPid(),
          from.getReason(),      from.getRestarts(),
          from.getMaxRestarts(), from.getDetached()};
}

node_registered read(schema::Registered::Reader from) {
  node_registered registered{from.getIndex(),
                             from.getEpoch(),
                             from.getClusterId(),
                             from.getHeartbeatMs(),
                             {}};
  for (auto peer : bounded(from.getPeers(), list_max))
    registered.peers.push_back(read(peer));
  return registered;
}

group_request read(schema::GroupRequest::Reader from) {
  group_request request{from.getNode(), read(from.getGroup()), from.getJob(),
                        {}, from.getStrategy(), from.getName(),
                        from.getRemove()};
  for (auto bundle : bounded(from.getBundles(), list_max))
    request.bundles.push_back(read_amounts(bundle.getResources()));
  return request;
}

bundle_order read(schema::BundleOrder::Reader from) {
  bundle_order order{from.getEpoch(),   read(from.getGroup()), from.getJob(),
                     from.getAttempt(), from.getWhat(),        {}};
  for (auto bundle : bounded(from.getBundles(), list_max))
    order.bundles.push_back(
      {bundle.getIndex(), read_amounts(bundle.getResources())});
  return order;
}

std::vector<object_id>
read_ids(capnp::List<schema::ActorId>::Reader from) {
  std::vector<object_id> ids;
  for (auto id : bounded(from, list_max))
    ids.push_back(read(id));
  return ids;
}

wait_state read(schema::WaitState::Reader from) {
  if (from.getWhat() > wait_state::elsewhere)
    throw std::invalid_argument{"unknown wait"};
  return {read(from.getId()),
          static_cast<wait_state::kind>(from.getWhat()),
          from.getNeed(),
          read_ids(from.getOn()),
          read_amounts(from.getAmount()),
          wish_in(from),
          from.getNode(),
          from.getAttempt(),
          from.getNumber(),
          from.getJob(),
          from.getTitle()};
}

control_message from_waits(schema::Control::Reader from) {
  using schema::Control;
  switch (from.which()) {
    case Control::WAIT_QUESTION: {
      auto asked = from.getWaitQuestion();
      return wait_question{asked.getEpoch(), asked.getRound(),
                           asked.getBlocked(), read_ids(asked.getIds())};
    }
    case Control::WAIT_ANSWER: {
      wait_answer answer{from.getWaitAnswer().getNode(),
                         from.getWaitAnswer().getRound(),
                         {}};
      for (auto state : bounded(from.getWaitAnswer().getStates(), list_max))
        answer.states.push_back(read(state));
      return answer;
    }
    case Control::DEADLOCK_NEWS: {
      auto news = from.getDeadlockNews();
      return deadlock_news{news.getEpoch(), news.getJob(), news.getText()};
    }
    default: throw std::invalid_argument{"unknown message"};
  }
}

control_message from_groups(schema::Control::Reader from) {
  using schema::Control;
  switch (from.which()) {
    case Control::GROUP_REQUEST: return read(from.getGroupRequest());
    case Control::BUNDLE_ORDER: return read(from.getBundleOrder());
    case Control::BUNDLE_ANSWER: {
      auto answer = from.getBundleAnswer();
      return bundle_answer{answer.getNode(), read(answer.getGroup()),
                           answer.getAttempt(), answer.getReserved()};
    }
    case Control::GROUP_NEWS: {
      auto news = from.getGroupNews();
      return group_news{news.getEpoch(), read(news.getGroup()), news.getNow(),
                        news.getText()};
    }
    default: return from_waits(from);
  }
}

control_message from_node(schema::Control::Reader from) {
  using schema::Control;
  switch (from.which()) {
    case Control::REGISTER_NODE:
      return register_node{read(from.getRegisterNode())};
    case Control::NODE_LOAD: return read(from.getNodeLoad());
    case Control::NODE_LEAVES: {
      auto leaves = from.getNodeLeaves();
      return node_leaves{leaves.getNode(), leaves.getReason()};
    }
    case Control::BEGIN_JOB: {
      auto job = from.getBeginJob();
      return begin_job{job.getRequest(), job.getNode(), job.getDriverPid(),
                       job.getName(), job.getProgram()};
    }
    case Control::JOB_ENDED:
      return job_ended{from.getJobEnded().getJob(),
                       from.getJobEnded().getState()};
    case Control::CLAIM_ACTOR_NAME: {
      auto claim = from.getClaimActorName();
      return claim_actor_name{claim.getRequest(), claim.getName(),
                              read(claim.getActor()), claim.getInterface()};
    }
    case Control::FIND_ACTOR_NAME:
      return find_actor_name{from.getFindActorName().getRequest(),
                             from.getFindActorName().getName()};
    case Control::ACTOR_CHANGED: return read(from.getActorChanged());
    case Control::MIRROR_RECORDS: {
      auto records = from.getMirrorRecords();
      return mirror_records{records.getNode(), to_string(records.getTasks()),
                            to_string(records.getObjects())};
    }
    case Control::CLUSTER_QUERY:
      return cluster_query{from.getClusterQuery().getRequest(),
                           from.getClusterQuery().getText()};
    default: return from_groups(from);
  }
}

control_message from_any(schema::Control::Reader from) {
  using schema::Control;
  switch (from.which()) {
    case Control::NODE_REGISTERED: return read(from.getNodeRegistered());
    case Control::NODE_REFUSED: return node_refused{from.getNodeRefused()};
    case Control::PEER_JOINED:
      return peer_joined{from.getPeerJoined().getEpoch(),
                         read(from.getPeerJoined().getNode())};
    case Control::PEER_DEAD: {
      auto dead = from.getPeerDead();
      return peer_dead{dead.getEpoch(), dead.getNode(), dead.getReason()};
    }
    case Control::PLACE_TASKS: {
      auto place = from.getPlaceTasks();
      return place_tasks{place.getEpoch(), place.getGrant(),
                         read_amounts(place.getDemand()), place.getCount(),
                         place.getTarget(), wish_in(place), place.getNear()};
    }
    case Control::JOB_GIVEN:
      return job_given{from.getJobGiven().getRequest(),
                       from.getJobGiven().getJob(),
                       to_string(from.getJobGiven().getFailure())};
    case Control::ACTOR_NAME_ANSWER: {
      auto answer = from.getActorNameAnswer();
      return actor_name_answer{answer.getRequest(), read(answer.getActor()),
                               answer.getInterface(),
                               to_string(answer.getFailure())};
    }
    case Control::CLUSTER_ANSWER: {
      auto answer = from.getClusterAnswer();
      return cluster_answer{answer.getRequest(), answer.getText(),
                            to_string(answer.getFailure())};
    }
    case Control::SHAPE_VERDICT: {
      auto verdict = from.getShapeVerdict();
      return shape_verdict{verdict.getEpoch(),
                           read_amounts(verdict.getDemand()),
                           wish_in(verdict), verdict.getNever(),
                           verdict.getText()};
    }
    default: return from_node(from);
  }
}

failure bad_message(std::string_view why) {
  return {ray::errc::connection_failed,
          fmt::format("a control message cannot be read: {}", why)};
}

} // namespace

result<control_message> decode_control(std::string_view bytes) {
  if (bytes.size() < 16 || bytes.size() % sizeof(capnp::word) != 0
      || bytes.size() > control_bytes_max)
    return bad_message(fmt::format("{} bytes", bytes.size()));
  // Copied out of foreign memory before it is read, and so aligned.
  auto words = kj::heapArray<capnp::word>(bytes.size() / sizeof(capnp::word));
  std::memcpy(words.begin(), bytes.data(), bytes.size());
  try {
    capnp::ReaderOptions limits;
    limits.traversalLimitInWords = 4 * words.size() + 64;
    limits.nestingLimit = 16;
    capnp::FlatArrayMessageReader reader{words, limits};
    return from_any(reader.getRoot<schema::Control>());
  } catch (const kj::Exception& error) {
    return bad_message(error.getDescription().cStr());
  } catch (const std::exception& error) {
    return bad_message(error.what());
  }
}

} // namespace rayd
