#include "object_store/space_queue.hpp"

#include <algorithm>

namespace rayd {

bool space_queue::add(std::uint64_t number, std::uint64_t bytes,
                      std::int64_t now) {
  if (requests_.size() >= limit)
    return false;
  requests_.push_back({number, bytes, now});
  return true;
}

void space_queue::remove(std::uint64_t number) {
  std::erase_if(requests_,
                [&](const request& one) { return one.number == number; });
}

std::vector<std::uint64_t> space_queue::waiting() const {
  std::vector<std::uint64_t> numbers;
  numbers.reserve(requests_.size());
  for (const auto& one : requests_)
    numbers.push_back(one.number);
  return numbers;
}

std::vector<std::uint64_t> space_queue::give_up(std::int64_t now) {
  std::vector<std::uint64_t> numbers;
  for (const auto& one : requests_) {
    const auto waited = now - one.since;
    const auto most = !nothing_leaves_ ? patience_max_us
                      : later_         ? patience_of_tasks_us
                                       : patience_us;
    if (waited >= most)
      numbers.push_back(one.number);
  }
  for (const auto number : numbers)
    remove(number);
  return numbers;
}

std::optional<space_queue::wish>
space_queue::next_wish(const space_figures& arena, std::int64_t now) {
  if (nothing_leaves_ && now < rests_until_)
    return std::nullopt;
  const auto taken = arena.capacity - arena.free;
  const auto most = arena.capacity / 10 * 8;
  auto bytes = taken > most ? taken - most : 0;
  if (!requests_.empty()) {
    const auto first = requests_.front().bytes;
    if (first > arena.free)
      bytes = std::max(bytes, first - arena.free);
    else if (first > arena.largest_free)
      bytes = std::max(bytes, first); // In pieces, so more must go.
  }
  if (bytes == 0)
    return std::nullopt;
  nothing_leaves_ = false;
  return wish{++serial_, bytes};
}

void space_queue::nothing_leaves(std::uint64_t serial, bool later,
                                 std::int64_t now) {
  if (serial != serial_)
    return;
  later_ = later;
  nothing_leaves_ = true;
  rests_until_ = now + rest_us;
}

} // namespace rayd
