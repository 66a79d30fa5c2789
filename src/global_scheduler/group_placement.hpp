#pragma once

#include "global_scheduler/placement.hpp"

#include <ray/options.hpp>

#include <optional>
#include <vector>

namespace rayd {

/// A place for each of *bundles*, where *placed* says which have one already
/// (0: not yet); those stay. Nothing when the strategy cannot be had with the
/// candidates' room. Takes nothing from them.
std::optional<std::vector<node_index>>
place_bundles(const std::vector<resource_set>& bundles,
              const std::vector<node_index>& placed, ray::strategy strategy,
              std::vector<candidate> candidates, dice& random);

} // namespace rayd
