// What workers print, on its way to the drivers of their jobs.

#include "local_scheduler/local_scheduler.hpp"

#include "base/log.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace rayd {

namespace {

// Records that wait in a link beyond this leave lines no room.
constexpr std::size_t waiting_bytes_max = 1 << 20;

// Workers that ended with lines left out, and nobody could be told yet.
constexpr std::size_t untold_max = 100;

// Drivers end one by one; a flush that a dead node never answers is given up.
constexpr std::size_t flushes_max = 1000;

/// Of a function in an anonymous namespace people know the name alone.
std::string short_name(std::string name) {
  constexpr std::string_view anonymous = "{anonymous}::";
  for (auto at = name.find(anonymous); at != std::string::npos;
       at = name.find(anonymous))
    name.erase(at, anonymous.size());
  return name;
}

bool has_room(const scheduler_link& link) {
  return link.lane->can_send() && link.waiting_bytes() < waiting_bytes_max;
}

/// To another node with the name of this *host*.
bool add_lines(scheduler_link& link, worker_lines&& lines,
               const std::string& host) {
  if (link.kind == link_kind::node)
    lines.host = host;
  link.add(std::move(lines));
  return true;
}

} // namespace

caf::message_handler local_scheduler::output_messages() {
  return {
    [this](worker_output& x) {
      if (begun())
        on_output(x);
      caf::anon_send(neighbours_.pool, worker_output_taken{});
    },
    [this](const output_flushed& x) { flush_answered(x.request); },
    [this](const log_read& x) {
      to_head(cluster_answer{x.request, x.answer, ""});
    },
  };
}

void local_scheduler::on_output(worker_output& output) {
  for (auto& piece : output.pieces) {
    const auto at = pool_.find(piece.token);
    if (at == pool_.end())
      continue;
    auto& worker = at->second;
    auto& left_out = worker.left_out[piece.errors ? 1 : 0];
    worker_lines lines;
    lines.job = worker.job;
    lines.name = short_name(machine_->work_of(worker.process, piece.read_us));
    lines.pid = worker.pid;
    lines.errors = piece.errors;
    lines.left_out = piece.left_out + left_out;
    worker.log = piece.file;
    lines.file = std::move(piece.file);
    lines.text = std::move(piece.text);
    const auto missed = lines.left_out + piece.lines;
    left_out = pass_lines(std::move(lines)) ? 0 : missed;
  }
}

/// To the driver when it is here, else to its node. Never waits.
/// @returns false when there is no room now, or nobody to read them.
bool local_scheduler::pass_lines(worker_lines&& lines) {
  const auto job = driver_job(lines.job);
  const auto home = begun() ? machine_->home_of(lines.job) : 0;
  if (home != 0) {
    auto* link = link_to(home);
    return link && has_room(*link)
           && add_lines(*link, std::move(lines), options_.host);
  }
  for (const auto& [process, link] : processes_)
    if (link->kind == link_kind::driver && link->job == job) {
      return has_room(*link)
             && add_lines(*link, std::move(lines), options_.host);
    }
  return false;
}

// -- what the last message of a worker left out -------------------------------

void local_scheduler::keep_untold(std::uint64_t token) {
  const auto& worker = pool_.at(token);
  for (const bool errors : {false, true}) {
    const auto left_out = worker.left_out[errors ? 1 : 0];
    if (left_out == 0 || !begun())
      continue;
    if (untold_.size() >= untold_max)
      untold_.pop_front();
    auto& lines = untold_.emplace_back();
    lines.job = worker.job;
    lines.name = short_name(machine_->work_of(worker.process, 0));
    lines.pid = worker.pid;
    lines.errors = errors;
    lines.left_out = left_out;
    lines.file = worker.log;
  }
}

/// Those that find room now; those of *job* on *at_once* in any case, because
/// its driver asks for the rest.
void local_scheduler::tell_untold(scheduler_link* at_once, job_number job) {
  std::erase_if(untold_, [&](const worker_lines& lines) {
    auto copy = lines;
    if (at_once && driver_job(lines.job) == driver_job(job))
      return add_lines(*at_once, std::move(copy), options_.host);
    return !machine_->has_job(lines.job) || pass_lines(std::move(copy));
  });
}

// -- all lines of a job -------------------------------------------------------

void local_scheduler::on_flush_query(scheduler_link& link,
                                     std::uint64_t request) {
  if (flushes_.size() >= flushes_max)
    flushes_.erase(flushes_.begin());
  const auto serial = ++last_flush_;
  auto& flush = flushes_[serial];
  flush.job = link.job;
  flush.driver = link.process;
  flush.request = request;
  for (const auto& [node, peer] : peers_) {
    peer->add(flush_lines{link.job, serial, false});
    ++flush.missing;
  }
  caf::anon_send(neighbours_.pool, flush_output{link.job, serial});
}

void local_scheduler::on_flush(node_index from, const flush_lines& x) {
  if (x.done) {
    flush_answered(x.serial);
    return;
  }
  if (flushes_.size() >= flushes_max)
    flushes_.erase(flushes_.begin());
  const auto serial = ++last_flush_;
  flushes_[serial] = {x.job, 0, from, x.serial, 1};
  caf::anon_send(neighbours_.pool, flush_output{x.job, serial});
}

void local_scheduler::flush_answered(std::uint64_t serial) {
  const auto at = flushes_.find(serial);
  if (at == flushes_.end() || --at->second.missing > 0)
    return;
  const auto flush = at->second;
  flushes_.erase(at);
  auto* link = flush.driver != 0 ? link_of(flush.driver) : link_to(flush.node);
  if (!link)
    return;
  tell_untold(link, flush.job);
  if (flush.driver != 0)
    link->add(query_answer{flush.request, "{}", ""});
  else
    link->add(flush_lines{0, flush.request, true});
}

/// The head asks for a part of a log of this node.
void local_scheduler::ask_logs(const cluster_query& query) {
  const auto asked = nlohmann::json::parse(query.text, nullptr, false);
  const auto pid = asked.is_object() ? asked.find("pid") : asked.end();
  const bool known = pid != asked.end() && pid->is_number_integer();
  caf::anon_send(neighbours_.pool,
                 read_log{query.request,
                          known ? pid->get<std::int64_t>() : 0, query.text});
}

// -- last words ---------------------------------------------------------------

/// "was ended by signal 11 (SIGSEGV)", and what its standard error said while
/// the task ran.
std::string
local_scheduler::how_it_ended(const worker_process_ended& ended,
                              process_id process) const {
  const auto since = process != 0 ? machine_->works_since(process) : 0;
  auto text = ended.how;
  bool any = false;
  for (const auto& [read, line] : ended.last_words) {
    if (read < since)
      continue;
    text += (std::exchange(any, true) ? "\n  " : "; its last lines:\n  ")
            + line;
  }
  return text;
}

} // namespace rayd
