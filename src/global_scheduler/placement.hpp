#pragma once

#include "base/ids.hpp"
#include "base/resources.hpp"
#include "global_scheduler/types.hpp"

#include <cstdint>
#include <map>
#include <vector>

namespace rayd {

/// A node that may be given tasks.
struct candidate {
  node_index node = 0;
  resource_set total;
  resource_set room; ///< Left over, less what was assigned since.
  std::uint32_t same = 0; ///< Tasks of the shape in question, for spread_out.
};

/// Whether some candidate could hold *demand* if it were empty.
bool fits_somewhere(const resource_set& demand,
                    const std::vector<candidate>& candidates);

/// Distributes up to *count* tasks of one *demand*: packs the fullest nodes
/// until each is half used, then spreads over the emptiest ones; random among
/// equally good ones and the best fifth. Takes what it gives from the
/// candidates' room.
/// @returns How many each node gets; together at most *count*.
std::map<node_index, std::uint32_t>
distribute(const resource_set& demand, std::uint32_t count,
           std::vector<candidate>& candidates, dice& random);

/// The same, each to the candidate that has the fewest of this shape.
std::map<node_index, std::uint32_t>
spread_out(const resource_set& demand, std::uint32_t count,
           std::vector<candidate>& candidates, dice& random);

} // namespace rayd
