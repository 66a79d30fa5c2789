#pragma once

#include "local_scheduler/types.hpp"
#include "transport/lane.hpp"
#include "wire/lane_records.hpp"

#include <caf/actor_control_block.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace rayd {

/// What a connection of the local scheduler is with.
enum class link_kind : std::uint8_t { unknown, node, driver, worker, command };

/// One connection with another process: its root actor, the lane, and the
/// records that wait for the end of the turn or for credit. What may wait is
/// bounded by what made it: runs by the workers' windows, answers by their
/// questions, values by the directory (which keeps them until there is
/// credit).
class scheduler_link {
public:
  scheduler_link(caf::strong_actor_ptr with, std::unique_ptr<rayd::lane> by)
    : root(std::move(with)), lane(std::move(by)) {}

  /// Goes out with flush(), after all before it.
  void add(lane_record record);

  /// Sends what there is credit for. @returns false when some is left.
  bool flush();

  bool waits() const noexcept { return !records_.empty(); }

  /// Bytes of records that wait.
  std::size_t waiting_bytes() const noexcept { return bytes_; }

  const caf::strong_actor_ptr root; ///< The other process's root actor.
  const std::unique_ptr<rayd::lane> lane;
  link_kind kind = link_kind::unknown;
  process_id process = 0;   ///< Of a driver or worker that attached.
  node_index node = 0;      ///< Of a node that said who it is.
  bool dialled = false;     ///< By this node: it says who it is first.
  std::uint64_t number = 0; ///< The gate's, for the global scheduler.
  std::int64_t pid = 0;
  job_number job = 0;
  bool said_goodbye = false; ///< A driver that ended its job in order.
  bool cut_off = false;      ///< It broke the rules: nothing of it is read.

private:
  std::vector<lane_record> records_;
  std::size_t bytes_ = 0;
};

} // namespace rayd
