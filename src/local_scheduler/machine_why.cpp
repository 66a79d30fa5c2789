// What a task, actor or object waits for, for people (rayd why).

#include "local_scheduler/machine.hpp"

#include "wire/failure_record.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace rayd {

namespace {

using json = nlohmann::json;

json as_json(const resource_set& set) {
  auto object = json::object();
  for (const auto& [name, units] : set)
    object[name] = static_cast<double>(units) / resource_set::unit;
  return object;
}

json answer(const char* waits_for, std::string sentence) {
  return {{"waits_for", waits_for}, {"sentence", std::move(sentence)}};
}

std::string reason_of(const std::string& failure) {
  return decode_failure(failure).message;
}

} // namespace

/// One dependency that is not where it is needed.
json machine_steps::why_argument(const object_id& id) const {
  const auto* e = objects_.find(id);
  json about{{"id", rayd::to_string(id)}};
  if (const auto task = tasks_.find(id);
      task != tasks_.end() && (!e || e->now != object_directory::state::ready))
    about["sentence"]
      = fmt::format("the result of {}, which is {}",
                    title(task->second.spec),
                    task->second.queued ? "waiting for resources"
                    : task->second.missing > 0
                      ? "waiting for its own arguments"
                      : fmt::format("running on {}",
                                    node_name(task->second.node
                                                ? task->second.node
                                                : options_.self)));
  else if (e && e->now == object_directory::state::ready)
    about["sentence"]
      = fmt::format("an object of {} bytes on {}, which is on its way",
                    e->value.where.size,
                    e->copies.empty() ? "no node"
                                      : node_name(e->copies.front()));
  else
    about["sentence"] = fmt::format("an object of node {}, which is not there "
                                    "yet",
                                    node_name(id.home()));
  return about;
}

json machine_steps::why_arguments(const task_entry& task) const {
  auto list = json::array();
  for (const auto& dependency : task.spec.dependencies) {
    const auto* e = objects_.find(dependency);
    if (!e || e->now != object_directory::state::ready
        || (e->value.what == object_value::kind::stored && !e->local))
      list.push_back(why_argument(dependency));
  }
  auto found = answer(
    "arguments",
    fmt::format("{} waits for {} of its {} arguments by reference: {}",
                title(task.spec), task.missing, task.spec.dependencies.size(),
                list.empty() ? "they are on their way"
                             : list[0]["sentence"].get<std::string>()));
  found["arguments"] = std::move(list);
  return found;
}

json machine_steps::why_queued(const task_entry& task) const {
  const auto key = key_of(task);
  const auto& wish = key.wish ? *key.wish : node_wish{};
  const bool starts = starts_here(key);
  json resources{{"asked", as_json(task.spec.demand)},
                 {"free", as_json(available_)},
                 {"total", as_json(options_.total)}};
  json found;
  if (starts && available_.fits(task.spec.demand)) {
    found = answer("worker", fmt::format("{} waits for a worker process on "
                                         "{}, which starts or is about to be "
                                         "free",
                                         title(task.spec),
                                         node_name(options_.self)));
  } else {
    found = answer("resources",
                   fmt::format("{} waits for resources: it asks for {}, and "
                               "{} has {} free of {}",
                               title(task.spec),
                               rayd::to_string(task.spec.demand),
                               node_name(options_.self),
                               rayd::to_string(available_),
                               rayd::to_string(options_.total)));
    // The head knows the other nodes, and says it better.
    found["shape"] = {{"where", static_cast<int>(wish.where)},
                      {"place", wish.place},
                      {"bundle", wish.bundle},
                      {"labels", wish.labels}};
    found["title"] = title(task.spec);
  }
  found["resources"] = std::move(resources);
  return found;
}

json machine_steps::why_call(const task_entry& task) const {
  const auto at = actors_.find(task.spec.actor);
  const auto id = rayd::to_string(task.spec.actor);
  json found;
  if (at == actors_.end() || at->second.now == actor_entry::state::pending)
    found = answer("actor", fmt::format("{} waits for its actor {}, which "
                                        "does not live yet",
                                        title(task.spec), id));
  else
    found = answer("calls", fmt::format("{} waits for the calls before it on "
                                        "actor {}",
                                        title(task.spec), id));
  found["actor"] = id;
  return found;
}

