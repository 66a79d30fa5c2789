#pragma once

#include "base/ids.hpp"
#include "local_scheduler/types.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

namespace rayd {

/// What an object directory remembers of objects that leave the arena, to
/// make space there. First each process that may know an object's place gives
/// it back; then, if another node has a copy, this one goes, else it goes to
/// disk. Whoever needs the place meanwhile calls the departure off, which is
/// the rule that makes late answers harmless.
struct departures {
  /// An object on its way out of the arena.
  struct departure {
    std::uint64_t serial = 0; ///< Of the question to the processes.
    std::vector<process_id> asked; ///< They have not answered yet.
    std::uint64_t bytes = 0;
    time_us since = 0;
    bool at_home = false; ///< Its home was asked whether it may just go.
    bool writing = false;
    bool called_off = false; ///< While it was written; the file is not needed.
  };
  /// The store's wish, and what of it is not fulfilled yet.
  struct wish {
    std::uint64_t serial = 0;
    std::uint64_t bytes = 0;
  };
  struct candidate {
    object_id id;
    std::uint64_t used = 0; ///< It is none any more when it was used since.
  };

  /// A process that does not answer for this long only keeps its objects in;
  /// a home, and the object is written to disk.
  static constexpr time_us answer_patience = 500'000;
  /// After a write that failed, nothing is written for this long.
  static constexpr time_us disk_pause = 300'000;
  /// So many leave at one time.
  static constexpr std::size_t leaving_max = 512;
  /// Bounds what one look at all objects finds, and one question asks for.
  static constexpr std::size_t candidates_max = 4096;

  std::optional<wish> wanted;
  std::map<object_id, departure> leaving;
  std::unordered_map<object_id, process_id> viewed; ///< Kept in place by it.
  std::deque<candidate> next; ///< The best one first.
  std::uint64_t serial = 0;
  std::uint64_t uses = 0; ///< Counts uses of objects, so that they have order.
  bool some_in_use = false; ///< By running tasks, at the last look.
  bool disk_failed = false;
  time_us no_disk_until = 0;
};

} // namespace rayd
