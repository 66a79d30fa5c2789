#include "transport/ring_lane.hpp"

#include "base/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <utility>

namespace rayd {

namespace {

using length = std::uint32_t;

std::uint64_t cost_of(std::size_t batch_bytes) {
  return batch_bytes + lane::batch_cost;
}

} // namespace

struct ring_lane::state {
  state(std::shared_ptr<lane_memory> shared, std::shared_ptr<bell_page> bells,
        lane_end own, std::size_t window_bytes)
    : memory(std::move(shared)),
      node_bell(std::move(bells)),
      peer_bell(own == lane_end::client ? node_bell->get()
                                        : memory->client_bell()),
      out(memory->counts(own == lane_end::client)),
      in(memory->counts(own == lane_end::node)),
      writer(memory->writer(own == lane_end::client)),
      window(window_bytes),
      reader(memory->reader(own == lane_end::node)) {}

  const std::shared_ptr<lane_memory> memory;
  const std::shared_ptr<bell_page> node_bell;
  bell& peer_bell;
  ring_counts& out;
  ring_counts& in;

  mutable std::mutex sending; ///< Of what follows, up to the next mutex.
  std::condition_variable changed;
  int waiting = 0; ///< Threads at `changed`.
  ring_writer writer;
  const std::uint64_t window;
  std::uint64_t sent = 0; ///< Cost of all batches.
  std::deque<std::string> backlog; ///< What the ring has no room for,
  std::size_t backlog_at = 0;      ///< from here on in the first,
  std::size_t backlog_bytes = 0;   ///< and as a whole.
  bool closed = false;
  std::string complaint;

  std::mutex receiving; ///< Of what follows; taken before `sending`.
  ring_reader reader;
  std::string batch;        ///< Arrives: its length is known
  std::size_t arrived = 0;  ///< and so many bytes are here.
  bool cut_off = false;     ///< The peer broke the rules.
  std::uint64_t consumed = 0;

  // -- with `sending` ---------------------------------------------------------

  void fail(std::string why) {
    if (!closed)
      complaint = std::move(why);
    end();
  }

  void end() {
    closed = true;
    changed.notify_all();
    if (out.closed.exchange(1) == 0)
      peer_bell.ring();
  }

  /// What may be sent by the peer's count. One that counts what it does not
  /// read would make the backlog grow without end, so that is bounded, too.
  std::int64_t credit() {
    if (backlog_bytes > window + batch_bytes_max + batch_cost) {
      fail("the peer gave credit for what it did not read");
      return 0;
    }
    const auto taken = out.consumed.load();
    if (taken > sent) {
      fail(fmt::format("the peer took over {} bytes of {} that were sent",
                       taken, sent));
      return 0;
    }
    return static_cast<std::int64_t>(window)
           - static_cast<std::int64_t>(sent - taken);
  }

  /// As credit(), and when there is none the peer will ring.
  std::int64_t credit_or_ring() {
    if (const auto now = credit(); now > 0)
      return now;
    // Before looking again: the peer first counts, then looks at this.
    out.writer_waits.store(1);
    return credit();
  }

  /// Moves into the ring what it has room for.
  void push_backlog() {
    bool pushed = false;
    while (!backlog.empty()) {
      auto& first = backlog.front();
      const auto done = writer.write(first.data() + backlog_at,
                                     first.size() - backlog_at);
      pushed = pushed || done > 0;
      backlog_at += done;
      backlog_bytes -= done;
      if (backlog_at < first.size()) {
        if (!writer.room())
          return fail("the peer's count of bytes read cannot be");
        if (out.writer_waits.exchange(1) == 0)
          continue; // Room that came meanwhile would not ring.
        break;
      }
      backlog.pop_front();
      backlog_at = 0;
    }
    if (pushed) {
      writer.publish();
      peer_bell.ring();
    }
  }

  // -- with `receiving` -------------------------------------------------------

  bool read(char* to, std::size_t size, std::size_t& there) {
    if (there < size)
      return false;
    reader.read(to, size);
    there -= size;
    return true;
  }

