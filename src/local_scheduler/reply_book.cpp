#include "local_scheduler/reply_book.hpp"

#include <utility>

namespace rayd {

namespace {

/// The same for every home; see child_id.
object_id key_of(const object_id& call) noexcept {
  return {call.hi & 0xff'ffff'ffff, call.lo};
}

} // namespace

bool may_come_again(const task_spec& call) noexcept {
  return !(call.parent == root_id(call.parent.home(), call.parent.job()));
}

reply_book::what reply_book::begin(const object_id& call) {
  const auto [at, fresh] = entries_.try_emplace(key_of(call));
  return fresh ? what::fresh : at->second.state;
}

const object_value& reply_book::reply(const object_id& call) const {
  return entries_.at(key_of(call)).value;
}

void reply_book::end(const object_id& call, const object_value& value) {
  const auto at = entries_.find(key_of(call));
  if (at == entries_.end() || at->second.state != what::running)
    return;
  ended_.push_back(at->first);
  // What lies in the store, or refers to what does, goes when nobody refers
  // to it any more.
  if (value.what == object_value::kind::stored || !value.nested.empty()) {
    at->second.state = what::gone;
  } else {
    at->second.state = what::replied;
    at->second.value = value;
    bytes_ += value.bytes.size();
  }
  make_room();
}

void reply_book::make_room() {
  while (bytes_ > bytes_max && without_value_ < ended_.size()) {
    auto& oldest = entries_.at(ended_[without_value_++]);
    bytes_ -= oldest.value.bytes.size();
    oldest = {what::gone, {}};
  }
  while (ended_.size() > calls_max) {
    const auto oldest = entries_.find(ended_.front());
    bytes_ -= oldest->second.value.bytes.size();
    entries_.erase(oldest);
    ended_.pop_front();
    without_value_ -= without_value_ > 0 ? 1 : 0;
  }
}

} // namespace rayd
