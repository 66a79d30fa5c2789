@0x9f3d6e21a7c4b085;
# Messages between node agents and the global scheduler; wire/control.hpp has
# a C++ struct for each and says who sends it and why.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("rayd::schema");

struct ActorId {
  hi @0 :UInt64;
  lo @1 :UInt64;
}

struct Amount {
  name @0 :Text;
  units @1 :Int64;
  # Ten-thousandths.
}

struct Label {
  key @0 :Text;
  value @1 :Text;
}

struct Node {
  index @0 :UInt32;
  host @1 :Text;
  port @2 :UInt16;
  pid @3 :Int64;
  state @4 :Text;
  total @5 :List(Amount);
  labels @6 :List(Label);
  storeBytes @7 :UInt64;
}

struct NodeWish {
  # wire/node_wish.hpp; absent: any node will do.
  where @0 :UInt8;
  place @1 :Text;
  bundle @2 :UInt32;
  labels @3 :List(Label);
}

struct ShapeLoad {
  demand @0 :List(Amount);
  waiting @1 :UInt32;
  perSlot @2 :UInt32 = 1;
  # Of these tasks, how many one slot ends within 10 ms.
  wish @3 :NodeWish;
  near @4 :UInt32;
}

struct NodeFigures {
  cpu @0 :UInt32;
  # Ten-thousandths.
  memoryUsed @1 :UInt64;
  memoryTotal @2 :UInt64;
  networkIn @3 :UInt64;
  # Bytes a second, as are the others.
  networkOut @4 :UInt64;
  diskRead @5 :UInt64;
  diskWrite @6 :UInt64;
}

struct NodeLoad {
  node @0 :UInt32;
  epoch @1 :UInt64;
  sequence @2 :UInt64;
  available @3 :List(Amount);
  waiting @4 :List(ShapeLoad);
  grantsSeen @5 :List(UInt64);
  grantsDone @6 :List(UInt64);
  storeUsed @7 :UInt64;
  workers @8 :UInt32;
  running @9 :UInt32;
  queued @10 :UInt32;
  finished @11 :UInt64;
  draining @12 :Bool;
  spread @13 :List(ShapeLoad);
  blocked @14 :UInt32;
  storeSpilled @15 :UInt64;
  figures @16 :NodeFigures;
}

struct NodeReason {
  epoch @0 :UInt64;
  node @1 :UInt32;
  reason @2 :Text;
}

struct BeginJob {
  request @0 :UInt64;
  node @1 :UInt32;
  driverPid @2 :Int64;
  name @3 :Text;
  program @4 :Text;
}

struct JobEnded {
  job @0 :UInt32;
  state @1 :Text;
}

struct ActorName {
  request @0 :UInt64;
  name @1 :Text;
  actor @2 :ActorId;
  interface @3 :Text;
  failure @4 :Data;
}

struct ActorChanged {
  actor @0 :ActorId;
  name @1 :Text;
  interface @2 :Text;
  state @3 :Text;
  node @4 :UInt32;
  pid @5 :Int64;
  reason @6 :Text;
  restarts @7 :Int32;
  maxRestarts @8 :Int32;
  detached @9 :Bool;
}

struct MirrorRecords {
  node @0 :UInt32;
  tasks @1 :Data;
  objects @2 :Data;
  # Encoded blocks, see records.capnp.
}

struct ClusterQuery {
  request @0 :UInt64;
  text @1 :Text;
  failure @2 :Data;
}

struct Registered {
  index @0 :UInt32;
  epoch @1 :UInt64;
  clusterId @2 :Text;
  heartbeatMs @3 :UInt32;
  peers @4 :List(Node);
}

struct PeerJoined {
  epoch @0 :UInt64;
  node @1 :Node;
}

struct PlaceTasks {
  epoch @0 :UInt64;
  grant @1 :UInt64;
  demand @2 :List(Amount);
  count @3 :UInt32;
  target @4 :UInt32;
  wish @5 :NodeWish;
  near @6 :UInt32;
}

struct ShapeVerdict {
  epoch @0 :UInt64;
  demand @1 :List(Amount);
  wish @2 :NodeWish;
  never @3 :Bool;
  text @4 :Text;
}

struct JobGiven {
  request @0 :UInt64;
  job @1 :UInt32;
  failure @2 :Data;
}

struct GroupRequest {
  node @0 :UInt32;
  group @1 :ActorId;
  job @2 :UInt32;
  bundles @3 :List(Bundle);
  strategy @4 :UInt8;
  name @5 :Text;
  remove @6 :Bool;
}

struct Bundle {
  index @0 :UInt32;
  resources @1 :List(Amount);
}

struct BundleOrder {
  epoch @0 :UInt64;
  group @1 :ActorId;
  job @2 :UInt32;
  attempt @3 :UInt64;
  what @4 :UInt8;
  bundles @5 :List(Bundle);
}

struct BundleAnswer {
  node @0 :UInt32;
  group @1 :ActorId;
  attempt @2 :UInt64;
  reserved @3 :Bool;
}

struct GroupNews {
  epoch @0 :UInt64;
  group @1 :ActorId;
  now @2 :UInt8;
  text @3 :Text;
}

struct WaitState {
  id @0 :ActorId;
  what @1 :UInt8;
  need @2 :UInt32;
  on @3 :List(ActorId);
  amount @4 :List(Amount);
  wish @5 :NodeWish;
  node @6 :UInt32;
  attempt @7 :Int32;
  number @8 :UInt64;
  job @9 :UInt32;
  title @10 :Text;
}

struct WaitQuestion {
  epoch @0 :UInt64;
  round @1 :UInt64;
  blocked @2 :Bool;
  ids @3 :List(ActorId);
}

struct WaitAnswer {
  node @0 :UInt32;
  round @1 :UInt64;
  states @2 :List(WaitState);
}

struct DeadlockNews {
  epoch @0 :UInt64;
  job @1 :UInt32;
  text @2 :Text;
}

struct Control {
  union {
    registerNode @0 :Node;
    nodeLoad @1 :NodeLoad;
    nodeLeaves @2 :NodeReason;
    beginJob @3 :BeginJob;
    jobEnded @4 :JobEnded;
    claimActorName @5 :ActorName;
    findActorName @6 :ActorName;
    actorChanged @7 :ActorChanged;
    mirrorRecords @8 :MirrorRecords;
    clusterQuery @9 :ClusterQuery;
    nodeRegistered @10 :Registered;
    nodeRefused @11 :Text;
    peerJoined @12 :PeerJoined;
    peerDead @13 :NodeReason;
    placeTasks @14 :PlaceTasks;
    jobGiven @15 :JobGiven;
    actorNameAnswer @16 :ActorName;
    clusterAnswer @17 :ClusterQuery;
    shapeVerdict @18 :ShapeVerdict;
    groupRequest @19 :GroupRequest;
    bundleOrder @20 :BundleOrder;
    bundleAnswer @21 :BundleAnswer;
    groupNews @22 :GroupNews;
    waitQuestion @23 :WaitQuestion;
    waitAnswer @24 :WaitAnswer;
    deadlockNews @25 :DeadlockNews;
  }
}
