#include "shared_memory/prefault.hpp"

#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include <algorithm>
#include <chrono>

namespace rayd {
namespace {

/// Taken and touched at once: about 0.2 ms with the file's lock held.
constexpr std::uint64_t small_step = 512u << 10;

/// Between steps. A thread of idle priority that was put aside while it holds
/// the file's lock would make the store wait for a quiet moment; one that
/// sleeps and wakes is put aside before it takes the lock.
constexpr auto rest = std::chrono::microseconds(50);

constexpr std::uint64_t most_ahead_by_default = 256ull << 20;

} // namespace

prefault::prefault(std::shared_ptr<segment> arena, std::uint64_t ahead)
  : arena_(std::move(arena)), ahead_(ahead), thread_([this] { run(); }) {}

void prefault::used_up_to(std::uint64_t end) {
  std::lock_guard guard(mutex_);
  if (end <= used_)
    return;
  used_ = end;
  ready_ = std::max(ready_.load(), end);
  changed_.notify_one();
}

void prefault::stop() {
  {
    std::lock_guard guard(mutex_);
    stopping_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable())
    thread_.join();
}

std::uint64_t prefault::target() const noexcept {
  auto ahead = ahead_ > 0 ? ahead_ : std::min(used_, most_ahead_by_default);
  return used_ + std::min(ahead, arena_->capacity() - used_);
}

void prefault::run() {
  // Signals are for the threads that expect them.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  sched_param none{};
  pthread_setschedparam(pthread_self(), SCHED_IDLE, &none);
  pthread_setname_np(pthread_self(), "rayd-prefault");
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    auto from = ready_.load();
    auto to = std::min(target(), from + small_step);
    if (from >= to || refused_at_ == used_ + 1) {
      changed_.wait(lock);
      continue;
    }
    lock.unlock();
    bool done = advance(from, to);
    lock.lock();
    if (!done) {
      refused_at_ = used_ + 1;
      continue;
    }
    ready_ = std::max(ready_.load(), to);
    if (!stopping_)
      changed_.wait_for(lock, rest);
  }
}

/// Makes [from, to) ready; false when the system has no more.
bool prefault::advance(std::uint64_t from, std::uint64_t to) {
  while (arena_->reserved() < to)
    if (!arena_->reserve_ahead(to - arena_->reserved()))
      return false;
  arena_->touch({from, to - from});
  return true;
}

} // namespace rayd
