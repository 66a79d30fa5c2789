#pragma once

#include "global_scheduler/head_effects.hpp"

#include <map>
#include <string>

namespace rayd {

/// Jobs and who runs them. A number is told only when the control store knows
/// the job. A begin_job that comes twice gets the same job, also while the
/// first one is in progress. Ended jobs are kept for a while.
class job_table {
public:
  job_table(const head_options& options, head_effects& out);

  /// @param ticket Fresh; for the number, and then for the store.
  void begin(const begin_job& begun, link_id link, ticket_id ticket,
             time_us now);
  void number_given(ticket_id ticket, job_number number, link_id link);
  void stored(ticket_id ticket, link_id link);
  void store_failed(ticket_id ticket, const std::string& reason, link_id link);

  /// The node whose job waits for this ticket; 0 if no job does.
  node_index waiting_node(ticket_id ticket) const;

  void end(const job_ended& ended, node_index from, time_us now);
  void node_gone(node_index node, const std::string& why, time_us now);

  const std::map<job_number, job_record>& jobs() const noexcept {
    return jobs_;
  }
  std::size_t running() const noexcept;

private:
  void finish(job_record& job, job_state state, const std::string& why,
              time_us now);
  void answer(const job_record& job, link_id link);
  job_record* find(node_index node, std::uint64_t request);

  const head_options& options_;
  head_effects& out_;
  std::map<job_number, job_record> jobs_;
  /// Waiting for their number or for the store.
  std::map<ticket_id, job_record> numberless_;
  std::map<ticket_id, job_number> unstored_;
  std::size_t ended_ = 0;
};

} // namespace rayd
