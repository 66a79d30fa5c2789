#include "control_store/store_writer.hpp"

#include "base/log.hpp"

#include <fmt/format.h>

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <thread>

namespace rayd {

namespace {

using namespace std::chrono_literals;

constexpr auto expiry_interval = 60s;
constexpr auto complaint_interval = 10s; // A full disk: 4 failures a second.

} // namespace

std::shared_ptr<store_writer> store_writer::start(control_store_options options,
                                                  answer_function answer) {
  std::shared_ptr<store_writer> writer{
    new store_writer{std::move(options), std::move(answer)}};
  std::thread{[writer] { writer->run(); }}.detach();
  return writer;
}

store_writer::store_writer(control_store_options options,
                           answer_function answer)
  : options_{std::move(options)},
    answer_{std::move(answer)},
    bell_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)},
    waiting_{options_.limits.waiting_bytes},
    session_{options_},
    last_progress_{clock::now()},
    last_expiry_{clock::now()},
    last_complaint_{clock::now() - complaint_interval} {}

store_writer::~store_writer() {
  ::close(bell_);
}

// -- from any thread ----------------------------------------------------------

void store_writer::wake() {
  const std::uint64_t one = 1;
  // A full counter means that the thread has been woken already.
  [[maybe_unused]] auto written = ::write(bell_, &one, sizeof one);
}

void store_writer::push(store_order order) {
  bool wanted;
  {
    std::lock_guard guard{mutex_};
    wanted = waiting_.empty() || order.request != 0;
    if (order.request != 0)
      unanswered_.insert(order.request);
    skipped_ += waiting_.push(std::move(order));
  }
  if (wanted)
    wake();
}

void store_writer::register_request(std::uint64_t request) {
  unanswered_.insert(request);
  wake();
}

void store_writer::request_open(std::uint64_t request) {
  std::lock_guard guard{mutex_};
  opens_.push_back(request);
  register_request(request);
}

void store_writer::request_number(std::uint64_t request, bool node) {
  std::lock_guard guard{mutex_};
  numbers_.emplace_back(request, node);
  register_request(request);
}

void store_writer::request_list(std::uint64_t request, const list_store& what) {
  {
    std::lock_guard guard{mutex_};
    lists_[request] = what;
  }
  store_order barrier;
  barrier.what = store_order::kind::barrier;
  barrier.request = request;
  push(std::move(barrier));
}

void store_writer::close(std::uint64_t request) {
  std::lock_guard guard{mutex_};
  if (closing_ && request == 0)
    return;
  closing_ = true;
  close_request_ = request;
  close_deadline_ = clock::now() + options_.closing;
  wake();
}

store_figures store_writer::figures() const {
  std::lock_guard guard{mutex_};
  store_figures figures;
  figures.acknowledged = acknowledged_;
  figures.waiting_bytes = waiting_.bytes() + in_flight_bytes_;
  figures.skipped_records = skipped_;
  figures.damaged_blocks = damaged_;
  figures.restarts = restarts_;
  return figures;
}

// -- answers ------------------------------------------------------------------

void store_writer::answer(store_answer what) {
  {
    std::lock_guard guard{mutex_};
    if (unanswered_.erase(what.request) == 0)
      return; // Failed already, while Redis was away.
  }
  answer_(what);
}

void store_writer::fail_requests(const std::string& sentence) {
  std::set<std::uint64_t> failed;
  {
    std::lock_guard guard{mutex_};
    failed.swap(unanswered_);
    opens_.clear();
    numbers_.clear();
    lists_.clear();
  }
  for (auto request : failed)
    answer_({request, false, 0, sentence});
}

// -- the thread ---------------------------------------------------------------

void store_writer::run() {
  ::pthread_setname_np(::pthread_self(), "control-store");
  if (reopen())
    write_until_closed();
  if (const auto left = in_flight_.size(); left > 0)
    RAYD_WARN("control store closes with {} commands that Redis did not "
              "acknowledge",
              left);
  while (listing_ > 0)
    std::this_thread::sleep_for(1ms);
  session_.close();
  redis_pid_ = 0;
  fail_requests("the control store is closed");
  if (close_request_ != 0)
    answer_({close_request_, true, 0, {}});
}

bool store_writer::closing_time() {
  std::lock_guard guard{mutex_};
  if (!closing_)
    return false;
  return clock::now() >= close_deadline_
         || (waiting_.empty() && in_flight_.empty());
}

bool store_writer::reopen() {
  bool told = false;
  const bool first = session_.epoch() == 0;
  while (!closing_time()) {
    auto opened = session_.open([this] { return !closing_time(); });
    redis_pid_ = session_.redis_pid();
    if (opened) {
      was_empty_ = session_.was_empty();
      if (told)
        RAYD_INFO("control store is back");
      resend();
      return true;
    }
    if (!told)
      RAYD_ERROR("control store cannot write: {}", opened.error().message);
    told = true;
    fail_requests(opened.error().message);
    // A store that never was ours is not waited for: the head will not start.
    const auto until = clock::now() + (first ? 1h : 1s);
    while (clock::now() < until && !closing_time()) {
      wait(first ? 1000 : 100);
      fail_requests(opened.error().message);
    }
  }
  return false;
}

void store_writer::write_until_closed() {
  while (!closing_time()) {
    auto done = step();
    if (done)
      continue;
    if (clock::now() - last_complaint_ > complaint_interval) {
      last_complaint_ = clock::now();
      RAYD_WARN("control store lost Redis and starts over with it: {}",
                done.error().message);
    }
    ++restarts_;
    session_.lose();
    if (!reopen())
      return;
  }
}

status store_writer::step() {
  serve_numbers();
  const bool more = take_orders();
  if (session_.link().unsent())
    if (auto done = session_.link().flush(); !done)
      return done;
  if (!more)
    wait(in_flight_.empty() ? 5'000 : 1'000);
  if (auto done = take_answers(); !done)
    return done;
  const auto now = clock::now();
  if (now - last_expiry_ > expiry_interval)
    expire();
  watch_progress(now);
  return ok();
}

void store_writer::wait(int milliseconds) {
  {
    std::lock_guard guard{mutex_};
    if (closing_)
      milliseconds = std::min(milliseconds, 20);
  }
  pollfd events[2] = {{bell_, POLLIN, 0}, {-1, POLLIN, 0}};
  if (session_.connected()) {
    events[1].fd = session_.link().descriptor();
    if (session_.link().unsent())
      events[1].events |= POLLOUT;
  }
  ::poll(events, 2, milliseconds);
  std::uint64_t rings = 0;
  [[maybe_unused]] auto got = ::read(bell_, &rings, sizeof rings);
}

} // namespace rayd
