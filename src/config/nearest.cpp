#include "config/nearest.hpp"

#include <algorithm>

namespace rayd {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  // Three rows suffice: a swap looks back two.
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1),
    row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j)
    above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      std::size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(above);
    above.swap(row);
  }
  return above[b.size()];
}

std::string nearest_name(std::string_view text,
                         const std::vector<std::string_view>& names) {
  if (text.size() > 64)
    return {};
  std::string_view best;
  auto least = std::min<std::size_t>(3, (text.size() + 2) / 3) + 1;
  for (auto name : names) {
    auto distance = edit_distance(text, name);
    if (distance < least) {
      least = distance;
      best = name;
    }
  }
  return std::string{best};
}

std::string did_you_mean(std::string_view text,
                         const std::vector<std::string_view>& names,
                         std::string_view prefix) {
  auto name = nearest_name(text, names);
  if (name.empty())
    return {};
  return ", did you mean " + std::string{prefix} + name + "?";
}

} // namespace rayd
