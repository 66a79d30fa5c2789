#include "object_store/free_extents.hpp"

#include "base/check.hpp"

#include <tuple>

namespace rayd {

free_extents::free_extents(std::uint64_t capacity) : capacity_(capacity) {
  if (capacity > 0)
    put({0, capacity});
}

std::optional<extent> free_extents::take(std::uint64_t size,
                                         std::uint64_t touched) {
  auto fit = by_size_.lower_bound({size, 0});
  if (fit == by_size_.end())
    return std::nullopt;
  auto [fit_size, fit_offset] = *fit;
  bool is_last = fit_offset + fit_size == capacity_;
  if (is_last && fit_offset + size > touched) {
    // Only one extent reaches the end, so the next larger one was touched.
    if (auto next = std::next(fit); next != by_size_.end())
      std::tie(fit_size, fit_offset) = *next;
  }
  erase(by_offset_.find(fit_offset));
  if (fit_size > size)
    insert({fit_offset + size, fit_size - size});
  return extent{fit_offset, size};
}

void free_extents::put(extent back) {
  RAYD_CHECK(back.size > 0 && back.end() <= capacity_);
  auto after = by_offset_.lower_bound(back.offset);
  if (after != by_offset_.end()) {
    RAYD_CHECK(back.end() <= after->first);
    if (back.end() == after->first) {
      back.size += after->second;
      auto joined = after++;
      erase(joined);
    }
  }
  if (after != by_offset_.begin()) {
    auto before = std::prev(after);
    auto before_end = before->first + before->second;
    RAYD_CHECK(before_end <= back.offset);
    if (before_end == back.offset) {
      back = {before->first, before->second + back.size};
      erase(before);
    }
  }
  insert(back);
}

std::uint64_t free_extents::largest() const noexcept {
  return by_size_.empty() ? 0 : by_size_.rbegin()->first;
}

void free_extents::insert(extent x) {
  by_offset_.emplace(x.offset, x.size);
  by_size_.emplace(x.size, x.offset);
  total_ += x.size;
}

void free_extents::erase(
  std::map<std::uint64_t, std::uint64_t>::iterator position) {
  total_ -= position->second;
  by_size_.erase({position->second, position->first});
  by_offset_.erase(position);
}

} // namespace rayd
