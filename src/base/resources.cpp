#include "base/resources.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace rayd {

namespace {

constexpr auto by_name = [](const auto& entry, std::string_view name) {
  return entry.first < name;
};

} // namespace

void resource_set::set(std::string_view name, double amount) {
  set_units(name, std::llround(amount * static_cast<double>(unit)));
}

void resource_set::set_units(std::string_view name, std::int64_t units) {
  auto at = std::lower_bound(amounts_.begin(), amounts_.end(), name, by_name);
  const bool found = at != amounts_.end() && at->first == name;
  if (units == 0) {
    if (found)
      amounts_.erase(at);
  } else if (found) {
    at->second = units;
  } else {
    amounts_.emplace(at, std::string{name}, units);
  }
}

std::int64_t resource_set::units(std::string_view name) const noexcept {
  auto at = std::lower_bound(amounts_.begin(), amounts_.end(), name, by_name);
  return at != amounts_.end() && at->first == name ? at->second : 0;
}

double resource_set::amount(std::string_view name) const noexcept {
  return static_cast<double>(units(name)) / static_cast<double>(unit);
}

bool resource_set::fits(const resource_set& demand) const noexcept {
  return std::all_of(demand.begin(), demand.end(), [&](const auto& wanted) {
    return wanted.second <= 0 || units(wanted.first) >= wanted.second;
  });
}

std::int64_t resource_set::times(const resource_set& demand,
                                 std::int64_t limit) const {
  for (const auto& [name, wanted] : demand)
    if (wanted > 0)
      limit = std::min(limit, std::max<std::int64_t>(units(name), 0) / wanted);
  return limit;
}

resource_set& resource_set::operator+=(const resource_set& other) {
  for (const auto& [name, more] : other)
    set_units(name, units(name) + more);
  return *this;
}

resource_set& resource_set::operator-=(const resource_set& other) {
  for (const auto& [name, less] : other)
    set_units(name, units(name) - less);
  return *this;
}

std::string to_string(const resource_set& set) {
  std::string text;
  for (const auto& [name, units] : set)
    text += fmt::format("{}{} {:g}", text.empty() ? "" : ", ", name,
                        static_cast<double>(units) / resource_set::unit);
  return text.empty() ? "nothing" : text;
}

} // namespace rayd
