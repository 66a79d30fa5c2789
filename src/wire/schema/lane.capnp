@0xd0b1f6a5c3e24719;
# What travels in a task lane: one Batch per message, records in lane order.
# wire/lane_records.hpp has a C++ struct for each record of the union and says
# who sends it to whom; here stand the types and their units.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("rayd::schema");

struct ObjectId {
  hi @0 :UInt64;
  # Home (24 bits), job (24 bits), hash (16 bits).
  lo @1 :UInt64;
  # Hash.
}

struct Ids {
  words @0 :List(UInt64);
  # hi and lo of each id in turn.
}

struct Resource {
  name @0 :Text;
  units @1 :Int64;
  # Ten-thousandths.
}

struct Text2 {
  key @0 :Text;
  value @1 :Text;
}

struct TaskWishes {
  # wire/task_wishes.hpp.
  where @0 :UInt8;
  place @1 :Text;
  bundle @2 :UInt32;
  labels @3 :List(Text2);
  env @4 :List(Text2);
  priority @5 :Int32;
  timeoutMs @6 :Int64;
  retryExceptions @7 :Bool;
  maxRestarts @8 :Int32;
  maxTaskRetries @9 :Int32;
  maxConcurrency @10 :Int32 = 1;
  maxPendingCalls @11 :Int32 = -1;
  detached @12 :Bool;
  getIfExists @13 :Bool;
  durable @14 :Bool;
  shared @15 :Bool;
}

struct TaskSpec {
  id @0 :ObjectId;
  parent @1 :ObjectId;
  job @2 :UInt32;
  depth @3 :UInt16;
  kind @4 :UInt8;
  # task_kind: 0 task, 1 actor creation, 2 actor call.
  functionModule @5 :UInt64;
  functionOffset @6 :UInt64;
  functionName @7 :Text;
  name @8 :Text;
  cpu @9 :Int64;
  # Ten-thousandths of a core.
  resources @10 :List(Resource);
  # Other resources than CPU.
  maxRetries @11 :Int32;
  arguments @12 :Data;
  dependencies @13 :Ids;
  nested @14 :Ids;
  actor @15 :ObjectId;
  interface @16 :Text;
  keepsCpu @17 :Bool;
  wishes @18 :TaskWishes;
  # Absent: all defaults.
  snapshot @19 :Data;
}

struct Value {
  kind @0 :UInt8;
  # object_value::kind: 0 inline bytes, 1 stored, 2 failed.
  bytes @1 :Data;
  offset @2 :UInt64;
  size @3 :UInt64;
  nested @4 :Ids;
}

struct Hint {
  object @0 :ObjectId;
  value @1 :Value;
  nodes @2 :List(UInt32);
  known @3 :Bool;
}

struct TaskResult {
  task @0 :ObjectId;
  attempt @1 :Int32;
  value @2 :Value;
  startedUs @3 :Int64;
  # Wall clock, microseconds since 1970.
  durationUs @4 :Int64;
}

struct TaskBlocked {
  task @0 :ObjectId;
  blocked @1 :Bool;
}

struct RoomRequest {
  request @0 :UInt64;
  object @1 :ObjectId;
  size @2 :UInt64;
  # Bytes.
}

struct Seal {
  object @0 :ObjectId;
  offset @1 :UInt64;
  size @2 :UInt64;
  nested @3 :Ids;
  inRoom @4 :Bool;
}

struct Query {
  request @0 :UInt64;
  text @1 :Text;
}

struct RunTask {
  spec @0 :TaskSpec;
  attempt @1 :Int32;
  values @2 :List(Value);
}

struct ObjectReady {
  object @0 :ObjectId;
  value @1 :Value;
}

struct RoomAnswer {
  request @0 :UInt64;
  offset @1 :UInt64;
  size @2 :UInt64;
  failure @3 :Data;
  # An encoded failure_record; empty when there is room.
}

struct Extent {
  offset @0 :UInt64;
  size @1 :UInt64;
}

struct Answer {
  request @0 :UInt64;
  text @1 :Text;
  failure @2 :Data;
}

struct Assignment {
  spec @0 :TaskSpec;
  attempt @1 :Int32;
  grant @2 :UInt64;
  hints @3 :List(Hint);
}

struct TaskDone {
  task @0 :ObjectId;
  attempt @1 :Int32;
  value @2 :Value;
  startedUs @3 :Int64;
  durationUs @4 :Int64;
  workerPid @5 :Int64;
  workerDied @6 :Bool;
}

struct Attempt {
  task @0 :ObjectId;
  attempt @1 :Int32;
  force @2 :Bool;
  # Only of cancelAssigned.
}

