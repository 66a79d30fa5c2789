#include "driver/outbox.hpp"

#include "wire/lane_codec.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>

namespace rayd {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// While batches follow each other, records wait so long for company.
constexpr auto soon_linger = microseconds{150};
constexpr auto lazy_linger = milliseconds{1};

// After so long without anything to send, the actor sleeps until rung.
constexpr auto watch_for = milliseconds{20};

// One message; more records than that make several.
constexpr std::size_t batch_records = 1024;
constexpr std::size_t batch_bytes = 256 * 1024;

// More releases than this are told rather than searched.
constexpr std::size_t releases_searched = 64;

} // namespace

void outbox::open(lane& to) {
  const std::lock_guard sending{sending_};
  lane_ = &to;
}

void outbox::close() noexcept {
  const std::lock_guard guard{lock_};
  closed_ = true;
  records_.clear();
  releases_.clear();
}

bool outbox::must_ring(push how) noexcept {
  if (how == push::now)
    return false;
  const bool watched
    = how == push::soon ? watch_ == watch::close : watch_ != watch::none;
  // Once rung, it looks at everything that was added before.
  watch_ = how == push::soon ? watch::close : std::max(watch_, watch::lazy);
  return !watched;
}

bool outbox::add(lane_record record, push how) {
  const std::size_t size = encoded_size(record);
  bool full = how == push::now;
  bool ring = false;
  {
    const std::lock_guard guard{lock_};
    if (closed_)
      return false;
    records_.push_back(std::move(record));
    bytes_ += size;
    soon_ = soon_ || how == push::soon;
    full = full || records_.size() >= full_records || bytes_ >= full_bytes;
    ring = !full && must_ring(how);
  }
  if (ring)
    actor_.ring();
  return full;
}

void outbox::retain(const object_id& id) {
  bool ring = false;
  {
    const std::lock_guard guard{lock_};
    if (closed_)
      return;
    if (releases_.size() > releases_searched)
      settle_references();
    const auto given_up = std::find(releases_.begin(), releases_.end(), id);
    if (given_up != releases_.end()) {
      *given_up = releases_.back();
      releases_.pop_back();
      return;
    }
    if (retain_at_ == 0) {
      records_.push_back(retain_objects{});
      retain_at_ = records_.size();
    }
    std::get<retain_objects>(records_[retain_at_ - 1]).ids.push_back(id);
    bytes_ += sizeof(id);
    ring = must_ring(push::lazy);
  }
  if (ring)
    actor_.ring();
}

void outbox::release(const object_id& id) noexcept {
  bool ring = false;
  {
    const std::lock_guard guard{lock_};
    if (closed_)
      return;
    releases_.push_back(id);
    bytes_ += sizeof(id);
    ring = must_ring(push::lazy);
  }
  if (ring)
    actor_.ring();
}

/// Later retains must not get before these releases.
void outbox::settle_references() {
  if (!releases_.empty())
    records_.push_back(release_objects{std::exchange(releases_, {})});
  retain_at_ = 0;
}

/// Moves the next records into taken_ and encodes them. False: none.
bool outbox::take() {
  taken_.clear();
  {
    const std::lock_guard guard{lock_};
    settle_references();
    if (records_.empty())
      return false;
    soon_ = false;
    std::swap(records_, taken_);
    if (taken_.size() <= batch_records && bytes_ <= batch_bytes) {
      bytes_ = 0;
    } else {
      std::size_t bytes = 0;
      std::size_t end = 0;
      while (end < taken_.size() && end < batch_records
             && (end == 0 || bytes < batch_bytes))
        bytes += encoded_size(taken_[end++]);
      const auto rest = taken_.begin() + static_cast<std::ptrdiff_t>(end);
      records_.assign(std::make_move_iterator(rest),
                      std::make_move_iterator(taken_.end()));
      taken_.erase(rest, taken_.end());
      bytes_ -= std::min(bytes, bytes_);
      soon_ = true;
    }
  }
  batch_ = encode_batch(taken_);
  unsent_ = true;
  return true;
}

bool outbox::flush_locked(clock::time_point until) {
  if (lane_ == nullptr)
    return false;
  while (!batch_.empty() || take()) {
    switch (lane_->send(batch_)) {
      case lane_outcome::sent:
        unsent_ = false;
        batches_.fetch_add(1, std::memory_order_relaxed);
        break;
      case lane_outcome::closed:
        batch_.clear();
        unsent_ = false;
        return false;
      case lane_outcome::no_credit:
        if (until == clock::time_point::min()
            || (!lane_->wait_for_credit(until)
                && (lane_->closed() || clock::now() >= until)))
          return false;
        break;
    }
  }
  return true;
}

bool outbox::flush(clock::time_point until) {
  const std::lock_guard sending{sending_};
  return flush_locked(until);
}

std::optional<outbox::clock::time_point> outbox::look(clock::time_point now) {
  bool any = false;
  bool soon = false;
  {
    const std::lock_guard guard{lock_};
    // A batch that found no credit is due since then.
    any = unsent_ || !records_.empty() || !releases_.empty();
    soon = soon_;
    if (soon)
      close_until_ = now + 2 * soon_linger;
    if (now < close_until_)
      watch_ = watch::close;
    else if (any || now - busy_at_ <= watch_for)
      watch_ = watch::lazy;
    else
      watch_ = watch::none;
    if (watch_ == watch::none)
      return std::nullopt;
  }
  const bool others_sent = seen_batches_ != batches_;
  seen_batches_ = batches_;
  if (any) {
    // The first record after a pause need not wait for others.
    const bool after_pause = now - busy_at_ > lazy_linger;
    busy_at_ = now;
    if (!waits_ || others_sent)
      waits_since_ = now;
    waits_ = true;
    const clock::duration linger{soon ? soon_linger : lazy_linger};
    if (unsent_ || (soon && after_pause) || now - waits_since_ >= linger) {
      std::unique_lock sending{sending_, std::try_to_lock};
      // A thread that waits for credit there sends ours with its own; and
      // credit wakes the actor.
      if (!sending || !flush_locked(clock::time_point::min()))
        return now + watch_for;
      waits_ = false;
    }
  } else {
    waits_ = false;
  }
  return now + (now < close_until_ ? clock::duration{soon_linger}
                                   : clock::duration{lazy_linger});
}

} // namespace rayd
