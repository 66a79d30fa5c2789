#pragma once

#include "shared_memory/lane_memory.hpp"
#include "transport/lane.hpp"

#include <memory>
#include <string>

namespace rayd {

/// Which end of a lane in shared memory is ours.
enum class lane_end : std::uint8_t { node, client };

/// A lane between a node and one of its processes through shared memory: a
/// batch is a u32 length and its bytes in a ring, copied out before anybody
/// reads it; credit is a count beside the ring. What the ring has no room for
/// waits here, at most the window and one batch, until the owner's turn().
/// The connection over the Unix socket stays the sign of life: batches of a
/// process that died can still be received.
class ring_lane final : public lane {
public:
  /// @param node_bell Wakes the node; the process's own lies in *memory*.
  ring_lane(std::shared_ptr<lane_memory> memory,
            std::shared_ptr<bell_page> node_bell, lane_end own,
            std::size_t window = default_window);
  ~ring_lane() override;

  lane_outcome send(std::string& batch) override;
  std::int64_t credit() const override;
  bool wait_for_credit(clock::time_point deadline) override;
  bool turn() override;
  std::optional<std::string> receive() override;
  void consumed(std::size_t batch_bytes) override;
  bool closed() const override;
  void close() override;
  std::string complaint() const override;
  bool ended() const override;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace rayd
