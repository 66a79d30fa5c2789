#include "global_scheduler/store_entities.hpp"

#include <fmt/format.h>

namespace rayd {

node_entity entity_of(const node_record& node, bool head, wall_offset clock) {
  node_entity entity;
  entity.index = node.entry.index;
  entity.state = node.state;
  entity.head = head;
  entity.host = node.entry.host;
  if (node.entry.port != 0)
    entity.address = fmt::format("{}:{}", node.entry.host, node.entry.port);
  entity.pid = node.entry.pid;
  entity.resources = node.entry.total;
  entity.labels = {node.entry.labels.begin(), node.entry.labels.end()};
  entity.joined_us = clock.at(node.joined);
  entity.ended_us = clock.at(node.ended);
  entity.reason = node.reason;
  return entity;
}

job_entity entity_of(const job_record& job, wall_offset clock) {
  job_entity entity;
  entity.number = job.number;
  entity.state = job.state;
  entity.name = job.begun.name;
  entity.program = job.begun.program;
  entity.node = job.begun.node;
  entity.pid = job.begun.driver_pid;
  entity.started_us = clock.at(job.started);
  entity.ended_us = clock.at(job.ended);
  entity.reason = job.reason;
  return entity;
}

actor_entity entity_of(const actor_record& actor, wall_offset clock) {
  actor_entity entity;
  entity.id = actor.id;
  entity.state = actor.state;
  entity.name = actor.name;
  entity.interface = actor.interface;
  entity.job = driver_job(actor.id.job());
  entity.home = actor.id.home();
  entity.node = actor.node;
  entity.pid = actor.pid;
  entity.restarts = actor.restarts;
  entity.max_restarts = actor.max_restarts;
  entity.detached = actor.detached;
  entity.created_us = clock.at(actor.created);
  entity.ended_us = clock.at(actor.ended);
  entity.reason = actor.reason;
  return entity;
}

} // namespace rayd
