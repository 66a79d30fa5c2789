// What arrives in lanes, and what goes out at the end of a turn.

#include "local_scheduler/local_scheduler.hpp"

#include "base/log.hpp"
#include "base/overloaded.hpp"
#include "wire/lane_codec.hpp"
#include "wire/query.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace rayd {

namespace {

// Values handed to a link beyond this wait in the directory for credit.
constexpr std::size_t link_bytes_max = 1 << 20;

// Room ahead of need is asked for in pieces of this size at least.
constexpr std::uint64_t room_min = 1 << 20;

// Of one link; then others get theirs.
constexpr int batches_per_turn = 32;

} // namespace

/// Takes up to batches_per_turn batches. @returns true when more may wait.
bool local_scheduler::receive(scheduler_link& link) {
  if (!begun() || link.cut_off)
    return false;
  for (int i = 0; i < batches_per_turn; ++i) {
    auto batch = link.lane->receive();
    if (!batch) {
      if (const auto why = link.lane->complaint(); !why.empty())
        cut_off(link, why);
      return false;
    }
    const auto bytes = batch->size();
    auto records = decode_batch(*batch);
    if (!records) {
      cut_off(link, records.error().message);
      return false;
    }
    for (auto& record : *records) {
      if (link.node != 0)
        on_node_record(link, std::move(record));
      else if (link.process != 0)
        on_client_record(link, std::move(record));
    }
    link.lane->consumed(bytes);
  }
  return true;
}

/// A driver learns of it by its lane, a worker process is ended.
void local_scheduler::cut_off(scheduler_link& link, const std::string& why) {
  link.cut_off = true;
  RAYD_WARN("process {} is cut off: {}", link.pid, why);
  link.lane->close();
  for (const auto& [token, process] : pool_)
    if (process.process == link.process && link.process != 0)
      caf::anon_send(neighbours_.pool, end_worker_process{token});
}

/// Looks at the lanes in shared memory. @returns true when more may wait.
bool local_scheduler::receive_shared() {
  bool more = false;
  for (auto& [address, link] : links_)
    if (!link->cut_off && link->lane->turn()) {
      now();
      more = receive(*link) || more;
    }
  return more;
}

void local_scheduler::on_node_record(scheduler_link& link,
                                     lane_record&& record) {
  auto* mirror = std::get_if<mirror_block>(&record);
  if (auto* lines = std::get_if<worker_lines>(&record))
    static_cast<void>(machine_->home_of(lines->job) == 0
                      && pass_lines(std::move(*lines)));
  else if (const auto* flush = std::get_if<flush_lines>(&record))
    on_flush(link.node, *flush);
  else if (auto* metrics = std::get_if<metric_report>(&record))
    pass_metrics(link.node, std::move(*metrics));
  else if (!mirror)
    machine_->on_peer_record(link.node, std::move(record));
  else if (neighbours_.global)
    pass_mirror({link.node, std::move(mirror->tasks),
                 std::move(mirror->objects)},
                link.number, link.root);
}

void local_scheduler::on_client_record(scheduler_link& link,
                                       lane_record&& record) {
  const auto process = link.process;
  const auto seal = [&](const object_id& id, extent where, bool in_room) {
    seals_.push_back({process, id, where, in_room});
  };
  const bool taken = std::visit(
    overloaded{
      [&](create_object_room& x) {
        creations_.push_back({x.request, process, x.object, x.size});
        return true;
      },
      [&](want_spare_room& x) {
        // A small store is not for one process alone.
        rooms_.push_back({process, std::min(x.at_least,
                                            std::max(options_.arena_bytes / 32,
                                                     room_min))});
        return true;
      },
      [&](abort_object_room& x) {
        send(neighbours_.store, abort_object{process, x.object});
        return true;
      },
      [&](client_query& x) {
        on_query(link, x);
        return true;
      },
      [&](end_process&) {
        link.said_goodbye = true;
        return true;
      },
      [&](metric_report& x) {
        metrics_.add(process, x);
        return true;
      },
      [&](seal_object_room& x) {
        seal(x.object, x.where, x.in_room);
        return false;
      },
      [&](task_result& x) {
        if (x.value.what == object_value::kind::stored)
          seal(x.task, x.value.where, false);
        return false;
      },
      [](auto&) { return false; },
    },
    record);
  if (!taken)
    machine_->on_record(process, std::move(record));
}

void local_scheduler::on_query(scheduler_link& link,
                               const client_query& query) {
  if (query.text == query_flush_lines) {
    on_flush_query(link, query.request);
    return;
  }
  const auto request = ++last_request_;
  questions_[request] = {caf::actor_cast<caf::actor_addr>(link.root),
                         link.process, query.request};
  ask_head(request, query.text);
}

void local_scheduler::send_values(process_id process) {
  if (process == probe_ && probe_ != 0) {
    machine_->send_ready(process, link_bytes_max);
    return;
  }
  auto* link = link_of(process);
  if (!link)
    return;
  while (machine_->has_ready(process) && link->lane->can_send()) {
    machine_->send_ready(process, link_bytes_max);
    if (!link->flush())
      break;
  }
  if (machine_->has_ready(process))
    starved_.push_back(process);
}

void local_scheduler::flush_seals() {
  if (!seals_.empty())
    send(neighbours_.store, seal_objects{std::exchange(seals_, {})});
}

// Asked for after the turn, for what it has freed may be the room wanted.
void local_scheduler::flush_wishes() {
  for (const auto& wish : std::exchange(creations_, {}))
    send(neighbours_.store, wish);
  for (const auto& wish : std::exchange(rooms_, {}))
    send(neighbours_.store, wish);
}

void local_scheduler::flush() {
  flush_seals();
  flush_wishes();
  for (auto& [address, link] : links_)
    if (link->waits())
      link->flush();
}

} // namespace rayd
