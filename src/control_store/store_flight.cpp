// The second half of store_writer: from orders to commands to answers.

#include "base/log.hpp"
#include "control_store/snapshot.hpp"
#include "control_store/state_query.hpp"
#include "control_store/store_writer.hpp"

#include <fmt/format.h>

#include <optional>
#include <thread>

namespace rayd {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t window_bytes = 1 << 20;
constexpr std::size_t window_commands = 1024;
constexpr std::size_t orders_at_once = 256;

/// Redis with fsync each second answers up to 2 s before it hands a write to
/// the kernel (while an fsync takes long), so a killed Redis may have lost
/// commands that it acknowledged. We say them again.
constexpr auto keep_time = 3s;
constexpr std::size_t keep_bytes = 32 << 20;

constexpr auto retry_pause = 250ms;
constexpr auto stuck_after = 10s;
constexpr int max_lists = 4;

/// The command was not carried out, and can be later.
bool is_temporary(std::string_view error) {
  for (const char* begin : {"MISCONF", "OOM", "LOADING", "BUSY", "READONLY",
                            "TRYAGAIN", "CLUSTERDOWN", "MASTERDOWN"})
    if (error.starts_with(begin))
      return true;
  return false;
}

} // namespace

bool store_writer::take_orders() {
  std::vector<store_order> taken;
  std::size_t bytes = in_flight_bytes_;
  bool more = false;
  {
    std::lock_guard guard{mutex_};
    while (bytes < window_bytes
           && in_flight_.size() + taken.size() < window_commands
           && taken.size() < orders_at_once) {
      auto order = waiting_.pop();
      if (!order)
        break;
      bytes += order->bytes.size();
      taken.push_back(*std::move(order));
    }
    more = taken.size() == orders_at_once;
  }
  for (auto& order : taken)
    send(std::move(order));
  return more;
}

void store_writer::send(store_order order) {
  const auto now = clock::now();
  const auto send_all = [this](std::vector<std::string> commands) {
    for (auto& command : commands)
      send(std::move(command), 1);
  };
  switch (order.what) {
    case store_order::kind::command:
      send(std::move(order.bytes), 1);
      if (!order.ended.empty())
        send_all(session_.ended.put(order.ended));
      return;
    case store_order::kind::tasks:
      return send_all(
        session_.tasks.append(order.home, order.bytes, order.records, now));
    case store_order::kind::objects:
      return send_all(
        session_.objects.append(order.home, order.bytes, order.records, now));
    case store_order::kind::barrier:
      return send({}, 0,
                  [this, request = order.request] { finish_barrier(request); });
  }
}

void store_writer::send(std::string command, unsigned answers,
                        std::function<void()> done) {
  if (in_flight_.empty())
    last_progress_ = clock::now();
  if (!command.empty())
    session_.link().send(command);
  in_flight_bytes_ += command.size();
  in_flight_.push_back({std::move(command), answers, std::move(done), {}});
  if (answers == 0 && in_flight_.size() == 1)
    finish_front();
}

void store_writer::resend() {
  for (auto& command : kept_)
    in_flight_bytes_ += command.bytes.size();
  in_flight_.insert(in_flight_.begin(), std::make_move_iterator(kept_.begin()),
                    std::make_move_iterator(kept_.end()));
  kept_.clear();
  kept_bytes_ = 0;
  for (auto& command : in_flight_)
    if (!command.bytes.empty()) {
      command.answers = 1;
      session_.link().send(command.bytes);
    }
  last_progress_ = clock::now();
}

status store_writer::take_answers() {
  if (auto done = session_.link().receive(); !done)
    return done;
  for (;;) {
    auto reply = session_.link().next();
    if (!reply)
      return reply.error();
    if (!*reply)
      break;
    if (auto done = take_answer(**reply); !done)
      return done;
  }
  forget_old();
  return ok();
}

status store_writer::take_answer(const redisReply& reply) {
  if (in_flight_.empty())
    return failure{ray::errc::connection_failed,
                   "Redis answers more than it was asked"};
  if (reply.type == REDIS_REPLY_ERROR) {
    const auto text = text_of(reply);
    if (is_temporary(text)) {
      std::this_thread::sleep_for(retry_pause);
      return failure{ray::errc::connection_failed, std::string{text}};
    }
    RAYD_ERROR("control store's Redis refuses a command for good: {}", text);
  }
  last_progress_ = clock::now();
  stuck_ = false;
  ++acknowledged_;
  in_flight_.front().answers = 0;
  while (!in_flight_.empty() && in_flight_.front().answers == 0)
    finish_front();
  return ok();
}

