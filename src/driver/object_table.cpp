#include "driver/object_table.hpp"

#include "driver/outbox.hpp"

#include <cstring>

namespace rayd {

void object_state::set_stored(std::span<const std::byte> bytes) noexcept {
  kept_.reset(); // Of a failure to get it: nobody looks at it any more.
  bytes_ = bytes;
  phase_.store(object_phase::value, std::memory_order_release);
}

void object_state::set_inline(object_phase now, std::string_view bytes) {
  kept_.reset(static_cast<std::byte*>(
    ::operator new[](bytes.size(), std::align_val_t{arena_alignment})));
  std::memcpy(kept_.get(), bytes.data(), bytes.size());
  bytes_ = {kept_.get(), bytes.size()};
  phase_.store(now, std::memory_order_release);
}

void object_state::inherit(object_state& other) noexcept {
  bytes_ = other.bytes_;
  kept_ = std::move(other.kept_);
  passing_ = other.passing_.load();
  announced = other.announced;
  wanted = other.wanted;
  phase_.store(other.phase(), std::memory_order_release);
}

bool object_state::give_back() noexcept {
  forget_watch();
  // First this, then the look at the views; who makes one looks at this last.
  phase_ = object_phase::remote;
  if (watch_views()) {
    phase_ = object_phase::value;
    return false;
  }
  forget_watch();
  wanted = false;
  return true;
}

void object_state::try_again() noexcept {
  if (!may_try_again())
    return;
  // As in give_back(): bytes may change only when nobody looks.
  phase_ = object_phase::remote;
  if (watch_views())
    phase_ = object_phase::failure;
  else
    passing_ = wanted = false;
  forget_watch();
}

void object_state::last_copy_gone() noexcept {
  table_.let_go(this);
}

object_view::~object_view() {
  if (state_ == nullptr)
    return;
  auto& table = state_->table_;
  const auto id = state_->id();
  if (state_->drop_view_and_copy())
    table.view_gone(id);
}

void object_table::grow(shard& in) {
  std::vector<object_state*> old(in.buckets.empty() ? 64
                                                    : in.buckets.size() * 2);
  std::swap(old, in.buckets);
  for (auto* head : old)
    while (head != nullptr) {
      auto* state = std::exchange(head, head->next);
      auto*& bucket = bucket_of(in, state->id());
      state->next = std::exchange(bucket, state);
    }
}

void object_table::link(shard& in, object_state& state) {
  if (in.size == in.buckets.size())
    grow(in);
  auto*& bucket = bucket_of(in, state.id());
  state.next = std::exchange(bucket, &state);
  ++in.size;
}

bool object_table::unlink(shard& in, object_state& state) noexcept {
  if (in.buckets.empty())
    return false;
  for (auto** at = &bucket_of(in, state.id()); *at != nullptr;
       at = &(*at)->next)
    if (*at == &state) {
      *at = state.next;
      --in.size;
      return true;
    }
  return false;
}

void object_table::insert(object_state& state) {
  auto& part = shard_of(state.id());
  const lock guard{part.mutex};
  link(part, state);
}

object_state* object_table::find(const object_id& id) noexcept {
  auto& part = shard_of(id);
  if (part.buckets.empty())
    return nullptr;
  auto* state = bucket_of(part, id);
  while (state != nullptr && state->id() != id)
    state = state->next;
  return state;
}

ray::detail::object_handle object_table::retain(const object_id& id) {
  auto& part = shard_of(id);
  const lock guard{part.mutex};
  auto* known = find(id);
  if (known != nullptr && known->try_add_copy())
    return ray::detail::object_handle{known};
  auto* fresh = new object_state{*this, id};
  if (known != nullptr) {
    // Its last copy goes in another thread, which waits for this lock.
    fresh->inherit(*known);
    known->replaced = true;
    unlink(part, *known);
  } else {
    out_.retain(id);
  }
  link(part, *fresh);
  return ray::detail::object_handle{fresh};
}

void object_table::let_go(object_state* state) noexcept {
  {
    auto& part = shard_of(state->id());
    const lock guard{part.mutex};
    if (!state->replaced) {
      unlink(part, *state);
      if (state->announced && state->phase() == object_phase::pending)
        --unfinished;
      out_.release(state->id());
    }
  }
  delete state;
}

// -- places that the node wants back ------------------------------------------

bool object_table::give_back(const object_id& id, std::uint64_t serial) {
  auto& part = shard_of(id);
  const lock guard{part.mutex};
  if (give_back(part, id))
    return true;
  // Before the lock goes: what the last view tells must come after it.
  out_.add(places_kept{serial, {id}}, push::soon);
  return false;
}

bool object_table::give_back(shard& in, const object_id& id) {
  const auto arguments = in.arguments.find(id);
  if (arguments != in.arguments.end()) {
    arguments->second.asked = true;
    return false;
  }
  auto* state = find(id);
  return state == nullptr || !state->in_arena() || state->give_back();
}

void object_table::view_gone(const object_id& id) noexcept {
  {
    auto& part = shard_of(id);
    const lock guard{part.mutex};
    if (!give_back(part, id))
      return;
  }
  out_.add(places_given_back{0, {id}}, push::soon);
}

void object_table::argument_seen(const object_id& id) {
  auto& part = shard_of(id);
  const lock guard{part.mutex};
  ++part.arguments[id].views;
}

void object_table::argument_gone(const object_id& id) noexcept {
  bool asked = false;
  {
    auto& part = shard_of(id);
    const lock guard{part.mutex};
    const auto at = part.arguments.find(id);
    if (--at->second.views > 0)
      return;
    asked = at->second.asked;
    part.arguments.erase(at);
  }
  if (asked)
    view_gone(id);
}

} // namespace rayd
