#pragma once

#include "global_scheduler/machine.hpp"
#include "global_scheduler/series_book.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace rayd {

/// Fills the history from the nodes' loads, and answers "series".
class series_desk {
public:
  /// Notes each living node, and all of them together as node 0; call it often,
  /// only the first call in a second counts.
  void look(const head_machine& machine, time_us now);

  /// The JSON of wire/query.hpp.
  /// @param request  From anyone.
  /// @param wall_us  The wall clock at *now*, for people.
  std::string answer(std::string_view request, time_us now,
                     std::int64_t wall_us) const;

private:
  float finished_since(const node_record& node);

  series_book book_;
  std::map<node_index, std::uint64_t> finished_; ///< At the last look.
  std::int64_t looked_s_ = -1;
};

} // namespace rayd