void store_writer::finish_front() {
  auto command = std::move(in_flight_.front());
  in_flight_.pop_front();
  in_flight_bytes_ -= command.bytes.size();
  if (command.done)
    command.done();
  if (command.bytes.empty())
    return;
  command.done = nullptr;
  command.acknowledged = last_progress_;
  kept_bytes_ += command.bytes.size();
  kept_.push_back(std::move(command));
}

void store_writer::forget_old() {
  const auto now = clock::now();
  while (!kept_.empty()
         && (kept_bytes_ > keep_bytes
             || now - kept_.front().acknowledged > keep_time)) {
    kept_bytes_ -= kept_.front().bytes.size();
    kept_.pop_front();
  }
}

// -- requests -----------------------------------------------------------------

void store_writer::serve_numbers() {
  std::vector<std::uint64_t> opens;
  std::vector<std::pair<std::uint64_t, bool>> numbers;
  {
    std::lock_guard guard{mutex_};
    opens.swap(opens_);
    numbers.swap(numbers_);
  }
  for (auto request : opens)
    answer({request, true, session_.epoch(), session_.cluster()});
  for (auto [request, node] : numbers) {
    auto& reserve = node ? session_.nodes : session_.jobs;
    if (reserve.next == reserve.end) {
      // All given away: the extension is on its way, and rings when it came.
      std::lock_guard guard{mutex_};
      numbers_.emplace_back(request, node);
    } else {
      answer({request, true, reserve.next++, {}});
    }
  }
  extend(session_.nodes, extending_nodes_);
  extend(session_.jobs, extending_jobs_);
}

void store_writer::extend(number_reserve& reserve, bool& extending) {
  if (extending || reserve.end - reserve.next > number_reserve::step / 2)
    return;
  extending = true;
  send(reserve.extension(), 1, [&reserve, &extending] {
    reserve.end += number_reserve::step;
    extending = false;
  });
}

void store_writer::finish_barrier(std::uint64_t request) {
  std::optional<list_store> what;
  {
    std::lock_guard guard{mutex_};
    if (auto found = lists_.find(request); found != lists_.end()) {
      what = std::move(found->second);
      lists_.erase(found);
    }
  }
  if (!what) // A sync_store; its actor makes the answer.
    return answer({request, true, 0, {}});
  if (listing_ >= max_lists)
    return answer({request, false, 0,
                   fmt::format("{} lists of the control store are being read: "
                               "ask again in a moment",
                               max_lists)});
  ++listing_;
  // Reading a large store takes seconds, and writes shall not wait for it.
  std::thread{[self = shared_from_this(), place = session_.place(), request,
               what] {
    auto lines = what->query.empty()
                   ? list_lines(place, what->kind, what->limit)
                   : query_state(place, what->query);
    if (lines)
      self->answer({request, true, 0, *std::move(lines)});
    else
      self->answer({request, false, 0, lines.error().message});
    --self->listing_;
  }}.detach();
}

// -- upkeep -------------------------------------------------------------------

void store_writer::expire() {
  last_expiry_ = clock::now();
  for (auto* table : {&session_.tasks, &session_.objects})
    for (auto& command : table->expire(last_expiry_))
      send(std::move(command), 1);
}

void store_writer::watch_progress(clock::time_point now) {
  std::size_t skipped = 0;
  {
    std::lock_guard guard{mutex_};
    skipped = skipped_;
  }
  if (skipped > reported_skips_) {
    RAYD_WARN("control store dropped {} updates of tasks and objects, since "
              "Redis is slower than they come",
              skipped - reported_skips_);
    reported_skips_ = skipped;
  }
  if (!in_flight_.empty() && now - last_progress_ > stuck_after && !stuck_) {
    stuck_ = true;
    RAYD_WARN("control store waits for Redis, which has not answered {} "
              "commands for {} s",
              in_flight_.size(), stuck_after.count());
  }
}

} // namespace rayd
