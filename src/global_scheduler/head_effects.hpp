#pragma once

#include "global_scheduler/records.hpp"

#include <string>

namespace rayd {

/// What the head's machine wants done. The actor does it for real, the
/// simulation in its own world; both keep the order of calls.
class head_effects {
public:
  virtual ~head_effects() = default;

  /// Lost links swallow it.
  virtual void to_link(link_id to, control_message message) = 0;

  // -- control store ----------------------------------------------------------

  /// What is known of it is now this.
  virtual void store_node(const node_record& node) = 0;
  virtual void store_job(const job_record& job) = 0;
  virtual void store_actor(const actor_record& actor) = 0;

  /// *name* belongs to *actor* now; to nobody if that is empty.
  virtual void store_name(const std::string& name, const object_id& actor) = 0;

  /// Blocks of records of *home*; see wire/records.hpp.
  virtual void store_mirror(node_index home, const mirror_records& records)
    = 0;

  /// A number that no node (job) of this cluster had before; answered by
  /// number_given or store_failed with the ticket.
  virtual void take_node_index(ticket_id ticket) = 0;
  virtual void take_job_number(ticket_id ticket) = 0;

  /// Answered by stored when all that was sent before is in the store, or by
  /// store_failed.
  virtual void sync_store(ticket_id ticket) = 0;

  /// A question with the JSON answer of query_answer.hpp.
  virtual void answer_query(link_id to, const cluster_query& query) = 0;

  /// A node answered what answer_query asked it.
  virtual void node_answered(node_index node, const cluster_answer& answer)
    = 0;
};

} // namespace rayd