struct Cancel {
  task @0 :ObjectId;
  force @1 :Bool;
}

struct Retains {
  serial @0 :UInt64;
  ids @1 :Ids;
}

struct Judgement {
  object @0 :ObjectId;
  mayGo @1 :Bool;
}

struct Locate {
  object @0 :ObjectId;
  failed @1 :List(UInt32);
}

struct ActorLocation {
  actor @0 :ObjectId;
  node @1 :UInt32;
  failure @2 :Data;
  life @3 :Int32;
  restarts @4 :Bool;
  taskRetries @5 :Int32;
}

struct ActorEnd {
  actor @0 :ObjectId;
  reason @1 :Data;
  # endActor: a sentence. actorEnded: an encoded failure_record.
  how @2 :UInt8;
  # actor_ended::way: 0 died, 1 for good, 2 after its calls, 3 gone.
  life @3 :Int32;
}

struct WorkerLines {
  job @0 :UInt32;
  name @1 :Text;
  # What the worker ran.
  pid @2 :Int64;
  host @3 :Text;
  # Empty: the driver's own node.
  errors @4 :Bool;
  # From standard error.
  leftOut @5 :UInt64;
  # Lines before these that found no room.
  file @6 :Text;
  # Path of the log that has all of them.
  text @7 :Text;
}

struct FlushLines {
  job @0 :UInt32;
  serial @1 :UInt64;
  done @2 :Bool;
  # The answer.
}

struct JobDescription {
  job @0 :UInt32;
  text @1 :Text;
  # JSON.
  home @2 :UInt32;
  # Node of its driver.
}

struct Mirror {
  tasks @0 :Data;
  objects @1 :Data;
  # Blocks, see records.capnp.
}

struct Group {
  id @0 :ObjectId;
  job @1 :UInt32;
  bundles @2 :List(List(Resource));
  strategy @3 :UInt8;
  name @4 :Text;
}

struct ThreadWait {
  task @0 :ObjectId;
  number @1 :UInt64;
  need @2 :UInt32;
  ids @3 :Ids;
}

struct Snapshot {
  actor @0 :ObjectId;
  life @1 :Int32;
  number @2 :UInt64;
  bytes @3 :Data;
}

struct Record {
  union {
    submitTask @0 :TaskSpec;
    taskResult @1 :TaskResult;
    retainObjects @2 :Ids;
    releaseObjects @3 :Ids;
    wantObjects @4 :Ids;
    taskBlocked @5 :TaskBlocked;
    tasksReturned @6 :Ids;
    createObjectRoom @7 :RoomRequest;
    sealObjectRoom @8 :Seal;
    abortObjectRoom @9 :ObjectId;
    wantSpareRoom @10 :UInt64;
    killActor @11 :ObjectId;
    clientQuery @12 :Query;
    runTask @13 :RunTask;
    objectReady @14 :ObjectReady;
    objectRoom @15 :RoomAnswer;
    spareRoom @16 :Extent;
    recallTasks @17 :Void;
    cancelTask @18 :ObjectId;
    queryAnswer @19 :Answer;
    endProcess @20 :Text;
    assignTask @21 :Assignment;
    taskDone @22 :TaskDone;
    ackDone @23 :Attempt;
    taskGivenBack @24 :Attempt;
    nodeRetains @25 :Retains;
    ackRetain @26 :UInt64;
    nodeReleases @27 :Ids;
    locateObject @28 :Locate;
    objectLocated @29 :Hint;
    copyAdded @30 :ObjectId;
    freeCopies @31 :Ids;
    locateActor @32 :ObjectId;
    actorLocated @33 :ActorLocation;
    endActor @34 :ActorEnd;
    actorEnded @35 :ActorEnd;
    cancelAssigned @36 :Attempt;
    endJob @37 :UInt32;
    describeJob @38 :JobDescription;
    mirrorBlock @39 :Mirror;
    cancelObject @40 :Cancel;
    tellDriver @41 :JobDescription;
    makeGroup @42 :Group;
    removeGroup @43 :ObjectId;
    tellWaits @44 :Void;
    waitsTold @45 :List(ThreadWait);
    giveBackPlaces @46 :Retains;
    placesGivenBack @47 :Retains;
    placesKept @48 :Retains;
    copyLeaves @49 :ObjectId;
    copyJudged @50 :Judgement;
    workerLines @51 :WorkerLines;
    flushLines @52 :FlushLines;
    actorSnapshot @53 :Snapshot;
    snapshotKept @54 :Snapshot;
  }
}

struct Batch {
  records @0 :List(Record);
}
