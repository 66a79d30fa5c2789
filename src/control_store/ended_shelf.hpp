#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <unordered_set>
#include <vector>

namespace rayd {

/// Nodes, jobs and actors whose life is over, oldest first and at most so many
/// of each kind. Pure: it makes Redis commands and does not send them.
class ended_shelf {
public:
  explicit ended_shelf(std::size_t limit) : limit_{limit} {}

  /// Takes "rayd:node:n7" and gives the commands that remove what is too much.
  std::vector<std::string> put(const std::string& key);

  /// How many of *kind* ("node") an earlier head removed.
  void dropped_before(const std::string& kind, std::uint64_t count);

private:
  struct row {
    std::deque<std::string> oldest_first;
    std::unordered_set<std::string> known;
    std::uint64_t dropped = 0;
  };

  std::size_t limit_;
  std::map<std::string, row> rows_; // By kind.
};

} // namespace rayd
