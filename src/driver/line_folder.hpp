#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace rayd {

/// A line of a worker as it is shown.
struct shown_line {
  bool errors = false;
  std::string prefix; ///< "(square pid=4711)"; also says whose line it is.
  std::string text;
};

// Folds lines that many workers print alike, as Ray does: the first one is
// shown at once; what other workers repeat of it within 5 s is shown then, as
// one line with "[repeated 12x across cluster]". What one worker repeats is
// shown as it comes. No clock: times come in, and must not run backwards.
class line_folder {
public:
  using clock = std::chrono::steady_clock;

  static constexpr auto window = std::chrono::seconds{5};
  /// Different lines of one window; beyond it the oldest window ends early.
  static constexpr std::size_t lines_max = 1000;

  /// @returns What is to be shown now, in order.
  std::vector<shown_line> add(shown_line line, clock::time_point now);

  /// Those whose window is over.
  std::vector<shown_line> due(clock::time_point now);

  /// All that was held back.
  std::vector<shown_line> finish();

  /// When due() has something next; nothing: never.
  std::optional<clock::time_point> next() const;

private:
  using key = std::pair<bool, std::string>; // Stream and text.
  struct entry {
    clock::time_point since;
    std::uint64_t number = 0;
    std::set<std::string> sources;
    std::uint64_t repeated = 0; ///< Held back.
    std::string last_prefix;
  };

  void close_oldest(std::vector<shown_line>& into);

  std::map<key, entry> entries_;
  std::map<std::uint64_t, key> order_; ///< Oldest window first.
  std::uint64_t last_number_ = 0;
};

} // namespace rayd
