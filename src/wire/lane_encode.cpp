#include "wire/lane_codec.hpp"
#include "wire/schema_types.hpp"

#include <capnp/message.h>
#include <capnp/serialize.h>

#include <cstring>
#include <iterator>

namespace rayd {

namespace {

using record_builder = schema::Record::Builder;

void put(record_builder out, const submit_task& x) {
  write_spec(out.initSubmitTask(), x.spec);
}

void put(record_builder out, const task_result& x) {
  auto to = out.initTaskResult();
  write_id(to.initTask(), x.task);
  to.setAttempt(x.attempt);
  write_value(to.initValue(), x.value);
  to.setStartedUs(x.times.started_us);
  to.setDurationUs(x.times.duration_us);
}

void put(record_builder out, const retain_objects& x) {
  write_ids(out.initRetainObjects(), x.ids);
}

void put(record_builder out, const release_objects& x) {
  write_ids(out.initReleaseObjects(), x.ids);
}

void put(record_builder out, const want_objects& x) {
  write_ids(out.initWantObjects(), x.ids);
}

void put(record_builder out, const task_blocked& x) {
  auto to = out.initTaskBlocked();
  write_id(to.initTask(), x.task);
  to.setBlocked(x.blocked);
}

void put(record_builder out, const waits_told& x) {
  auto to = out.initWaitsTold(list_size(x.waits));
  for (unsigned i = 0; i < to.size(); ++i) {
    write_id(to[i].initTask(), x.waits[i].task);
    to[i].setNumber(x.waits[i].number);
    to[i].setNeed(x.waits[i].need);
    write_ids(to[i].initIds(), x.waits[i].ids);
  }
}

void put(record_builder out, const tasks_returned& x) {
  write_ids(out.initTasksReturned(), x.tasks);
}

void put(record_builder out, const create_object_room& x) {
  auto to = out.initCreateObjectRoom();
  to.setRequest(x.request);
  write_id(to.initObject(), x.object);
  to.setSize(x.size);
}

void put(record_builder out, const seal_object_room& x) {
  auto to = out.initSealObjectRoom();
  write_id(to.initObject(), x.object);
  to.setOffset(x.where.offset);
  to.setSize(x.where.size);
  if (!x.nested.empty())
    write_ids(to.initNested(), x.nested);
  to.setInRoom(x.in_room);
}

void put(record_builder out, const abort_object_room& x) {
  write_id(out.initAbortObjectRoom(), x.object);
}

void put(record_builder out, const want_spare_room& x) {
  out.setWantSpareRoom(x.at_least);
}

void put(record_builder out, const kill_actor& x) {
  write_id(out.initKillActor(), x.actor);
}

void put(record_builder out, const client_query& x) {
  auto to = out.initClientQuery();
  to.setRequest(x.request);
  to.setText(x.text);
}

void put(record_builder out, const run_task& x) {
  auto to = out.initRunTask();
  write_spec(to.initSpec(), x.spec);
  to.setAttempt(x.attempt);
  if (x.values.empty())
    return;
  auto values = to.initValues(list_size(x.values));
  for (unsigned i = 0; i < values.size(); ++i)
    write_value(values[i], x.values[i]);
}

void put(record_builder out, const object_ready& x) {
  auto to = out.initObjectReady();
  write_id(to.initObject(), x.object);
  write_value(to.initValue(), x.value);
}

void put(record_builder out, const object_room& x) {
  auto to = out.initObjectRoom();
  to.setRequest(x.request);
  to.setOffset(x.where.offset);
  to.setSize(x.where.size);
  to.setFailure(as_data(x.failure));
}

void put(record_builder out, const spare_room& x) {
  auto to = out.initSpareRoom();
  to.setOffset(x.where.offset);
  to.setSize(x.where.size);
}

void put(record_builder out, const actor_snapshot& x) {
  auto to = out.initActorSnapshot();
  write_id(to.initActor(), x.actor);
  to.setLife(x.life);
  to.setNumber(x.number);
  to.setBytes(as_data(x.bytes));
}

void put(record_builder out, const snapshot_kept& x) {
  auto to = out.initSnapshotKept();
  write_id(to.initActor(), x.actor);
  to.setLife(x.life);
  to.setNumber(x.number);
}

void put(record_builder out, const tell_waits&) {
  out.setTellWaits();
}

void put(record_builder out, const recall_tasks&) {
  out.setRecallTasks();
}

void put(record_builder out, const cancel_task& x) {
  write_id(out.initCancelTask(), x.task);
}

void put(record_builder out, const query_answer& x) {
  auto to = out.initQueryAnswer();
  to.setRequest(x.request);
  to.setText(x.text);
  to.setFailure(as_data(x.failure));
}

void put(record_builder out, const end_process& x) {
  out.setEndProcess(x.reason);
}

void put(record_builder out, const assign_task& x) {
  auto to = out.initAssignTask();
  write_spec(to.initSpec(), x.spec);
  to.setAttempt(x.attempt);
  to.setGrant(x.grant);
  if (x.hints.empty())
    return;
  auto hints = to.initHints(list_size(x.hints));
  for (unsigned i = 0; i < hints.size(); ++i)
    write_hint(hints[i], x.hints[i]);
}

void put(record_builder out, const task_done& x) {
  auto to = out.initTaskDone();
  write_id(to.initTask(), x.task);
  to.setAttempt(x.attempt);
  write_value(to.initValue(), x.value);
  to.setStartedUs(x.times.started_us);
  to.setDurationUs(x.times.duration_us);
  to.setWorkerPid(x.worker_pid);
  to.setWorkerDied(x.worker_died);
}

void put_attempt(schema::Attempt::Builder to, const object_id& task,
                 std::int32_t attempt) {
  write_id(to.initTask(), task);
  to.setAttempt(attempt);
}

void put(record_builder out, const ack_done& x) {
  put_attempt(out.initAckDone(), x.task, x.attempt);
}

void put(record_builder out, const task_given_back& x) {
  put_attempt(out.initTaskGivenBack(), x.task, x.attempt);
}

void put(record_builder out, const node_retains& x) {
  auto to = out.initNodeRetains();
  to.setSerial(x.serial);
  write_ids(to.initIds(), x.ids);
}

void put(record_builder out, const ack_retain& x) {
  out.setAckRetain(x.serial);
}

void put(record_builder out, const node_releases& x) {
  write_ids(out.initNodeReleases(), x.ids);
}

void put(record_builder out, const locate_object& x) {
  auto to = out.initLocateObject();
  write_id(to.initObject(), x.object);
  write_numbers(to.initFailed(list_size(x.failed)), x.failed);
}

void put(record_builder out, const object_located& x) {
  write_hint(out.initObjectLocated(), x.hint);
}

void put(record_builder out, const copy_added& x) {
  write_id(out.initCopyAdded(), x.object);
}

void put(record_builder out, const free_copies& x) {
  write_ids(out.initFreeCopies(), x.ids);
}

void put(record_builder out, const locate_actor& x) {
  write_id(out.initLocateActor(), x.actor);
}

void put(record_builder out, const actor_located& x) {
  auto to = out.initActorLocated();
  write_id(to.initActor(), x.actor);
  to.setNode(x.node);
  to.setFailure(as_data(x.failure));
  to.setLife(x.life);
  to.setRestarts(x.restarts);
  to.setTaskRetries(x.task_retries);
}

void put(record_builder out, const end_actor& x) {
  auto to = out.initEndActor();
  write_id(to.initActor(), x.actor);
  to.setReason(as_data(x.reason));
}

void put(record_builder out, const actor_ended& x) {
  auto to = out.initActorEnded();
  write_id(to.initActor(), x.actor);
  to.setReason(as_data(x.failure));
  to.setHow(static_cast<std::uint8_t>(x.how));
  to.setLife(x.life);
}

void put(record_builder out, const cancel_assigned& x) {
  auto to = out.initCancelAssigned();
  put_attempt(to, x.task, x.attempt);
  to.setForce(x.force);
}

void put(record_builder out, const cancel_object& x) {
  auto to = out.initCancelObject();
  write_id(to.initTask(), x.task);
  to.setForce(x.force);
}

void put(record_builder out, const copy_leaves& x) {
  write_id(out.initCopyLeaves(), x.object);
}

void put(record_builder out, const copy_judged& x) {
  auto to = out.initCopyJudged();
  write_id(to.initObject(), x.object);
  to.setMayGo(x.may_go);
}

void put_places(schema::Retains::Builder to, const auto& x) {
  to.setSerial(x.serial);
  write_ids(to.initIds(), x.ids);
}

void put(record_builder out, const give_back_places& x) {
  put_places(out.initGiveBackPlaces(), x);
}

void put(record_builder out, const places_given_back& x) {
  put_places(out.initPlacesGivenBack(), x);
}

void put(record_builder out, const places_kept& x) {
  put_places(out.initPlacesKept(), x);
}

void put(record_builder out, const end_job& x) {
  out.setEndJob(x.job);
}

void put(record_builder out, const describe_job& x) {
  auto to = out.initDescribeJob();
  to.setJob(x.job);
  to.setHome(x.home);
  to.setText(x.text);
}

void put(record_builder out, const make_group& x) {
  auto to = out.initMakeGroup();
  write_id(to.initId(), x.group);
  to.setJob(x.job);
  auto bundles = to.initBundles(list_size(x.bundles));
  for (unsigned i = 0; i < bundles.size(); ++i) {
    const auto& set = x.bundles[i];
    auto amounts = bundles.init(
      i, static_cast<unsigned>(std::distance(set.begin(), set.end())));
    unsigned next = 0;
    for (const auto& [name, units] : set) {
      amounts[next].setName(name);
      amounts[next++].setUnits(units);
    }
  }
  to.setStrategy(x.strategy);
  to.setName(x.name);
}

void put(record_builder out, const remove_group& x) {
  write_id(out.initRemoveGroup(), x.group);
}

void put(record_builder out, const tell_driver& x) {
  auto to = out.initTellDriver();
  to.setJob(x.job);
  to.setText(x.text);
}

void put(record_builder out, const worker_lines& x) {
  auto to = out.initWorkerLines();
  to.setJob(x.job);
  to.setName(x.name);
  to.setPid(x.pid);
  to.setHost(x.host);
  to.setErrors(x.errors);
  to.setLeftOut(x.left_out);
  to.setFile(x.file);
  to.setText(x.text);
}

void put(record_builder out, const flush_lines& x) {
  auto to = out.initFlushLines();
  to.setJob(x.job);
  to.setSerial(x.serial);
  to.setDone(x.done);
}

void put(record_builder out, const mirror_block& x) {
  auto to = out.initMirrorBlock();
  to.setTasks(as_data(x.tasks));
  to.setObjects(as_data(x.objects));
}

} // namespace

std::string encode_batch(std::span<const lane_record> records) {
  std::size_t words = 64;
  for (const auto& record : records)
    words += encoded_size(record) / sizeof(capnp::word) + 1;
  capnp::MallocMessageBuilder message{static_cast<unsigned>(words)};
  auto list = message.initRoot<schema::Batch>().initRecords(
    static_cast<unsigned>(records.size()));
  for (unsigned i = 0; i < list.size(); ++i)
    std::visit([&](const auto& x) { put(list[i], x); }, records[i]);
  return to_bytes(message);
}

} // namespace rayd
