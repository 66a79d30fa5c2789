#pragma once

#include "transport/lane.hpp"

#include <caf/actor_control_block.hpp>
#include <caf/atom.hpp>

#include <memory>
#include <string>

namespace rayd {

/// Tags of the messages that transport itself sends between root actors.
/// The owner of a lane gives lane_atom and credit_atom to basp_lane::deliver.
using lane_atom = caf::atom_constant<caf::atom("lane")>;
using credit_atom = caf::atom_constant<caf::atom("credit")>;
/// First message of a dialling root actor: (link_atom, link_text(link)).
using link_atom = caf::atom_constant<caf::atom("link")>;

/// A lane whose batches travel as (lane_atom, bytes) between the root actors
/// of two processes, credit as (credit_atom, 8 bytes). The root actor routes
/// by the sender of a message to the lane. Both sides use the same window. It
/// keeps both actors' memory: a root actor drops its lanes in on_stop().
class basp_lane final : public lane {
public:
  /// @param self Our root actor: the sender of every message.
  /// @param peer The peer's root actor.
  basp_lane(caf::strong_actor_ptr self, caf::strong_actor_ptr peer,
            std::size_t window = default_window);
  ~basp_lane() override;

  /// A peer that sends more than its credit, too large a batch or nonsense
  /// closes the lane.
  bool deliver(caf::atom_value tag, std::string& bytes) override;

  lane_outcome send(std::string& batch) override;
  std::int64_t credit() const override;
  bool wait_for_credit(clock::time_point deadline) override;
  std::optional<std::string> receive() override;
  void consumed(std::size_t batch_bytes) override;
  bool closed() const override;
  void close() override;
  std::string complaint() const override;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace rayd