json machine_steps::why_task(const object_id& id,
                             const task_entry& task) const {
  if (task.state == task_state::finished || task.state == task_state::failed)
    return answer("nothing", fmt::format("{} has finished and waits for "
                                         "nothing",
                                         title(task.spec)));
  if (std::find(claims_.begin(), claims_.end(), id) != claims_.end())
    return answer("name", fmt::format("{} waits for the head to give it its "
                                      "name",
                                      title(task.spec)));
  if (task.missing > 0)
    return why_arguments(task);
  if (task.queued)
    return why_queued(task);
  if (task.node != 0 && task.node != options_.self) {
    auto found = answer("nothing",
                        fmt::format("{} was sent to {}", title(task.spec),
                                    node_name(task.node)));
    found["elsewhere"] = task.node;
    return found;
  }
  if (task.worker != 0) {
    const auto worker = workers_.find(task.worker);
    const bool behind = worker != workers_.end()
                        && !worker->second.given.empty()
                        && worker->second.given.front() != id;
    if (behind)
      return answer("worker", fmt::format("{} is in worker process {} on {}, "
                                          "behind others",
                                          title(task.spec), task.worker_pid,
                                          node_name(options_.self)));
    if (task.state == task_state::blocked)
      return answer("objects", fmt::format("{} runs in process {} on {}, and "
                                           "waits in ray::get or ray::wait",
                                           title(task.spec), task.worker_pid,
                                           node_name(options_.self)));
    return answer("nothing",
                  fmt::format("{} waits for nothing: it runs in process {} on "
                              "{}",
                              title(task.spec), task.worker_pid,
                              node_name(options_.self)));
  }
  if (task.spec.kind == task_kind::actor_call)
    return why_call(task);
  return answer("nothing", fmt::format("{} is about to start",
                                       title(task.spec)));
}

json machine_steps::why_actor(const object_id& id,
                              const actor_entry& actor) const {
  const auto what = fmt::format("actor {}", actor.creation.interface.empty()
                                              ? rayd::to_string(id)
                                              : actor.creation.interface);
  switch (actor.now) {
    case actor_entry::state::alive:
      return answer("nothing", fmt::format("{} lives on {} and waits for "
                                           "nothing",
                                           what, node_name(actor.node)));
    case actor_entry::state::dead:
      return answer("nothing", fmt::format("{} is dead: {}", what,
                                           reason_of(actor.failure)));
    case actor_entry::state::pending: break;
  }
  return answer("actor", fmt::format("{} does not live yet", what));
}

std::string local_scheduler_machine::why(const std::string& text) const {
  json found{{"waits_for", "unknown"}};
  const auto id = parse_object_id(text);
  if (!id)
    return found.dump();
  const auto task = tasks_.find(*id);
  const auto actor = actors_.find(*id);
  const auto* e = objects_.find(*id);
  if (task != tasks_.end() && task->second.state != task_state::finished) {
    found = why_task(*id, task->second);
    found["kind"] = to_string(task->second.spec.kind);
    found["name"] = task->second.spec.name;
    found["function"] = task->second.spec.function_name;
    found["attempt"] = task->second.attempt;
  } else if (actor != actors_.end()) {
    found = why_actor(*id, actor->second);
    found["kind"] = "actor";
  } else if (e && e->now == object_directory::state::ready) {
    const bool failed = e->value.what == object_value::kind::failed;
    found = answer("nothing",
                   failed ? fmt::format("it has failed and waits for nothing: "
                                        "{}",
                                        reason_of(e->value.bytes))
                          : "its value is there: it waits for nothing");
    found["kind"] = "object";
    found["failed"] = failed;
  }
  return found.dump(-1, ' ', false, json::error_handler_t::replace);
}

} // namespace rayd
