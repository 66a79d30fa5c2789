#include "driver/room_pocket.hpp"

#include <algorithm>
#include <utility>

namespace rayd {

namespace {

using std::chrono::milliseconds;

// Room that lasts shorter than this is asked for in larger pieces.
constexpr auto room_should_last = milliseconds{50};
constexpr std::uint64_t step_max = std::uint64_t{32} << 20;

// More pieces than that are leftovers which nothing fits into.
constexpr std::size_t pieces_max = 16;

} // namespace

std::optional<extent> room_pocket::cut(std::uint64_t bytes) {
  for (auto room = rooms_.rbegin(); room != rooms_.rend(); ++room) {
    if (room->size < bytes)
      continue;
    const extent found{room->offset, bytes};
    room->offset += bytes;
    room->size -= bytes;
    left_ -= bytes;
    if (room->size == 0)
      rooms_.erase(std::next(room).base());
    return found;
  }
  return std::nullopt;
}

std::optional<extent> room_pocket::take(std::uint64_t size,
                                        std::uint64_t& want) {
  const std::lock_guard guard{lock_};
  auto found = closed_ ? std::nullopt : cut(arena_footprint(size));
  want = 0;
  if (left_ < step_ / 2 || !found) {
    if (!asked_ && !closed_) {
      asked_ = true;
      refused_ = false;
      want = step_;
    }
  }
  if (found)
    found->size = size;
  return found;
}

bool room_pocket::wait(clock::time_point until) {
  std::unique_lock guard{lock_};
  if (!asked_)
    return !refused_ && !closed_;
  changed_.wait_until(guard, until, [this] { return !asked_ || closed_; });
  return !asked_ && !refused_ && !closed_;
}

void room_pocket::give(extent room, clock::time_point now) {
  const std::lock_guard guard{lock_};
  asked_ = false;
  refused_ = room.size == 0;
  if (!refused_) {
    if (now - given_ < room_should_last)
      step_ = std::min(step_ * 2, step_max);
    given_ = now;
    left_ += room.size;
    // The old room is used up first.
    rooms_.insert(rooms_.begin(), room);
  }
  changed_.notify_all();
}

void room_pocket::put_back(extent unused) {
  unused.size = arena_footprint(unused.size);
  const std::lock_guard guard{lock_};
  left_ += unused.size;
  const auto behind
    = std::find_if(rooms_.begin(), rooms_.end(), [&](const extent& room) {
        return room.offset == unused.end();
      });
  if (behind != rooms_.end()) {
    behind->offset = unused.offset;
    behind->size += unused.size;
  } else {
    rooms_.push_back(unused);
  }
}

std::vector<extent> room_pocket::take_leftovers() {
  const std::lock_guard guard{lock_};
  std::vector<extent> gone;
  if (rooms_.size() <= pieces_max)
    return gone;
  std::sort(rooms_.begin(), rooms_.end(),
            [](const extent& a, const extent& b) { return a.size > b.size; });
  while (rooms_.size() > pieces_max / 2) {
    left_ -= rooms_.back().size;
    gone.push_back(rooms_.back());
    rooms_.pop_back();
  }
  return gone;
}

void room_pocket::close() {
  const std::lock_guard guard{lock_};
  closed_ = true;
  changed_.notify_all();
}

} // namespace rayd
