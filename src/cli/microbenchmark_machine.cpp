#include "cli/microbenchmark_machine.hpp"

#include "cli/microbenchmark_calibration.hpp"
#include "cli/microbenchmark_measure.hpp"
#include "control_store/redis_link.hpp"
#include "control_store/redis_process.hpp"
#include "shared_memory/stream_copy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <arpa/inet.h>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <linux/futex.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace rayd {

namespace {

constexpr std::size_t probe_bytes = std::size_t{256} << 20;

double gigabytes_per_second(double seconds) {
  return static_cast<double>(probe_bytes) / 1e9 / seconds;
}

[[noreturn]] void refused(const char* what) {
  throw std::runtime_error(
    fmt::format("cannot calibrate: {}: {}", what, std::strerror(errno)));
}

/// Anonymous pages; shared ones stay shared after fork.
class probe_pages {
public:
  explicit probe_pages(std::size_t size, int kind = MAP_SHARED) : size_(size) {
    void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                      kind | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
      refused("mmap");
    data_ = static_cast<std::byte*>(at);
  }
  ~probe_pages() { ::munmap(data_, size_); }
  probe_pages(const probe_pages&) = delete;
  probe_pages& operator=(const probe_pages&) = delete;

  std::byte* data() const noexcept { return data_; }
  void touch() const { std::memset(data_, 1, size_); }

private:
  std::byte* data_;
  std::size_t size_;
};

/// Runs on one core until its end; nothing when there is only one.
class pinned {
public:
  explicit pinned(int which) {
    CPU_ZERO(&before_);
    ::sched_getaffinity(0, sizeof before_, &before_);
    if (CPU_COUNT(&before_) < 2)
      return;
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (!CPU_ISSET(cpu, &before_) || which-- > 0)
        continue;
      cpu_set_t one;
      CPU_ZERO(&one);
      CPU_SET(cpu, &one);
      ::sched_setaffinity(0, sizeof one, &one);
      return;
    }
  }
  ~pinned() { ::sched_setaffinity(0, sizeof before_, &before_); }
  pinned(const pinned&) = delete;
  pinned& operator=(const pinned&) = delete;

private:
  cpu_set_t before_;
};

/// A forked process that does *work* on the second core and ends.
class probe_partner {
public:
  explicit probe_partner(const std::function<void()>& work)
    : process_(::fork()) {
    if (process_ < 0)
      refused("fork");
    if (process_ > 0)
      return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    pinned second{1};
    work();
    ::_exit(0);
  }
  ~probe_partner() { ::waitpid(process_, nullptr, 0); }
  probe_partner(const probe_partner&) = delete;
  probe_partner& operator=(const probe_partner&) = delete;

private:
  pid_t process_;
};

using bell_word = std::atomic<std::uint32_t>;

void ring(bell_word& word, std::uint32_t value) {
  word.store(value, std::memory_order_release);
  ::syscall(SYS_futex, &word, FUTEX_WAKE, 1, nullptr, nullptr, 0);
}

void await_value(bell_word& word, std::uint32_t value) {
  for (;;) {
    const auto seen = word.load(std::memory_order_acquire);
    if (seen == value)
      return;
    ::syscall(SYS_futex, &word, FUTEX_WAIT, seen, nullptr, nullptr, 0);
  }
}

/// Both ends of a TCP connection over loopback.
struct tcp_pair {
  int near = -1;
  int far = -1;

  tcp_pair() {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* address = reinterpret_cast<sockaddr*>(&at);
    socklen_t length = sizeof at;
    if (listener < 0 || ::bind(listener, address, length) != 0
        || ::listen(listener, 1) != 0
        || ::getsockname(listener, address, &length) != 0)
      refused("listening on loopback");
    near = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (near < 0 || ::connect(near, address, length) != 0
        || (far = ::accept(listener, nullptr, nullptr)) < 0)
      refused("connecting over loopback");
    ::close(listener);
  }
  ~tcp_pair() {
    ::close(near);
    ::close(far);
  }
  tcp_pair(const tcp_pair&) = delete;
  tcp_pair& operator=(const tcp_pair&) = delete;
};

constexpr std::size_t tcp_chunk = std::size_t{1} << 20;

void receive_bytes(int from, std::byte* to, std::size_t size) {
  while (size > 0) {
    const auto n = ::read(from, to, std::min(size, tcp_chunk));
    if (n <= 0)
      return;
    to += n;
    size -= static_cast<std::size_t>(n);
  }
}

void send_bytes(int to, const std::byte* from, std::size_t size) {
  while (size > 0) {
    const auto n = ::send(to, from, std::min(size, tcp_chunk), MSG_NOSIGNAL);
    if (n <= 0)
      refused("sending over loopback");
    from += n;
    size -= static_cast<std::size_t>(n);
  }
}

