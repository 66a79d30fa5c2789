// What comes from and goes to other nodes and the global scheduler.

#include "local_scheduler/machine.hpp"

#include "wire/failure_record.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rayd {

std::vector<object_id> machine_steps::tasks_where(
  const task_filter& which)
  const {
  std::vector<object_id> ids;
  for (const auto& [id, task] : tasks_)
    if (which(id, task))
      ids.push_back(id);
  // The order of what follows must not depend on the hash table's.
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::vector<object_id> machine_steps::actors_where(
  const actor_filter& which)
  const {
  std::vector<object_id> ids;
  for (const auto& [id, actor] : actors_)
    if (which(id, actor))
      ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

void local_scheduler_machine::node_joined(node_index node) {
  if (std::find(nodes_.begin(), nodes_.end(), node) == nodes_.end())
    nodes_.push_back(node);
}

void local_scheduler_machine::node_left(node_index node,
                                        const std::string& reason) {
  std::erase(nodes_, node);
  objects_.node_gone(node);
  drop_foreign(node);
  const auto why = fmt::format("node {} died: {}", node_name(node), reason);
  const auto there = tasks_where([&](const object_id&, const auto& task) {
    return task.origin == options_.self && task.node == node
           && task.state != task_state::finished;
  });
  if (!options_.faults.forget_node_tasks)
    for (const auto& id : there) {
      if (const auto& spec = tasks_.at(id).spec;
          spec.kind == task_kind::actor_call) {
        if (spec.actor.home() != node && actors_[spec.actor].restarts)
          call_interrupted(id, why);
        else
          fail(id, ray::errc::actor_died,
               fmt::format("actor {} is dead: {}", to_string(spec.actor),
                           why));
      } else
        attempt_failed(id, why, node, 0);
    }
  const auto actors
    = actors_where([&](const object_id& id, const actor_entry& actor) {
        return id.home() == node || actor.node == node;
      });
  for (const auto& id : actors)
    actor_node_left(id, node, why);
  std::vector<job_number> over;
  for (auto& [number, job] : jobs_) {
    std::erase(job.described_to, node);
    if (job.home == node)
      over.push_back(number);
  }
  for (const auto job : over)
    end_job_here(job);
}

void machine_steps::drop_foreign(node_index origin) {
  const auto foreign = tasks_where([&](const object_id&, const auto& task) {
    return task.origin == origin;
  });
  // What runs goes on to its end, with its arguments; nobody hears of it.
  for (const auto& id : foreign)
    if (tasks_.at(id).worker == 0)
      forget(id);
}

// -- tasks that go out --------------------------------------------------------

void machine_steps::assign(const object_id& id, task_entry& task,
                           node_index to) {
  if (task.spec.kind != task_kind::actor_call)
    describe(task.spec.job, to);
  assign_task out{task.spec, task.attempt, task.grant, {}};
  for (const auto& dependency : task.spec.dependencies)
    out.hints.push_back(objects_.hint(dependency));
  task.node = to;
  changed(id, task, task_state::running);
  out_.to_node(to, std::move(out));
}

void machine_steps::describe(job_number job, node_index to) {
  auto& entry = jobs_[job];
  auto& told = entry.described_to;
  if (std::find(told.begin(), told.end(), to) != told.end())
    return;
  told.push_back(to);
  out_.to_node(to, describe_job{job, entry.home, entry.description});
}

void machine_steps::on(describe_job&& x) {
  if (job_over(x.job))
    return;
  auto& job = jobs_[x.job];
  job.home = x.home;
  job.description = std::move(x.text);
  // The job of detached actors has no driver whose node could die.
  if (x.home != 0 && objects_.is_dead(x.home))
    end_job_here(x.job);
}

void machine_steps::on(node_index from, task_done&& done) {
  const auto at = tasks_.find(done.task);
  const bool current
    = at != tasks_.end() && at->second.origin == options_.self
      && ((at->second.node == from && at->second.attempt == done.attempt
           && at->second.state != task_state::finished)
          || options_.faults.accept_stale_result);
  if (!current) {
    out_.to_node(from, ack_done{done.task, done.attempt});
    if (done.value.what == object_value::kind::stored)
      out_.to_node(from, free_copies{{done.task}});
    return;
  }
  auto& task = at->second;
  task.worker_pid = done.worker_pid;
  if (tasks_.contains(task.spec.parent))
    remember(done.task, {task.spec.parent, from});
  if (task.spec.kind == task_kind::task && !done.worker_died)
    run_times_.add(task.spec.function.module, task.spec.function.offset,
                   done.times.duration_us);
  if (done.worker_died) {
    out_.to_node(from, ack_done{done.task, done.attempt});
    if (task.spec.kind == task_kind::actor_call) {
      life_seems_over(task.spec.actor, from);
      call_interrupted(done.task, decode_failure(done.value.bytes).message);
      return;
    }
    attempt_failed(done.task, decode_failure(done.value.bytes).message, from,
                   done.worker_pid);
    return;
  }
  const auto ack = [this, from, id = done.task, attempt = done.attempt] {
    out_.to_node(from, ack_done{id, attempt});
  };
  if (options_.faults.ack_before_retain)
    ack();
  const auto nested = done.value.nested;
  end_attempt(done.task, std::move(done.value), from, done.times);
  if (!options_.faults.ack_before_retain)
    objects_.retain_for(nested, from, ack);
}

void machine_steps::on(node_index from,
                       const task_given_back& back) {
  const auto at = tasks_.find(back.task);
  if (at == tasks_.end() || at->second.origin != options_.self
      || at->second.node != from || at->second.attempt != back.attempt
      || at->second.state == task_state::finished)
    return;
  auto& task = at->second;
  if (task.spec.kind == task_kind::actor_call) {
    life_seems_over(task.spec.actor, from);
    call_back_in_row(back.task, task);
    return;
  }
  task.node = 0;
  task.placed = placed_by::nobody;
  changed(back.task, task, task_state::waiting_for_args);
  to_gather_.push_back(back.task);
}

// -- tasks that come in -------------------------------------------------------

void machine_steps::on(node_index from, assign_task&& x) {
  const bool call = x.spec.kind == task_kind::actor_call;
  if (x.grant != 0 && !call)
    grants_seen_.push_back(x.grant);
  const auto id = x.spec.id;
  if (job_over(x.spec.job)) {
    out_.to_node(from, task_given_back{id, x.attempt});
    return;
  }
  const auto at = tasks_.find(id);
  if (at != tasks_.end()) {
    if (at->second.origin != from || at->second.attempt >= x.attempt)
      return;
    forget(id);
  }
  if (call && !takes_call(from, x))
    return;
  if (!call && !options_.total.fits(x.spec.demand)) {
    out_.to_node(from, task_given_back{id, x.attempt});
    return;
  }
  auto& task = enter(std::move(x.spec), from);
  task.attempt = x.attempt;
  if (!call && task.spec.wishes && !starts_here(key_of(task))) {
    // Its bundle moved or ended since the head said that it is here.
    forget(id);
    out_.to_node(from, task_given_back{id, x.attempt});
    return;
  }
  task.grant = x.grant;
  task.placed = placed_by::global;
  for (const auto& hint : x.hints)
    objects_.take_hint(hint);
  if (call)
    call_entered(id, task);
  else
    gather(id, task);
}

void machine_steps::on(node_index from, const ack_done& ack) {
  const auto at = tasks_.find(ack.task);
  if (at != tasks_.end() && at->second.origin == from
      && at->second.attempt == ack.attempt
      && at->second.state == task_state::finished)
    forget(ack.task);
}

} // namespace rayd
