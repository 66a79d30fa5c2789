@0xb6f1d02c7a5e4938;
# What the control store keeps of tasks and objects: the values of
# rayd:tasks:NODE:N and rayd:objects:NODE:N. A value is a row of messages of
# one of the two block types, each a batch as its home node sent it; a later
# record of an id replaces an earlier one. wire/records.hpp has the structs.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("rayd::schema");

struct TaskBlock {
  tasks @0 :List(MirroredTask);
  texts @1 :List(Text);
  # Names and messages of this block, each once; records hold its index.
  demands @2 :List(MirroredDemand);
  # Resource demands of this block, each once.
}

struct MirroredTask {
  idHi @0 :UInt64;
  idLo @1 :UInt64;
  parentHi @2 :UInt64;
  parentLo @3 :UInt64;
  job @4 :UInt32;
  home @5 :UInt32;
  node @6 :UInt32;
  # Where its newest attempt ran or runs; 0: nowhere yet.
  worker @7 :UInt32;
  # Process id of the worker; 0: none yet.
  attempt @8 :Int32;
  kind @9 :UInt8;
  # task_kind.
  state @10 :UInt8;
  # task_state.
  placedBy @11 :UInt8;
  # placed_by.
  error @12 :UInt8;
  # ray::errc; 0: none.
  submittedUs @13 :Int64;
  # Microseconds since 1970; 0: not yet. The next two as well.
  startedUs @14 :Int64;
  finishedUs @15 :Int64;
  name @16 :UInt32;
  # Index in texts plus one; 0: empty. The next two as well.
  function @17 :UInt32;
  errorMessage @18 :UInt32;
  demand @19 :UInt32;
  # Index in demands plus one; 0: nothing.
  errorChain @20 :UInt32;
  # Functions that the error passed through, a line each; index as of name.
}

struct MirroredDemand {
  parts @0 :List(DemandPart);
}

struct DemandPart {
  name @0 :Text;
  units @1 :Int64;
  # Ten-thousandths.
}

struct ObjectBlock {
  objects @0 :List(MirroredObject);
  holders @1 :List(UInt32);
  # Nodes that hold the objects, record after record.
}

struct MirroredObject {
  idHi @0 :UInt64;
  idLo @1 :UInt64;
  size @2 :UInt64;
  # Bytes of the payload.
  home @3 :UInt32;
  holderCount @4 :UInt32;
  # How many of holders are this record's.
  freed @5 :Bool;
  # Nothing refers to it any more.
}
