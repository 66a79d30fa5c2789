#include "global_scheduler/job_table.hpp"

#include "wire/failure_record.hpp"

#include <algorithm>

namespace rayd {

job_table::job_table(const head_options& options, head_effects& out)
  : options_(options), out_(out) {}

void job_table::begin(const begin_job& begun, link_id link, ticket_id ticket,
                      time_us now) {
  if (auto* known = find(begun.node, begun.request)) {
    if (known->stored)
      answer(*known, link);
    return;
  }
  job_record job;
  job.begun = begun;
  job.started = now;
  numberless_.emplace(ticket, std::move(job));
  out_.take_job_number(ticket);
}

void job_table::number_given(ticket_id ticket, job_number number,
                             link_id link) {
  const auto at = numberless_.find(ticket);
  if (at == numberless_.end())
    return;
  auto job = std::move(at->second);
  numberless_.erase(at);
  job.number = number;
  out_.store_job(job);
  out_.sync_store(ticket);
  unstored_.emplace(ticket, number);
  const auto& kept = jobs_[number] = std::move(job);
  if (options_.faults.answer_before_stored)
    answer(kept, link);
}

void job_table::stored(ticket_id ticket, link_id link) {
  const auto at = unstored_.find(ticket);
  if (at == unstored_.end())
    return;
  const auto job = jobs_.find(at->second);
  unstored_.erase(at);
  if (job == jobs_.end())
    return;
  job->second.stored = true;
  answer(job->second, link);
}

void job_table::store_failed(ticket_id ticket, const std::string& reason,
                             link_id link) {
  job_given refused;
  refused.failure = encode_failure(
    ray::errc::connection_failed,
    "the job cannot be registered: " + reason);
  if (const auto at = numberless_.find(ticket); at != numberless_.end()) {
    refused.request = at->second.begun.request;
    numberless_.erase(at);
  } else if (const auto waits = unstored_.find(ticket);
             waits != unstored_.end()) {
    refused.request = jobs_[waits->second].begun.request;
    jobs_.erase(waits->second);
    unstored_.erase(waits);
  } else {
    return;
  }
  out_.to_link(link, refused);
}

node_index job_table::waiting_node(ticket_id ticket) const {
  if (const auto at = numberless_.find(ticket); at != numberless_.end())
    return at->second.begun.node;
  if (const auto at = unstored_.find(ticket); at != unstored_.end())
    if (const auto job = jobs_.find(at->second); job != jobs_.end())
      return job->second.begun.node;
  return 0;
}

void job_table::end(const job_ended& ended, node_index from, time_us now) {
  const auto at = jobs_.find(ended.job);
  if (at == jobs_.end() || at->second.begun.node != from
      || at->second.ended != 0)
    return;
  auto state = job_state::stopped;
  for (const auto each : {job_state::succeeded, job_state::failed})
    if (ended.state == to_string(each))
      state = each;
  finish(at->second, state, {}, now);
}

void job_table::node_gone(node_index node, const std::string& why,
                          time_us now) {
  std::erase_if(numberless_, [&](const auto& entry) {
    return entry.second.begun.node == node;
  });
  for (auto& [number, job] : jobs_)
    if (job.begun.node == node && job.ended == 0)
      finish(job, job_state::failed, "its node is gone: " + why, now);
}

std::size_t job_table::running() const noexcept {
  return jobs_.size() - ended_;
}

void job_table::finish(job_record& job, job_state state,
                       const std::string& why, time_us now) {
  job.state = state;
  job.reason = why;
  job.ended = std::max<time_us>(now, 1);
  out_.store_job(job);
  if (++ended_ <= options_.ended_jobs_kept)
    return;
  for (auto at = jobs_.begin(); at != jobs_.end(); ++at)
    if (at->second.ended != 0 && &at->second != &job) {
      jobs_.erase(at);
      --ended_;
      break;
    }
}

void job_table::answer(const job_record& job, link_id link) {
  out_.to_link(link, job_given{job.begun.request, job.number, {}});
}

job_record* job_table::find(node_index node, std::uint64_t request) {
  const auto asked = [&](const job_record& job) {
    return job.begun.node == node && job.begun.request == request;
  };
  for (auto& [ticket, job] : numberless_)
    if (asked(job))
      return &job;
  for (auto& [number, job] : jobs_)
    if (asked(job))
      return &job;
  return nullptr;
}

} // namespace rayd
