#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rayd {

/// Amounts of named resources ("CPU", "GPU", "memory", custom names) in fixed
/// point: ten-thousandths, memory in bytes times ten thousand as the others.
/// Sorted by name, without zero amounts; amounts may be negative while blocked
/// tasks resume, since those take their CPUs back without waiting.
class resource_set {
public:
  static constexpr std::int64_t unit = 10'000;

  resource_set() = default;

  /// Rounds *amount* to the nearest ten-thousandth; 0 removes the name.
  void set(std::string_view name, double amount);
  void set_units(std::string_view name, std::int64_t units);
  std::int64_t units(std::string_view name) const noexcept;
  double amount(std::string_view name) const noexcept;

  /// True when each amount of *demand* is here (a demand of 0 always fits).
  bool fits(const resource_set& demand) const noexcept;

  /// How often *demand* fits at once; at most *limit*.
  std::int64_t times(const resource_set& demand, std::int64_t limit) const;

  resource_set& operator+=(const resource_set& other);
  resource_set& operator-=(const resource_set& other);

  bool empty() const noexcept { return amounts_.empty(); }
  auto begin() const noexcept { return amounts_.begin(); }
  auto end() const noexcept { return amounts_.end(); }

  friend auto operator<=>(const resource_set&, const resource_set&) = default;

private:
  std::vector<std::pair<std::string, std::int64_t>> amounts_;
};

/// "CPU 2, GPU 0.5", for people.
std::string to_string(const resource_set& set);

} // namespace rayd
