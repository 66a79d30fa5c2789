#include "record_text.hpp"

#include <fmt/format.h>

#include <iterator>

namespace rayd::simulation {

namespace {

// In the order of lane_record.
constexpr const char* names[] = {
  "submit_task",
  "task_result",
  "retain_objects",
  "release_objects",
  "want_objects",
  "task_blocked",
  "tasks_returned",
  "create_object_room",
  "seal_object_room",
  "abort_object_room",
  "want_spare_room",
  "kill_actor",
  "client_query",
  "run_task",
  "object_ready",
  "object_room",
  "spare_room",
  "recall_tasks",
  "cancel_task",
  "query_answer",
  "end_process",
  "assign_task",
  "task_done",
  "ack_done",
  "task_given_back",
  "node_retains",
  "ack_retain",
  "node_releases",
  "locate_object",
  "object_located",
  "copy_added",
  "free_copies",
  "locate_actor",
  "actor_located",
  "end_actor",
  "actor_ended",
  "cancel_assigned",
  "end_job",
  "describe_job",
  "mirror_block", "cancel_object", "tell_driver", "make_group",
  "remove_group", "tell_waits", "waits_told", "give_back_places",
  "places_given_back", "places_kept", "copy_leaves", "copy_judged",
  "worker_lines", "flush_lines", "actor_snapshot", "snapshot_kept"};
static_assert(std::size(names) == std::variant_size_v<lane_record>);

std::string ids(const std::vector<object_id>& all_ids) {
  std::string all;
  for (const auto& id : all_ids)
    all += " " + to_string(id);
  return all;
}

} // namespace

std::string describe(const lane_record& record) {
  std::string what = names[record.index()];
  std::visit(
    [&](const auto& x) {
      if constexpr (requires { x.ids; })
        what += ids(x.ids);
      if constexpr (requires { ids(x.tasks); })
        what += ids(x.tasks);
      if constexpr (requires { x.spec; })
        what += " " + to_string(x.spec.id);
      if constexpr (requires { x.task; })
        what += " " + to_string(x.task);
      if constexpr (requires { x.object; })
        what += " " + to_string(x.object);
      if constexpr (requires { x.actor; })
        what += " " + to_string(x.actor);
      if constexpr (requires { x.hint; })
        what += fmt::format(" {} {}", to_string(x.hint.object),
                            x.hint.known ? "known" : "unknown");
      if constexpr (requires { x.attempt; })
        what += fmt::format(" attempt {}", x.attempt);
      if constexpr (requires { x.blocked; })
        what += x.blocked ? " waits" : " goes on";
      if constexpr (requires { x.serial; })
        what += fmt::format(" serial {}", x.serial);
      if constexpr (requires { x.value; }) {
        constexpr const char* kinds[] = {"inline", "stored", "failed"};
        what += fmt::format(" {}", kinds[static_cast<int>(x.value.what)]);
        what += ids(x.value.nested);
      }
    },
    record);
  return what;
}

} // namespace rayd::simulation
