#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace rayd {

/// Where a row stands in a list: newest first, and by id at the same time. It
/// never changes while the thing exists, so that pages of a list neither miss
/// nor repeat a row that changes its state between them.
template <class Id>
struct row_place {
  std::int64_t time_us = 0;
  Id id{};

  friend bool operator<(const row_place& a, const row_place& b) {
    return a.time_us != b.time_us ? a.time_us < b.time_us : a.id < b.id;
  }
};

/// A page of a list: the newest rows that are older than where the page
/// before ended. Keeps *limit* of all that are offered, in any order.
template <class Id, class Row>
class newest_rows {
public:
  using place = row_place<Id>;
  struct item {
    place at;
    Row row;
  };

  /// @param below  The last row of the page before; null: the first page.
  newest_rows(std::size_t limit, const place* below) : limit_(limit) {
    if (below) {
      below_ = *below;
      bounded_ = true;
    }
  }

  void offer(place at, const Row& row) {
    ++total_;
    if (bounded_ && !(at < below_))
      return;
    if (heap_.size() == limit_) {
      more_ = true;
      if (!(heap_.front().at < at))
        return;
      std::pop_heap(heap_.begin(), heap_.end(), newer);
      heap_.pop_back();
    }
    heap_.push_back({std::move(at), row});
    std::push_heap(heap_.begin(), heap_.end(), newer);
  }

  /// All that were offered, on whichever page.
  std::size_t total() const noexcept { return total_; }

  /// Whether older rows than those of this page were offered.
  bool more() const noexcept { return more_; }

  /// Newest first; empties the page.
  std::vector<item> take() {
    std::sort_heap(heap_.begin(), heap_.end(), newer);
    return std::move(heap_);
  }

private:
  static bool newer(const item& a, const item& b) { return b.at < a.at; }

  std::size_t limit_;
  place below_;
  bool bounded_ = false;
  bool more_ = false;
  std::size_t total_ = 0;
  std::vector<item> heap_; // The oldest one in front.
};

} // namespace rayd
