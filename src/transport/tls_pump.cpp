#include "transport/tls_pump.hpp"

#include "base/check.hpp"
#include "base/log.hpp"
#include "transport/pump_link.hpp"
#include "transport/sockets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

namespace rayd {

namespace {

using clock = std::chrono::steady_clock;

// What epoll gives back: the link's number, and which of its two ends.
constexpr std::uint64_t wake_mark = 0;
constexpr std::uint64_t network_end = 0;
constexpr std::uint64_t local_end = 1;

} // namespace

struct tls_pump::state {
  owned_fd epoll{::epoll_create1(EPOLL_CLOEXEC)};
  owned_fd wake{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::mutex arrivals_lock;
  std::vector<std::unique_ptr<pump_link>> arrivals;
  std::atomic<bool> stop{false};
  std::atomic<std::size_t> count{0};
  std::thread thread;

  // Only the thread below touches these.
  std::map<std::uint64_t, std::unique_ptr<pump_link>> links;
  std::vector<std::uint64_t> busy; // To be run before the next wait.
  std::uint64_t next_number = 1;

  void run();
  void ring() const noexcept;
  void take_arrivals();
  void watch(int fd, std::uint64_t mark) const;
  void serve(std::uint64_t number, clock::time_point now);
  void serve_overdue(clock::time_point now);
  int patience(clock::time_point now) const;
};

void tls_pump::state::ring() const noexcept {
  const std::uint64_t one = 1;
  // A full counter already wakes.
  [[maybe_unused]] const auto done = ::write(wake.get(), &one, sizeof one);
}

// Edge-triggered, both directions, once: no further system call per change.
void tls_pump::state::watch(int fd, std::uint64_t mark) const {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = mark;
  ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event);
}

void tls_pump::state::take_arrivals() {
  std::uint64_t ignored = 0;
  [[maybe_unused]] const auto got
    = ::read(wake.get(), &ignored, sizeof ignored);
  std::vector<std::unique_ptr<pump_link>> arrived;
  {
    const std::lock_guard lock{arrivals_lock};
    arrived.swap(arrivals);
  }
  for (auto& link : arrived) {
    const auto number = next_number++;
    watch(link->network_fd(), number << 1 | network_end);
    watch(link->local_fd(), number << 1 | local_end);
    links.emplace(number, std::move(link));
    // TLS may hold bytes that no event will tell of.
    busy.push_back(number);
  }
}

void tls_pump::state::serve(std::uint64_t number, clock::time_point now) {
  const auto found = links.find(number);
  if (found == links.end())
    return;
  switch (found->second->run(now)) {
    case pump_link::verdict::idle:
      return;
    case pump_link::verdict::busy:
      busy.push_back(number);
      return;
    case pump_link::verdict::over:
      links.erase(found);
      count.fetch_sub(1);
  }
}

void tls_pump::state::serve_overdue(clock::time_point now) {
  std::vector<std::uint64_t> overdue;
  for (const auto& [number, link] : links)
    if (link->deadline() && *link->deadline() <= now)
      overdue.push_back(number);
  for (const auto number : overdue)
    serve(number, now);
}

int tls_pump::state::patience(clock::time_point now) const {
  if (!busy.empty())
    return 0;
  std::optional<clock::time_point> next;
  for (const auto& [number, link] : links)
    if (link->deadline() && (!next || *link->deadline() < *next))
      next = link->deadline();
  if (!next)
    return -1;
  const auto left
    = std::chrono::ceil<std::chrono::milliseconds>(*next - now).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

void tls_pump::state::run() {
  std::array<epoll_event, 64> events;
  while (!stop) {
    const int ready = ::epoll_wait(epoll.get(), events.data(),
                                   static_cast<int>(events.size()),
                                   patience(clock::now()));
    if (ready < 0 && errno != EINTR)
      return;
    auto turn = std::exchange(busy, {});
    for (int i = 0; i < ready; ++i) {
      const auto& event = events[static_cast<std::size_t>(i)];
      if (event.data.u64 == wake_mark) {
        take_arrivals();
        continue;
      }
      const auto number = event.data.u64 >> 1;
      const auto found = links.find(number);
      if (found == links.end())
        continue;
      if ((event.data.u64 & 1) == local_end)
        found->second->on_local_event(event.events);
      else
        found->second->on_network_event(event.events);
      turn.push_back(number);
    }
    std::sort(turn.begin(), turn.end());
    turn.erase(std::unique(turn.begin(), turn.end()), turn.end());
    const auto now = clock::now();
    for (const auto number : turn)
      serve(number, now);
    serve_overdue(now);
  }
}

tls_pump::tls_pump() : state_(std::make_unique<state>()) {
  RAYD_CHECK(state_->epoll && state_->wake);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = wake_mark;
  ::epoll_ctl(state_->epoll.get(), EPOLL_CTL_ADD, state_->wake.get(), &event);
  state_->thread = std::thread{[own = state_.get()] { own->run(); }};
}

tls_pump::~tls_pump() {
  state_->stop = true;
  state_->ring();
  state_->thread.join();
}

result<owned_fd> tls_pump::carry(stream channel) {
  auto [socket, ssl] = channel.release();
  if (!ssl)
    return std::move(socket);
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
                   ends)
      != 0)
    return failure{ray::errc::connection_failed,
                   fmt::format("no socketpair for a TLS connection: {}; raise "
                               "the limit of open files (ulimit -n)",
                               error_text(errno))};
  owned_fd near{ends[0]};
  auto link = std::make_unique<pump_link>(std::move(socket), std::move(ssl),
                                          owned_fd{ends[1]});
  state_->count.fetch_add(1);
  {
    const std::lock_guard lock{state_->arrivals_lock};
    state_->arrivals.push_back(std::move(link));
  }
  state_->ring();
  return near;
}

std::size_t tls_pump::links() const noexcept {
  return state_->count;
}

} // namespace rayd
