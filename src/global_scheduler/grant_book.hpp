#pragma once

#include "base/resources.hpp"
#include "global_scheduler/types.hpp"
#include "wire/control.hpp"

#include <cstdint>
#include <map>
#include <vector>

namespace rayd {

/// What was assigned and is not yet in the loads that nodes report. A grant
/// lets its source send tasks to its target. Until the target's load counts
/// them, it takes room there; until the source's load no longer counts them
/// as waiting, they are not assigned again. Each end says so once by the
/// grant's number; what nobody answers is void after a while.
class grant_book {
public:
  struct grant {
    node_index source = 0;
    node_index target = 0;
    resource_set demand;
    std::uint32_t count = 0; ///< Tasks,
    std::uint32_t slots = 0; ///< which take this many times the demand.
    bool seen = false; ///< At the target.
    bool done = false; ///< At the source.
    time_us expires = 0;
    node_wish wish = {};
    node_index near = 0;
  };

  explicit grant_book(const head_options& options);

  /// @returns Its number; numbers grow.
  std::uint64_t add(grant granted, time_us now);

  /// Grants of others are left alone: nodes speak for themselves only.
  void seen(node_index target, const std::vector<std::uint64_t>& grants);
  void done(node_index source, const std::vector<std::uint64_t>& grants,
            time_us now);

  void node_gone(node_index node);
  void expire(time_us now);

  /// Room on *target* that is assigned and not yet seen there.
  resource_set assigned_to(node_index target) const;

  /// Tasks of *shape* at *source* that are assigned and still counted there.
  std::uint32_t assigned_from(node_index source,
                              const shape_load& shape) const;

  /// Tasks of *demand* with *wish* that *target* will get and does not count
  /// yet.
  std::uint32_t coming_to(node_index target, const resource_set& demand,
                          const node_wish& wish) const;

  std::size_t size() const noexcept { return grants_.size(); }

private:
  const head_options& options_;
  std::map<std::uint64_t, grant> grants_;
  std::uint64_t last_ = 0;
};

} // namespace rayd