  /// Reads what is there of the next batch. @returns True when it is whole.
  bool read_batch() {
    const auto available = reader.available();
    if (!available)
      return broken("the peer's count of bytes written cannot be");
    auto there = *available;
    if (there == 0)
      return false;
    if (batch.empty()) {
      length size = 0;
      if (!read(reinterpret_cast<char*>(&size), sizeof size, there))
        return false;
      if (size == 0 || size > batch_bytes_max)
        return broken(fmt::format("the peer sent a batch of {} bytes; 1 to {} "
                                  "are allowed",
                                  size, batch_bytes_max));
      batch.resize(size);
      arrived = 0;
    }
    const auto part = std::min(there, batch.size() - arrived);
    reader.read(batch.data() + arrived, part);
    arrived += part;
    reader.release();
    ring_waiting_writer();
    return arrived == batch.size();
  }

  bool broken(std::string why) {
    cut_off = true;
    const std::lock_guard guard{sending};
    fail(std::move(why));
    return false;
  }

  void ring_waiting_writer() {
    if (in.writer_waits.load() != 0 && in.writer_waits.exchange(0) != 0)
      peer_bell.ring();
  }
};

ring_lane::ring_lane(std::shared_ptr<lane_memory> memory,
                     std::shared_ptr<bell_page> node_bell, lane_end own,
                     std::size_t window)
  : state_(std::make_unique<state>(std::move(memory), std::move(node_bell),
                                   own, window)) {}

ring_lane::~ring_lane() = default;

lane_outcome ring_lane::send(std::string& batch) {
  RAYD_CHECK(!batch.empty() && batch.size() <= batch_bytes_max);
  const std::lock_guard guard{state_->sending};
  auto& own = *state_;
  if (own.closed)
    return lane_outcome::closed;
  if (own.credit_or_ring() <= 0)
    return own.closed ? lane_outcome::closed : lane_outcome::no_credit;
  own.sent += cost_of(batch.size());
  const auto size = static_cast<length>(batch.size());
  const bool fits = own.backlog.empty()
                    && own.writer.room().value_or(0) >= sizeof size + size;
  if (fits) {
    own.writer.write(reinterpret_cast<const char*>(&size), sizeof size);
    own.writer.write(batch.data(), size);
    own.writer.publish();
    own.peer_bell.ring();
  } else {
    own.backlog_bytes += sizeof size + batch.size();
    own.backlog.emplace_back(reinterpret_cast<const char*>(&size),
                             sizeof size);
    own.backlog.push_back(std::move(batch));
    own.push_backlog();
  }
  batch.clear();
  return lane_outcome::sent;
}

std::int64_t ring_lane::credit() const {
  const std::lock_guard guard{state_->sending};
  return state_->credit_or_ring();
}

bool ring_lane::wait_for_credit(clock::time_point deadline) {
  std::unique_lock guard{state_->sending};
  ++state_->waiting;
  state_->changed.wait_until(guard, deadline, [this] {
    return state_->closed || state_->credit_or_ring() > 0;
  });
  --state_->waiting;
  return !state_->closed && state_->credit() > 0;
}

bool ring_lane::turn() {
  {
    const std::lock_guard guard{state_->sending};
    if (!state_->closed) {
      state_->push_backlog();
      // Not yet enough: the peer must ring again.
      if (state_->waiting > 0 && state_->credit_or_ring() > 0)
        state_->changed.notify_all();
    }
  }
  const std::lock_guard guard{state_->receiving};
  return !state_->cut_off && state_->reader.available().value_or(1) > 0;
}

std::optional<std::string> ring_lane::receive() {
  const std::lock_guard guard{state_->receiving};
  if (state_->cut_off || !state_->read_batch())
    return std::nullopt;
  return std::exchange(state_->batch, {});
}

void ring_lane::consumed(std::size_t batch_bytes) {
  const std::lock_guard guard{state_->receiving};
  state_->consumed += cost_of(batch_bytes);
  state_->in.consumed.store(state_->consumed);
  state_->ring_waiting_writer();
}

bool ring_lane::closed() const {
  const std::lock_guard guard{state_->sending};
  return state_->closed;
}

void ring_lane::close() {
  const std::lock_guard guard{state_->sending};
  state_->end();
}

bool ring_lane::ended() const {
  if (state_->in.closed.load() == 0)
    return false;
  const std::lock_guard guard{state_->receiving};
  return state_->reader.available().value_or(0) == 0;
}

std::string ring_lane::complaint() const {
  const std::lock_guard guard{state_->sending};
  return state_->complaint;
}

} // namespace rayd
