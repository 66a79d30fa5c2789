#include "worker_pool/output_reader.hpp"

#include "base/check.hpp"
#include "base/log.hpp"

#include <caf/send.hpp>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

namespace rayd {

namespace {

using std::chrono::milliseconds;

constexpr auto window = milliseconds{50};
constexpr std::size_t window_bytes_max = 256 << 10;
constexpr std::size_t read_bytes = 64 << 10;
// A pipe holds as much; whoever writes on while it is drained must wait.
constexpr int reads_at_end = 8;
constexpr std::size_t last_lines = 20;

std::int64_t micros_now() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
           std::chrono::steady_clock::now().time_since_epoch())
    .count();
}

line_limits limits_of_errors() {
  line_limits limits;
  limits.last_lines = last_lines;
  return limits;
}

} // namespace

output_reader::output_reader(caf::actor scheduler, std::string session_folder,
                             output_limits limits)
  : scheduler_(std::move(scheduler)),
    session_folder_(std::move(session_folder)),
    limits_(limits),
    wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
    buffer_(read_bytes),
    thread_([this] { run(); }) {
  RAYD_CHECK(wake_ >= 0);
}

output_reader::~output_reader() {
  {
    std::lock_guard guard{mutex_};
    stopping_ = true;
  }
  ::eventfd_write(wake_, 1);
  thread_.join();
  ::close(wake_);
}

void output_reader::add(source opened) {
  push(std::move(opened));
}

void output_reader::end(worker_process_ended ended) {
  push(std::move(ended));
}

void output_reader::taken() {
  push(worker_output_taken{});
}

void output_reader::flush(flush_output asked) {
  push(asked);
}

void output_reader::read(read_log asked) {
  push(std::move(asked));
}

void output_reader::push(order next) {
  {
    std::lock_guard guard{mutex_};
    orders_.push_back(std::move(next));
  }
  ::eventfd_write(wake_, 1);
}

void output_reader::run() {
  for (;;) {
    std::deque<order> orders;
    bool stopping = false;
    {
      std::lock_guard guard{mutex_};
      stopping = stopping_;
      orders.swap(orders_);
    }
    for (auto& next : orders)
      std::visit([&](auto& x) { on(std::move(x)); }, next);
    if (stopping)
      break;
    wait_and_read();
    if (under_way_ == 0 && patience() == 0)
      send_lines();
  }
  for (auto& [token, from] : workers_)
    drain(from);
}

// -- reading ------------------------------------------------------------------

void output_reader::wait_and_read() {
  std::vector<pollfd> fds{{wake_, POLLIN, 0}};
  std::vector<std::pair<worker*, stream*>> streams{{nullptr, nullptr}};
  for (auto& [token, from] : workers_)
    for (auto* what : {&from.standard, &from.errors})
      if (what->pipe) {
        fds.push_back({what->pipe.get(), POLLIN, 0});
        streams.emplace_back(&from, what);
      }
  ::poll(fds.data(), fds.size(), under_way_ > 0 ? -1 : patience());
  if (fds[0].revents != 0) {
    eventfd_t count = 0;
    ::eventfd_read(wake_, &count);
  }
  for (std::size_t i = 1; i < fds.size(); ++i)
    if (fds[i].revents != 0)
      read(*streams[i].first, *streams[i].second);
}

/// Takes what the pipe holds, up to read_bytes. @returns false: it is empty.
bool output_reader::read(worker& from, stream& what) {
  if (!what.pipe)
    return false;
  const auto n = ::read(what.pipe.get(), buffer_.data(), buffer_.size());
  if (n < 0 && errno == EINTR)
    return true;
  if (n < 0 && errno == EAGAIN)
    return false;
  if (n <= 0) {
    what.pipe.reset();
    return false;
  }
  const std::string_view bytes{buffer_.data(), static_cast<std::size_t>(n)};
  if (!from.log.write(bytes))
    RAYD_DEBUG("the log {} is not complete: the disk takes no more",
               from.log.path());
  // Of standard error the last words are kept whoever reads them.
  if (from.told || what.errors)
    what.lines.feed(bytes, micros_now());
  if (!from.told)
    what.lines.take();
  return true;
}

