#pragma once

#include "global_scheduler/head_effects.hpp"

#include <deque>
#include <map>
#include <string>
#include <vector>

namespace rayd {

/// Actors and their names: one space of names per cluster. A name belongs to
/// an actor from its claim until that actor's death, and nobody is told of a
/// claim before the control store has it. Dead actors are remembered for a
/// while, so that late news cannot bring one back.
class actor_table {
public:
  actor_table(const head_options& options, head_effects& out);

  /// *from* is the actor's home. Answered at once when the name is taken, or
  /// with stored(ticket).
  void claim(const claim_actor_name& claim, link_id link, node_index from,
             ticket_id ticket, time_us now);

  /// Answered at once, or when a claim in progress is stored.
  void find(const find_actor_name& wanted, link_id link);

  void stored(ticket_id ticket);
  void store_failed(ticket_id ticket, const std::string& reason);

  /// Only the actor's home is believed.
  void change(const actor_changed& changed, node_index from, time_us now);
  void node_gone(node_index node, const std::string& why, time_us now);

  const std::map<object_id, actor_record>& actors() const noexcept {
    return actors_;
  }
  std::size_t names() const noexcept { return names_.size(); }
  std::uint32_t alive_on(node_index node) const;

private:
  struct asker {
    link_id link = 0;
    std::uint64_t request = 0;
  };
  struct name_entry {
    object_id actor;
    bool stored = false;
    std::vector<asker> claims; ///< Wait for the store; of this actor.
    std::vector<asker> finds;
  };

  void answer(const asker& to, const object_id& actor);
  void refuse(const asker& to, ray::errc code, const std::string& why);
  void no_such(const asker& to, const std::string& name);
  void die(actor_record& actor, const std::string& why, time_us now);
  void free_name(const actor_record& actor);

  const head_options& options_;
  head_effects& out_;
  std::map<object_id, actor_record> actors_;
  std::map<std::string, name_entry> names_;
  struct pending_claim {
    std::string name;
    object_id actor; ///< The name may have gone to another one meanwhile.
  };
  name_entry* pending(ticket_id ticket, pending_claim& claim);

  std::map<ticket_id, pending_claim> unstored_;
  std::deque<object_id> dead_; ///< In the order of their deaths.
};

} // namespace rayd
