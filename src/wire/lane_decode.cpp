#include "wire/lane_codec.hpp"
#include "wire/schema_types.hpp"

#include <capnp/message.h>
#include <capnp/serialize.h>
#include <fmt/format.h>
#include <kj/exception.h>

#include <cstring>
#include <stdexcept>

namespace rayd {

namespace {

task_result read(schema::TaskResult::Reader from) {
  return {read_id(from.getTask()), from.getAttempt(),
          read_value(from.getValue()),
          {from.getStartedUs(), from.getDurationUs()}};
}

seal_object_room read(schema::Seal::Reader from) {
  seal_object_room seal{read_id(from.getObject()),
                        {from.getOffset(), from.getSize()},
                        {},
                        from.getInRoom()};
  if (from.hasNested())
    seal.nested = read_ids(from.getNested());
  return seal;
}

run_task read(schema::RunTask::Reader from) {
  run_task run{read_spec(from.getSpec()), from.getAttempt(), {}};
  if (from.hasValues())
    for (auto value : from.getValues())
      run.values.push_back(read_value(value));
  return run;
}

object_room read(schema::RoomAnswer::Reader from) {
  return {from.getRequest(),
          {from.getOffset(), from.getSize()},
          to_string(from.getFailure())};
}

query_answer read(schema::Answer::Reader from) {
  return {from.getRequest(), from.getText(), to_string(from.getFailure())};
}

actor_ended read_end(schema::ActorEnd::Reader from) {
  if (from.getHow() > 3)
    throw std::invalid_argument{"unknown end of an actor"};
  return {read_id(from.getActor()), to_string(from.getReason()),
          static_cast<actor_ended::way>(from.getHow()), from.getLife()};
}

assign_task read(schema::Assignment::Reader from) {
  assign_task assign{
    read_spec(from.getSpec()), from.getAttempt(), from.getGrant(), {}};
  if (from.hasHints())
    for (auto hint : from.getHints())
      assign.hints.push_back(read_hint(hint));
  return assign;
}

task_done read(schema::TaskDone::Reader from) {
  return {read_id(from.getTask()),
          from.getAttempt(),
          read_value(from.getValue()),
          {from.getStartedUs(), from.getDurationUs()},
          from.getWorkerPid(),
          from.getWorkerDied()};
}

make_group read_group(schema::Group::Reader from) {
  make_group group{read_id(from.getId()), from.getJob(), {},
                   from.getStrategy(), from.getName()};
  for (auto amounts : from.getBundles()) {
    auto& bundle = group.bundles.emplace_back();
    if (amounts.size() > 256 || group.bundles.size() > 10'000)
      throw std::invalid_argument{"too many resources"};
    for (auto amount : amounts)
      bundle.set_units(amount.getName().cStr(), amount.getUnits());
  }
  return group;
}

worker_lines read_lines(schema::WorkerLines::Reader from) {
  return {from.getJob(),    from.getName(),    from.getPid(),
          from.getHost(),   from.getErrors(),  from.getLeftOut(),
          from.getFile(),   from.getText()};
}

template <class Record>
Record read_attempt(schema::Attempt::Reader from) {
  return {read_id(from.getTask()), from.getAttempt()};
}

template <class Record>
Record read_places(schema::Retains::Reader from) {
  return {from.getSerial(), read_ids(from.getIds())};
}

lane_record from_client(schema::Record::Reader from) {
  using schema::Record;
  switch (from.which()) {
    case Record::SUBMIT_TASK:
      return submit_task{read_spec(from.getSubmitTask())};
    case Record::TASK_RESULT: return read(from.getTaskResult());
    case Record::RETAIN_OBJECTS:
      return retain_objects{read_ids(from.getRetainObjects())};
    case Record::RELEASE_OBJECTS:
      return release_objects{read_ids(from.getReleaseObjects())};
    case Record::WANT_OBJECTS:
      return want_objects{read_ids(from.getWantObjects())};
    case Record::TASK_BLOCKED:
      return task_blocked{read_id(from.getTaskBlocked().getTask()),
                          from.getTaskBlocked().getBlocked()};
    case Record::WAITS_TOLD: {
      waits_told told;
      for (auto wait : from.getWaitsTold())
        told.waits.push_back({read_id(wait.getTask()), wait.getNumber(),
                              wait.getNeed(), read_ids(wait.getIds())});
      return told;
    }
    case Record::TASKS_RETURNED:
      return tasks_returned{read_ids(from.getTasksReturned())};
    case Record::CREATE_OBJECT_ROOM: {
      auto room = from.getCreateObjectRoom();
      return create_object_room{room.getRequest(), read_id(room.getObject()),
                                room.getSize()};
    }
    case Record::SEAL_OBJECT_ROOM: return read(from.getSealObjectRoom());
    case Record::ABORT_OBJECT_ROOM:
      return abort_object_room{read_id(from.getAbortObjectRoom())};
    case Record::WANT_SPARE_ROOM:
      return want_spare_room{from.getWantSpareRoom()};
    case Record::KILL_ACTOR: return kill_actor{read_id(from.getKillActor())};
    case Record::CANCEL_OBJECT:
      return cancel_object{read_id(from.getCancelObject().getTask()),
                           from.getCancelObject().getForce()};
    case Record::CLIENT_QUERY:
      return client_query{from.getClientQuery().getRequest(),
                          from.getClientQuery().getText()};
    case Record::PLACES_GIVEN_BACK:
      return read_places<places_given_back>(from.getPlacesGivenBack());
    case Record::PLACES_KEPT:
      return read_places<places_kept>(from.getPlacesKept());
    default: throw std::invalid_argument{"unknown record"};
  }
}

lane_record from_own_node(schema::Record::Reader from) {
  using schema::Record;
  switch (from.which()) {
    case Record::RUN_TASK: return read(from.getRunTask());
    case Record::OBJECT_READY:
      return object_ready{read_id(from.getObjectReady().getObject()),
                          read_value(from.getObjectReady().getValue())};
    case Record::OBJECT_ROOM: return read(from.getObjectRoom());
    case Record::SPARE_ROOM:
      return spare_room{
        {from.getSpareRoom().getOffset(), from.getSpareRoom().getSize()}};
    case Record::RECALL_TASKS: return recall_tasks{};
    case Record::ACTOR_SNAPSHOT: {
      auto snapshot = from.getActorSnapshot();
      return actor_snapshot{read_id(snapshot.getActor()), snapshot.getLife(),
                            snapshot.getNumber(),
                            to_string(snapshot.getBytes())};
    }
    case Record::SNAPSHOT_KEPT: {
      auto kept = from.getSnapshotKept();
      return snapshot_kept{read_id(kept.getActor()), kept.getLife(),
                           kept.getNumber()};
    }
    case Record::TELL_WAITS: return tell_waits{};
    case Record::CANCEL_TASK: return cancel_task{read_id(from.getCancelTask())};
    case Record::GIVE_BACK_PLACES:
      return read_places<give_back_places>(from.getGiveBackPlaces());
    case Record::QUERY_ANSWER: return read(from.getQueryAnswer());
    case Record::END_PROCESS: return end_process{from.getEndProcess()};
    default: return from_client(from);
  }
}

lane_record from_any(schema::Record::Reader from) {
  using schema::Record;
  switch (from.which()) {
    case Record::ASSIGN_TASK: return read(from.getAssignTask());
    case Record::TASK_DONE: return read(from.getTaskDone());
    case Record::ACK_DONE: return read_attempt<ack_done>(from.getAckDone());
    case Record::TASK_GIVEN_BACK:
      return read_attempt<task_given_back>(from.getTaskGivenBack());
    case Record::NODE_RETAINS:
      return read_places<node_retains>(from.getNodeRetains());
    case Record::ACK_RETAIN: return ack_retain{from.getAckRetain()};
    case Record::NODE_RELEASES:
      return node_releases{read_ids(from.getNodeReleases())};
    case Record::LOCATE_OBJECT:
      return locate_object{read_id(from.getLocateObject().getObject()),
                           read_numbers(from.getLocateObject().getFailed())};
    case Record::OBJECT_LOCATED:
      return object_located{read_hint(from.getObjectLocated())};
    case Record::COPY_ADDED: return copy_added{read_id(from.getCopyAdded())};
    case Record::COPY_LEAVES:
      return copy_leaves{read_id(from.getCopyLeaves())};
    case Record::COPY_JUDGED:
      return copy_judged{read_id(from.getCopyJudged().getObject()),
                         from.getCopyJudged().getMayGo()};
    case Record::FREE_COPIES:
      return free_copies{read_ids(from.getFreeCopies())};
    case Record::LOCATE_ACTOR:
      return locate_actor{read_id(from.getLocateActor())};
    case Record::ACTOR_LOCATED: {
      auto located = from.getActorLocated();
      return actor_located{read_id(located.getActor()), located.getNode(),
                           to_string(located.getFailure()),
                           located.getLife(), located.getRestarts(),
                           located.getTaskRetries()};
    }
    case Record::END_ACTOR:
      return end_actor{read_id(from.getEndActor().getActor()),
                       to_string(from.getEndActor().getReason())};
    case Record::ACTOR_ENDED: return read_end(from.getActorEnded());
    case Record::CANCEL_ASSIGNED:
      return cancel_assigned{read_id(from.getCancelAssigned().getTask()),
                             from.getCancelAssigned().getAttempt(),
                             from.getCancelAssigned().getForce()};
    case Record::END_JOB: return end_job{from.getEndJob()};
    case Record::DESCRIBE_JOB:
      return describe_job{from.getDescribeJob().getJob(),
                          from.getDescribeJob().getHome(),
                          from.getDescribeJob().getText()};
    case Record::MIRROR_BLOCK:
      return mirror_block{to_string(from.getMirrorBlock().getTasks()),
                          to_string(from.getMirrorBlock().getObjects())};
    case Record::MAKE_GROUP: return read_group(from.getMakeGroup());
    case Record::REMOVE_GROUP:
      return remove_group{read_id(from.getRemoveGroup())};
    case Record::WORKER_LINES: return read_lines(from.getWorkerLines());
    case Record::FLUSH_LINES:
      return flush_lines{from.getFlushLines().getJob(),
                         from.getFlushLines().getSerial(),
                         from.getFlushLines().getDone()};
    case Record::TELL_DRIVER:
      return tell_driver{from.getTellDriver().getJob(),
                         from.getTellDriver().getText()};
    default: return from_own_node(from);
  }
}

failure bad_batch(std::string_view why) {
  return {ray::errc::connection_failed,
          fmt::format("a batch of records cannot be read: {}", why)};
}

} // namespace

result<std::vector<lane_record>> decode_batch(std::string_view bytes) {
  if (bytes.size() < 16 || bytes.size() % sizeof(capnp::word) != 0
      || bytes.size() > batch_bytes_max)
    return bad_batch(fmt::format("{} bytes", bytes.size()));
  // Copied out of foreign memory before it is read, and so aligned.
  auto words = kj::heapArray<capnp::word>(bytes.size() / sizeof(capnp::word));
  std::memcpy(words.begin(), bytes.data(), bytes.size());
  std::vector<lane_record> records;
  try {
    capnp::ReaderOptions limits;
    // Far pointers may visit a word twice; more is an attack.
    limits.traversalLimitInWords = 4 * words.size() + 64;
    limits.nestingLimit = 16;
    capnp::FlatArrayMessageReader reader{words, limits};
    const auto list = reader.getRoot<schema::Batch>().getRecords();
    if (list.size() > batch_records_max)
      return bad_batch(fmt::format("{} records", list.size()));
    records.reserve(list.size());
    for (auto record : list)
      records.push_back(from_any(record));
  } catch (const kj::Exception& error) {
    return bad_batch(error.getDescription().cStr());
  } catch (const std::exception& error) {
    return bad_batch(error.what());
  }
  return records;
}

} // namespace rayd