/// GB/s of *copy* between pages that are there.
double copy_rate(void (*copy)(std::byte*, const std::byte*, std::size_t)) {
  probe_pages from{probe_bytes, MAP_PRIVATE};
  probe_pages to{probe_bytes};
  from.touch();
  to.touch();
  row_clock time;
  copy(to.data(), from.data(), probe_bytes);
  return gigabytes_per_second(time.seconds());
}

} // namespace

double probe_wake_up() {
  constexpr std::uint32_t trips = 5'000;
  constexpr std::size_t cache_line = 64;
  probe_pages shared{4096};
  auto& there = *new (shared.data()) bell_word{0};
  auto& back = *new (shared.data() + cache_line) bell_word{0};
  probe_partner partner{[&] {
    for (std::uint32_t i = 1; i <= trips; ++i) {
      await_value(there, i);
      ring(back, i);
    }
  }};
  pinned first{0};
  row_clock time;
  for (std::uint32_t i = 1; i <= trips; ++i) {
    ring(there, i);
    await_value(back, i);
  }
  return time.seconds() / trips * 1e6;
}

double probe_tcp() {
  probe_pages from{probe_bytes};
  probe_pages to{probe_bytes};
  from.touch();
  to.touch();
  tcp_pair sockets;
  double seconds = 0;
  {
    probe_partner partner{[&] {
      // Maps the pages, which counts elsewhere.
      to.touch();
      char ready = 1;
      (void)!::write(sockets.far, &ready, 1);
      receive_bytes(sockets.far, to.data(), probe_bytes);
      (void)!::write(sockets.far, &ready, 1);
    }};
    pinned first{0};
    std::byte answer{};
    receive_bytes(sockets.near, &answer, 1);
    row_clock time;
    send_bytes(sockets.near, from.data(), probe_bytes);
    receive_bytes(sockets.near, &answer, 1);
    seconds = time.seconds();
  }
  return gigabytes_per_second(seconds);
}

double probe_memory_copy() {
  return copy_rate([](std::byte* to, const std::byte* from, std::size_t size) {
    // In pieces, as most objects are copied: memcpy itself streams large ones.
    constexpr std::size_t piece = std::size_t{128} << 10;
    for (std::size_t at = 0; at < size; at += piece)
      std::memcpy(to + at, from + at, std::min(piece, size - at));
  });
}

double probe_streaming_store() {
  return copy_rate([](std::byte* to, const std::byte* from, std::size_t size) {
    copy_in(to, from, size, 1);
  });
}

double probe_first_touch() {
  probe_pages pages{probe_bytes};
  row_clock time;
  pages.touch();
  return gigabytes_per_second(time.seconds());
}

std::vector<double> probe_redis(const std::string& folder, int times) {
  constexpr int groups = 400;
  constexpr std::size_t group = 128;
  constexpr std::chrono::seconds patience{10};
  const auto place = std::filesystem::path{folder} / "calibration";
  std::filesystem::create_directories(place);
  std::filesystem::permissions(place, std::filesystem::perms::owner_all);
  auto server = redis_process::start(place, "calibration");
  if (!server)
    throw std::runtime_error(server.error().message);
  auto link = redis_link::open({place, "", "calibration"},
                               redis_link::clock::now() + patience,
                               [&] { return server->running(); });
  if (!link)
    throw std::runtime_error(link.error().message);
  // Keys of their own, as the blocks that a head writes.
  std::vector<std::vector<std::string>> batches(groups);
  int key = 0;
  for (auto& batch : batches)
    for (std::size_t i = 0; i < group; ++i)
      batch.push_back(redis_command(
        {"SET", fmt::format("key:{}", key++), std::string(100, 'x')}));
  std::vector<double> rates;
  for (int run = 0; run < times; ++run) {
    row_clock time;
    for (const auto& batch : batches)
      if (const auto answers = link->call(batch, patience); !answers)
        throw std::runtime_error(answers.error().message);
    rates.push_back(groups * static_cast<double>(group) / time.seconds());
  }
  server->stop(patience);
  std::error_code error;
  std::filesystem::remove_all(place, error);
  return rates;
}

calibration calibrate(const std::string& folder) {
  calibration values{};
  const auto set = [&](machine_limit limit, double value) {
    values[static_cast<std::size_t>(limit)] = value;
  };
  const auto set_median = [&](machine_limit limit, double (*probe)()) {
    set(limit, median_of({probe(), probe(), probe()}));
  };
  // A virtual machine gets pages that it never touched from its host, ten
  // times slower: not what is asked here.
  probe_first_touch();
  set_median(machine_limit::wake_up, probe_wake_up);
  set_median(machine_limit::tcp, probe_tcp);
  set_median(machine_limit::memory_copy, probe_memory_copy);
  set_median(machine_limit::streaming_store, probe_streaming_store);
  set_median(machine_limit::first_touch, probe_first_touch);
  set(machine_limit::redis, median_of(probe_redis(folder, 3)));
  return values;
}

} // namespace rayd
