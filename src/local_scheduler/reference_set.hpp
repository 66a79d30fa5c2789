#pragma once

#include "local_scheduler/types.hpp"

#include <cstdint>
#include <vector>

namespace rayd {

/// Who keeps one object or actor alive, as one node knows it: processes of
/// this node (each counts its own references and speaks of the first and the
/// last), other nodes (only at the object's home; each counts its processes),
/// and pins (tasks of this node that were given it, values that contain it).
/// Adding twice is adding once, except for pins, which are counted.
class reference_set {
public:
  /// @returns whether it was not there before.
  bool add_process(process_id process);
  bool add_node(node_index node);
  void pin() noexcept { ++pins_; }

  /// @returns whether it was there.
  bool remove_process(process_id process);
  bool remove_node(node_index node);

  /// @pre pins() > 0.
  void unpin() noexcept { --pins_; }

  bool has_process(process_id process) const;
  std::vector<process_id> processes() const;
  std::uint32_t pins() const noexcept { return pins_; }

  /// How many processes of this node, and other nodes, refer to it.
  std::size_t process_count() const noexcept {
    return (first_ != 0 ? 1u : 0u) + others_.size();
  }
  std::size_t nodes() const noexcept { return nodes_.size(); }

  /// No process of this node and no pin: this node has no use for it.
  bool unused_here() const noexcept { return pins_ == 0 && first_ == 0; }

  /// Nobody anywhere refers to it.
  bool empty() const noexcept { return unused_here() && nodes_.empty(); }

private:
  // Most objects are held by one process: the one that submitted the task.
  process_id first_ = 0;
  std::uint32_t pins_ = 0;
  std::vector<process_id> others_;
  std::vector<node_index> nodes_;
};

} // namespace rayd
