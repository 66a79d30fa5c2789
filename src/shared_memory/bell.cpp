#include "shared_memory/bell.hpp"

#include <cerrno>
#include <climits>
#include <ctime>

#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace rayd {

namespace {

// Not the private kind: the bell may lie in shared memory.
long futex(std::atomic<std::uint32_t>& word, int operation,
           std::uint32_t value, const timespec* until) {
  return ::syscall(SYS_futex, &word, operation, value, until, nullptr,
                   FUTEX_BITSET_MATCH_ANY);
}

timespec kernel_time(bell::clock::time_point when) {
  using namespace std::chrono;
  const auto since = duration_cast<nanoseconds>(when.time_since_epoch());
  const auto whole = floor<seconds>(since);
  timespec time{};
  time.tv_sec = static_cast<time_t>(whole.count());
  time.tv_nsec = static_cast<long>((since - whole).count());
  return time;
}

} // namespace

void bell::wake() noexcept {
  futex(rings_, FUTEX_WAKE_BITSET, INT_MAX, nullptr);
}

bool bell::wait(std::uint32_t seen,
                std::optional<clock::time_point> deadline) {
  // On a busy machine each yield gives a whole time slice away: together they
  // would delay the deadline by a hundred times what they save.
  constexpr int yields = 64;
  constexpr auto yield_for = std::chrono::microseconds{50};
  const auto begun = clock::now();
  for (int i = 0; i < yields; ++i) {
    if (rings_.load() != seen)
      return true;
    ::sched_yield();
    if (clock::now() - begun > yield_for)
      break;
  }
  timespec until{};
  if (deadline) {
    if (*deadline <= clock::now())
      return rings_.load() != seen;
    until = kernel_time(*deadline); // FUTEX_WAIT_BITSET: absolute, monotonic.
  }
  sleeping_.store(1);
  bool rung = false;
  while (!(rung = rings_.load() != seen)) {
    const long woke = futex(rings_, FUTEX_WAIT_BITSET, seen,
                            deadline ? &until : nullptr);
    if (woke != 0 && errno == ETIMEDOUT) {
      rung = rings_.load() != seen;
      break;
    }
  }
  sleeping_.store(0);
  return rung;
}

} // namespace rayd
