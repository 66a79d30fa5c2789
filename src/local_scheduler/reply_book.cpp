#include "local_scheduler/reply_book.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace rayd {

namespace {

/// The same for every home; see child_id.
object_id key_of(const object_id& call) noexcept {
  return {call.hi & 0xff'ffff'ffff, call.lo};
}

/// Keeps a small buffer for the next reply there.
void drop_bytes(std::string& bytes) {
  if (bytes.capacity() > 64)
    std::string{}.swap(bytes);
  bytes.clear();
}

} // namespace

bool may_come_again(const task_spec& call) noexcept {
  return !(call.parent == root_id(call.parent.home(), call.parent.job()));
}

/// Where *key* is in the table, or where it would be.
/// @pre There is a table.
std::size_t reply_book::slot_of(const object_id& key) const {
  const auto mask = table_.size() - 1;
  auto slot = std::hash<object_id>{}(key) & mask;
  while (table_[slot] != nowhere && !(ring_[table_[slot]].key == key))
    slot = (slot + 1) & mask;
  return slot;
}

/// Moves up what was put behind it for want of a place.
void reply_book::erase_slot(std::size_t slot) {
  const auto mask = table_.size() - 1;
  for (auto next = (slot + 1) & mask; table_[next] != nowhere;
       next = (next + 1) & mask) {
    const auto wanted = std::hash<object_id>{}(ring_[table_[next]].key) & mask;
    if (((next - wanted) & mask) < ((next - slot) & mask))
      continue;
    table_[slot] = table_[next];
    slot = next;
  }
  table_[slot] = nowhere;
}

reply_book::what reply_book::begin(const object_id& call) {
  const auto key = key_of(call);
  if (!table_.empty())
    if (const auto place = table_[slot_of(key)]; place != nowhere)
      return ring_[place].state;
  return running_.insert(key).second ? what::fresh : what::running;
}

object_value reply_book::reply(const object_id& call) const {
  const auto& found = ring_[table_[slot_of(key_of(call))]];
  return {found.kind, found.bytes, {}, {}};
}

void reply_book::end(const object_id& call, const object_value& value) {
  const auto key = key_of(call);
  if (running_.erase(key) == 0)
    return;
  if (count_ == ring_.size())
    grow();
  const auto place = (head_ + count_++) & (ring_.size() - 1);
  auto& ended = ring_[place];
  ended.key = key;
  ended.kind = value.what;
  // What lies in the store, or refers to what does, goes when nobody refers
  // to it any more.
  if (value.what == object_value::kind::stored || !value.nested.empty()) {
    ended.state = what::gone;
  } else {
    ended.state = what::replied;
    ended.bytes = value.bytes;
    bytes_ += value.bytes.size();
  }
  table_[slot_of(key)] = static_cast<std::uint32_t>(place);
  make_room();
}

void reply_book::grow() {
  std::vector<entry> larger(std::max<std::size_t>(16, 2 * ring_.size()));
  for (std::size_t i = 0; i < count_; ++i)
    larger[i] = std::move(ring_[(head_ + i) & (ring_.size() - 1)]);
  ring_ = std::move(larger);
  head_ = 0;
  table_.assign(2 * ring_.size(), nowhere);
  for (std::size_t i = 0; i < count_; ++i)
    table_[slot_of(ring_[i].key)] = static_cast<std::uint32_t>(i);
}

void reply_book::make_room() {
  while (bytes_ > bytes_max && without_value_ < count_) {
    auto& oldest = ring_[(head_ + without_value_++) & (ring_.size() - 1)];
    bytes_ -= oldest.bytes.size();
    drop_bytes(oldest.bytes);
    oldest.state = what::gone;
  }
  if (count_ > calls_max)
    drop_oldest();
}

void reply_book::drop_oldest() {
  auto& oldest = ring_[head_];
  erase_slot(slot_of(oldest.key));
  bytes_ -= oldest.bytes.size();
  drop_bytes(oldest.bytes);
  head_ = (head_ + 1) & (ring_.size() - 1);
  --count_;
  without_value_ -= without_value_ > 0 ? 1 : 0;
}

} // namespace rayd
