#include "object_store/spill_ledger.hpp"

#include "base/check.hpp"

namespace rayd {

std::optional<std::uint64_t>
spill_ledger::begin_write(const object_id& object, std::uint64_t size) {
  if (files_.contains(object)
      || (limit_ != 0 && (size > limit_ || bytes_ > limit_ - size)))
    return std::nullopt;
  files_[object] = {++last_number_, size, phase::writing, false};
  bytes_ += size;
  return last_number_;
}

bool spill_ledger::written(const object_id& object, std::uint64_t number,
                           bool good) {
  const auto at = files_.find(object);
  if (at == files_.end() || at->second.number != number)
    return false;
  if (good)
    at->second.now = phase::on_disk;
  else
    erase(at);
  return true;
}

std::uint64_t spill_ledger::begin_read(const object_id& object) {
  auto& known = files_.at(object);
  RAYD_CHECK(known.now == phase::on_disk);
  known.now = phase::reading;
  return known.number;
}

std::optional<bool> spill_ledger::read_over(const object_id& object,
                                            std::uint64_t number) {
  const auto at = files_.find(object);
  if (at == files_.end() || at->second.number != number)
    return std::nullopt;
  at->second.now = phase::on_disk;
  return !at->second.freed;
}

std::optional<std::uint64_t> spill_ledger::forget(const object_id& object) {
  const auto at = files_.find(object);
  if (at == files_.end())
    return std::nullopt;
  if (at->second.now == phase::reading) {
    at->second.freed = true;
    return std::nullopt;
  }
  const auto gone = at->second;
  erase(at);
  if (gone.now == phase::writing)
    return std::nullopt;
  return gone.number;
}

const spill_ledger::file* spill_ledger::find(const object_id& object) const {
  const auto at = files_.find(object);
  return at == files_.end() ? nullptr : &at->second;
}

void spill_ledger::erase(std::unordered_map<object_id, file>::iterator at) {
  bytes_ -= at->second.size;
  files_.erase(at);
}

} // namespace rayd
