#include "transport/basp_lane.hpp"

#include "base/check.hpp"
#include "transport/hello.hpp"
#include "transport/task_path_actor.hpp"

#include <fmt/format.h>

#include <condition_variable>
#include <deque>
#include <mutex>

namespace rayd {

namespace {

std::int64_t cost_of(std::size_t batch_bytes) {
  return static_cast<std::int64_t>(batch_bytes + lane::batch_cost);
}

} // namespace

struct basp_lane::state {
  caf::strong_actor_ptr self;
  caf::strong_actor_ptr peer;
  std::int64_t window;

  mutable std::mutex lock;
  std::condition_variable changed;
  std::int64_t may_send;      // Below 0 after an overdraw.
  std::int64_t peer_may_send; // As the peer would know if nothing were on
                              // its way.
  std::int64_t to_grant = 0;  // Consumed, not granted yet.
  std::deque<std::string> arrived;
  bool closed = false;
  std::string complaint;

  void fail(std::string why) {
    if (!closed)
      complaint = std::move(why);
    closed = true;
    changed.notify_all();
  }

  void on_batch(std::string& bytes);
  void on_credit(const std::string& bytes);
};

basp_lane::basp_lane(caf::strong_actor_ptr self, caf::strong_actor_ptr peer,
                     std::size_t window)
  : state_(std::make_unique<state>()) {
  state_->self = std::move(self);
  state_->peer = std::move(peer);
  state_->window = static_cast<std::int64_t>(window);
  state_->may_send = state_->window;
  state_->peer_may_send = state_->window;
}

basp_lane::~basp_lane() = default;

bool basp_lane::deliver(caf::atom_value tag, std::string& bytes) {
  if (tag != lane_atom::value && tag != credit_atom::value)
    return false;
  const std::lock_guard guard{state_->lock};
  if (state_->closed)
    return true;
  if (tag == lane_atom::value)
    state_->on_batch(bytes);
  else
    state_->on_credit(bytes);
  return true;
}

void basp_lane::state::on_batch(std::string& bytes) {
  // Grants on their way only make the peer know of less than this, so an
  // honest peer never sends at 0.
  if (peer_may_send <= 0)
    return fail(fmt::format("the peer sent a batch of {} bytes with no credit "
                            "left of a window of {} bytes",
                            bytes.size(), window));
  if (bytes.empty() || bytes.size() > batch_bytes_max)
    return fail(fmt::format("the peer sent a batch of {} bytes; 1 to {} are "
                            "allowed",
                            bytes.size(), batch_bytes_max));
  peer_may_send -= cost_of(bytes.size());
  arrived.push_back(std::move(bytes));
}

void basp_lane::state::on_credit(const std::string& bytes) {
  const auto granted = parse_link(bytes);
  // No honest grant exceeds what is owed.
  if (granted == 0
      || granted > static_cast<std::uint64_t>(window - may_send))
    return fail(fmt::format("the peer granted credit of {} bytes, {} are out",
                            granted, window - may_send));
  may_send += static_cast<std::int64_t>(granted);
  if (may_send > 0)
    changed.notify_all();
}

lane_outcome basp_lane::send(std::string& batch) {
  RAYD_CHECK(!batch.empty() && batch.size() <= batch_bytes_max);
  // The lock is held while CAF queues the message: that keeps the order.
  const std::lock_guard guard{state_->lock};
  if (state_->closed)
    return lane_outcome::closed;
  if (state_->may_send <= 0)
    return lane_outcome::no_credit;
  state_->may_send -= cost_of(batch.size());
  send_bytes(state_->self, state_->peer, lane_atom::value, std::move(batch));
  batch.clear();
  return lane_outcome::sent;
}

std::int64_t basp_lane::credit() const {
  const std::lock_guard guard{state_->lock};
  return state_->may_send;
}

bool basp_lane::wait_for_credit(clock::time_point deadline) {
  std::unique_lock guard{state_->lock};
  state_->changed.wait_until(guard, deadline, [this] {
    return state_->closed || state_->may_send > 0;
  });
  return !state_->closed && state_->may_send > 0;
}

std::optional<std::string> basp_lane::receive() {
  const std::lock_guard guard{state_->lock};
  if (state_->arrived.empty())
    return std::nullopt;
  std::optional<std::string> batch{std::move(state_->arrived.front())};
  state_->arrived.pop_front();
  return batch;
}

void basp_lane::consumed(std::size_t batch_bytes) {
  const std::lock_guard guard{state_->lock};
  state_->to_grant += cost_of(batch_bytes);
  if (state_->closed || state_->to_grant < state_->window / 4)
    return;
  state_->peer_may_send += state_->to_grant;
  send_bytes(state_->self, state_->peer, credit_atom::value,
             link_text(static_cast<std::uint64_t>(state_->to_grant)));
  state_->to_grant = 0;
}

bool basp_lane::closed() const {
  const std::lock_guard guard{state_->lock};
  return state_->closed;
}

void basp_lane::close() {
  const std::lock_guard guard{state_->lock};
  state_->closed = true;
  state_->changed.notify_all();
}

std::string basp_lane::complaint() const {
  const std::lock_guard guard{state_->lock};
  return state_->complaint;
}

} // namespace rayd
