#include "local_scheduler/gpu_book.hpp"

#include "base/resources.hpp"

#include <algorithm>
#include <numeric>

namespace rayd {

namespace {

constexpr std::int64_t whole = resource_set::unit;

/// What *units* take of each of *count* GPUs.
std::int64_t of_each(std::int64_t units) {
  return units < whole ? units : whole;
}

} // namespace

std::size_t gpu_book::count(std::int64_t units) noexcept {
  return units <= 0 ? 0 : static_cast<std::size_t>((units + whole - 1) / whole);
}

gpu_book::gpu_book(std::vector<std::string> ids)
  : ids_(std::move(ids)), free_(ids_.size(), whole) {}

std::optional<gpu_book::places> gpu_book::pick(std::int64_t units,
                                               const places& kept) const {
  const auto wanted = count(units);
  std::vector<std::size_t> able;
  for (std::size_t i = 0; i < free_.size(); ++i)
    if (free_[i] >= of_each(units)
        && std::find(kept.begin(), kept.end(), i) == kept.end())
      able.push_back(i);
  if (able.size() < wanted)
    return std::nullopt;
  // The fullest that can hold it, so that whole ones stay whole.
  std::stable_sort(able.begin(), able.end(),
                   [&](auto a, auto b) { return free_[a] < free_[b]; });
  able.resize(wanted);
  std::sort(able.begin(), able.end());
  return able;
}

gpu_book::places gpu_book::freest(std::int64_t units) const {
  places all(free_.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  std::stable_sort(all.begin(), all.end(),
                   [&](auto a, auto b) { return free_[a] > free_[b]; });
  all.resize(std::min(all.size(), count(units)));
  std::sort(all.begin(), all.end());
  return all;
}

std::int64_t gpu_book::in_large_pieces() const {
  std::int64_t sum = 0;
  std::int64_t largest = 0;
  for (const auto units : free_) {
    sum += units == whole ? whole : 0;
    largest = std::max(largest, units == whole ? 0 : units);
  }
  return sum + largest;
}

bool gpu_book::fits(const places& where, std::int64_t units) const {
  return where.size() == count(units)
         && std::all_of(where.begin(), where.end(), [&](auto i) {
              return i < free_.size() && free_[i] >= of_each(units);
            });
}

void gpu_book::take(const places& where, std::int64_t units) {
  for (const auto i : where)
    free_[i] -= of_each(units);
}

void gpu_book::give(const places& where, std::int64_t units) {
  for (const auto i : where)
    free_[i] += of_each(units);
}

std::string gpu_book::names(const places& where) const {
  std::string text;
  for (const auto i : where)
    text += (text.empty() ? "" : ",") + ids_[i];
  return text;
}

} // namespace rayd