void output_reader::drain(worker& from) {
  for (auto* what : {&from.standard, &from.errors})
    for (int i = 0; i < reads_at_end && read(from, *what); ++i) {
    }
}

// -- telling ------------------------------------------------------------------

bool output_reader::has_lines() const {
  return std::any_of(workers_.begin(), workers_.end(), [](const auto& entry) {
    return entry.second.standard.lines.has_lines()
           || entry.second.errors.lines.has_lines();
  });
}

/// How long what was read may lie here, in milliseconds; -1: nothing does.
int output_reader::patience() const {
  if (!has_lines())
    return -1;
  const auto passed = clock::now() - window_;
  if (passed >= window || window_bytes_ < window_bytes_max)
    return 0;
  return 1 + static_cast<int>(std::chrono::duration_cast<milliseconds>(
                                window - passed)
                                .count());
}

void output_reader::collect(std::uint64_t token, worker& from,
                            worker_output& into) {
  for (auto* what : {&from.standard, &from.errors}) {
    if (!what->lines.has_lines())
      continue;
    auto taken = what->lines.take();
    window_bytes_ += taken.text.size() + 1;
    into.pieces.push_back({token, what->errors, taken.left_out, taken.count,
                           taken.read, from.log.path(),
                           std::move(taken.text)});
  }
}

void output_reader::send_lines() {
  if (clock::now() - window_ >= window) {
    window_ = clock::now();
    window_bytes_ = 0;
  }
  worker_output lines;
  for (auto& [token, from] : workers_)
    if (window_bytes_ < window_bytes_max)
      collect(token, from, lines);
  send(std::move(lines));
}

void output_reader::send(worker_output&& lines) {
  if (lines.pieces.empty())
    return;
  ++under_way_;
  caf::anon_send(scheduler_, std::move(lines));
}

// -- orders -------------------------------------------------------------------

void output_reader::on(source&& opened) {
  workers_.insert_or_assign(
    opened.token,
    worker{opened.job, opened.pid, opened.told, std::move(opened.log),
           stream{std::move(opened.standard), false, line_cutter{}},
           stream{std::move(opened.errors), true,
                  line_cutter{limits_of_errors()}}});
}

void output_reader::on(worker_process_ended&& ended) {
  if (const auto at = workers_.find(ended.token); at != workers_.end()) {
    auto& from = at->second;
    drain(from);
    for (auto* what : {&from.standard, &from.errors})
      what->lines.finish(micros_now());
    for (auto& line : from.errors.lines.last())
      ended.last_words.emplace_back(line.read, std::move(line.text));
    worker_output lines;
    if (from.told) {
      collect(ended.token, from, lines);
      // What did not fit beside the last text.
      collect(ended.token, from, lines);
    }
    send(std::move(lines));
    keep_log(from);
    workers_.erase(at);
  }
  caf::anon_send(scheduler_, std::move(ended));
}

void output_reader::on(worker_output_taken&&) {
  under_way_ -= under_way_ > 0 ? 1 : 0;
}

void output_reader::on(flush_output&& asked) {
  worker_output lines;
  for (auto& [token, from] : workers_) {
    if (driver_job(from.job) != driver_job(asked.job))
      continue;
    drain(from);
    for (auto* what : {&from.standard, &from.errors})
      what->lines.finish(micros_now());
    if (from.told)
      for (int i = 0; i < 2; ++i)
        collect(token, from, lines);
  }
  send(std::move(lines));
  caf::anon_send(scheduler_, output_flushed{asked.request});
}

/// Logs of ended workers stay until they are too many or too large.
void output_reader::keep_log(const worker& from) {
  ended_.push_back({from.job, from.pid, from.log.extent()});
  ended_bytes_ += from.log.total_bytes();
  while (ended_.size() > limits_.ended_logs
         || (ended_bytes_ > limits_.ended_bytes && ended_.size() > 1)) {
    remove_log(ended_.front().log.path, limits_.log);
    ended_bytes_ -= ended_.front().log.kept;
    ended_.pop_front();
  }
}

} // namespace rayd
