#pragma once

#include "global_scheduler/records.hpp"

#include <map>
#include <string>

namespace rayd {

/// Whether work of some shape can run in the cluster as it is now.
struct feasibility {
  enum class kind : std::uint8_t {
    possible, ///< Now, or when somebody ends.
    hopeless, ///< Not unless other nodes join.
    never,    ///< It asks for something that is gone.
  };

  kind what = kind::possible;
  std::string text; ///< Why, the end of a sentence.
};

bool has_labels(const node_record& node,
                const std::map<std::string, std::string>& labels);

/// Alive, or maybe so again soon.
bool counts(const node_record& node);

feasibility judge(const resource_set& demand, const node_wish& wish,
                  const std::map<node_index, node_record>& nodes);

} // namespace rayd
