#include "driver/blocked_waits.hpp"

#include "driver/object_state.hpp"
#include "wire/wait_messages.hpp"

#include <algorithm>

namespace rayd {

blocked_waits::entry::entry(
  blocked_waits& all, const object_id& task,
  std::span<const ray::detail::object_handle> objects,
  std::function<std::size_t()> missing)
  : all_(all),
    task_(task),
    objects_(objects),
    missing_(std::move(missing)) {
  const std::lock_guard guard{all_.lock_};
  number_ = ++all_.last_;
  place_ = all_.entries_.insert(all_.entries_.end(), this);
}

blocked_waits::entry::~entry() {
  const std::lock_guard guard{all_.lock_};
  all_.entries_.erase(place_);
}

thread_wait blocked_waits::entry::tell() const {
  thread_wait told{task_, number_, 0, {}};
  std::size_t pending = 0;
  for (const auto& object : objects_) {
    if (!object)
      continue; // Given out before.
    const auto& state = static_cast<const object_state&>(*object.get());
    if (state.phase() != object_phase::pending)
      continue;
    if (++pending <= waits_told_max)
      told.ids.push_back(state.id());
  }
  // Those that are not told may all come.
  const auto untold = pending - told.ids.size();
  const auto missing = std::min(missing_(), pending);
  told.need
    = static_cast<std::uint32_t>(missing - std::min(missing, untold));
  return told;
}

std::vector<thread_wait> blocked_waits::tell() const {
  const std::lock_guard guard{lock_};
  std::vector<thread_wait> all;
  for (const auto* each : entries_)
    all.push_back(each->tell());
  return all;
}

} // namespace rayd
