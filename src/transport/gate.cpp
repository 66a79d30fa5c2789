#include "transport/gate.hpp"

#include "base/check.hpp"
#include "base/log.hpp"
#include "transport/gate_listen.hpp"
#include "transport/sockets.hpp"
#include "transport/stranger.hpp"
#include "transport/tls_pump.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <list>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>

namespace rayd {

namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// A stranger that has been silent for so long gives its place to the next.
constexpr milliseconds grace{20};

// How long accepting pauses when the kernel has no descriptors or memory.
constexpr milliseconds pause{100};

constexpr int accepts_per_turn = 32;

peer_info peer_of(int fd, bool local, const sockaddr_storage& address,
                  socklen_t size) {
  peer_info peer;
  peer.local = local;
  if (!local) {
    peer.address = address_text(reinterpret_cast<const sockaddr*>(&address),
                                size);
    return peer;
  }
  ucred who{};
  socklen_t who_size = sizeof who;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &who_size) != 0)
    who.uid = static_cast<uid_t>(-1);
  peer.pid = who.pid;
  peer.uid = who.uid;
  peer.address = fmt::format("pid {}", who.pid);
  return peer;
}

} // namespace

struct gate::state {
  gate_options options;
  gate_callbacks callbacks;
  std::vector<listener> listeners;
  std::optional<tls_context> tls;
  struct stat socket_file {};
  owned_fd wake{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::atomic<bool> stop{false};
  std::atomic<std::size_t> count{0};
  std::mutex cluster_lock;
  std::string cluster_id;
  std::thread thread;

  // Only the gate's thread touches these.
  std::list<stranger> strangers;
  clock::time_point paused_until{};

  void run();
  std::size_t of(bool local) const;
  std::list<stranger>::iterator oldest(bool local);
  bool has_place(bool local, clock::time_point now);
  bool make_place(bool local, clock::time_point now);
  void accept_from(const listener& from, clock::time_point now);
  void add(owned_fd socket, bool local, const sockaddr_storage& address,
           socklen_t size, clock::time_point now);
  gate_answer judge(const hello& greeting, const peer_info& peer);
  void let_in(stranger::guest guest);
  void serve(std::list<stranger>::iterator who, clock::time_point now);
  void drop_overdue(clock::time_point now);
  int patience(clock::time_point now) const;
  std::string cluster();
};

std::string gate::state::cluster() {
  const std::lock_guard guard{cluster_lock};
  return cluster_id;
}

std::size_t gate::state::of(bool local) const {
  return static_cast<std::size_t>(
    std::count_if(strangers.begin(), strangers.end(),
                  [local](const stranger& s) { return s.local() == local; }));
}

std::list<stranger>::iterator gate::state::oldest(bool local) {
  auto found = strangers.end();
  for (auto it = strangers.begin(); it != strangers.end(); ++it)
    if (it->local() == local
        && (found == strangers.end() || it->active() < found->active()))
      found = it;
  return found;
}

// There is a free place, or one silent for long enough to lose its own.
bool gate::state::has_place(bool local, clock::time_point now) {
  if (of(local) < options.strangers_max)
    return true;
  const auto silent = oldest(local);
  return silent != strangers.end() && now - silent->active() >= grace;
}

bool gate::state::make_place(bool local, clock::time_point now) {
  if (!has_place(local, now))
    return false;
  if (of(local) >= options.strangers_max)
    strangers.erase(oldest(local));
  return true;
}

void gate::state::accept_from(const listener& from, clock::time_point now) {
  for (int i = 0; i < accepts_per_turn && make_place(from.local, now); ++i) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    owned_fd socket{::accept4(from.socket.get(),
                              reinterpret_cast<sockaddr*>(&address), &size,
                              SOCK_CLOEXEC | SOCK_NONBLOCK)};
    if (socket) {
      add(std::move(socket), from.local, address, size, now);
      continue;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS
        || errno == ENOMEM) {
      RAYD_WARN("the gate pauses for {} ms: {}", pause.count(),
                error_text(errno));
      paused_until = now + pause;
    }
    return;
  }
}

void gate::state::add(owned_fd socket, bool local,
                      const sockaddr_storage& address, socklen_t size,
                      clock::time_point now) {
  const int fd = socket.get();
  auto peer = peer_of(fd, local, address, size);
  if (local && !may_enter(peer.uid, ::geteuid())) {
    RAYD_WARN("the gate turned {} away: it belongs to user {}", peer.address,
              peer.uid);
    return;
  }
  if (!local)
    tune_tcp(fd);
  strangers.emplace_back(std::move(socket), local ? nullptr : tls->open(fd),
                         std::move(peer), now);
}

gate_answer gate::state::judge(const hello& greeting, const peer_info& peer) {
  if (greeting.rayd_version != RAYD_VERSION)
    return refusal{refusal_reason::other_version,
                   fmt::format("this is rayd {}, not {}", RAYD_VERSION,
                               greeting.rayd_version)};
  const auto ours = cluster();
  if (!ours.empty() && !greeting.cluster_id.empty()
      && greeting.cluster_id != ours)
    return refusal{refusal_reason::other_cluster,
                   fmt::format("this is cluster {}, not {}", ours,
                               greeting.cluster_id)};
  auto reply = callbacks.decide(greeting, peer);
  if (auto* in = std::get_if<welcome>(&reply); in && in->cluster_id.empty())
    in->cluster_id = ours;
  return reply;
}

void gate::state::let_in(stranger::guest guest) {
  accepted out;
  out.greeting = std::move(guest.greeting);
  out.peer = std::move(guest.peer);
  out.link = guest.link;
  out.lanes = std::move(guest.lanes);
  if (out.greeting.use == link_use::bulk) {
    out.bulk = std::move(guest.channel);
  } else if (!guest.channel.secured()) {
    out.messages = guest.channel.release().socket;
  } else if (auto carried = options.pump->carry(std::move(guest.channel))) {
    out.messages = std::move(*carried);
  } else {
    RAYD_WARN("the gate lost {}: {}", out.peer.address,
              carried.error().message);
    return;
  }
  callbacks.accept(std::move(out));
}

void gate::state::serve(std::list<stranger>::iterator who,
                        clock::time_point now) {
  const auto decide = [this](const hello& greeting, const peer_info& peer) {
    return judge(greeting, peer);
  };
  switch (who->step(decide, now)) {
    case stranger::verdict::waiting:
      return;
    case stranger::verdict::let_in: {
      auto guest = who->take();
      strangers.erase(who);
      let_in(std::move(guest));
      return;
    }
    case stranger::verdict::closed:
      strangers.erase(who);
  }
}

void gate::state::drop_overdue(clock::time_point now) {
  strangers.remove_if([&](const stranger& s) {
    return now - s.since() >= options.patience;
  });
}

// Milliseconds until something is due without the kernel's say.
int gate::state::patience(clock::time_point now) const {
  std::optional<clock::time_point> next;
  const auto sooner = [&](clock::time_point when) {
    if (!next || when < *next)
      next = when;
  };
  for (const auto& who : strangers)
    sooner(who.since() + options.patience);
  if (paused_until > now)
    sooner(paused_until);
  for (const auto& from : listeners)
    if (of(from.local) >= options.strangers_max)
      sooner(now + grace);
  if (!next)
    return -1;
  const auto left = std::chrono::ceil<milliseconds>(*next - now).count();
  return static_cast<int>(std::clamp<milliseconds::rep>(left, 0, 60'000));
}

void gate::state::run() {
  std::vector<pollfd> entries;
  std::vector<std::list<stranger>::iterator> order;
  while (!stop) {
    auto now = clock::now();
    entries.assign(1, pollfd{wake.get(), POLLIN, 0});
    for (const auto& from : listeners) {
      // poll(2) ignores negative descriptors.
      const bool open = now >= paused_until && has_place(from.local, now);
      entries.push_back({open ? from.socket.get() : -1, POLLIN, 0});
    }
    order.clear();
    for (auto it = strangers.begin(); it != strangers.end(); ++it) {
      entries.push_back({it->descriptor(), it->wants(), 0});
      order.push_back(it);
    }
    count = strangers.size();
    if (::poll(entries.data(), entries.size(), patience(now)) < 0
        && errno != EINTR)
      RAYD_ERROR("the gate cannot poll: {}", error_text(errno));
    now = clock::now();
    const auto first = 1 + listeners.size();
    for (std::size_t i = 0; i < order.size(); ++i)
      if (entries[first + i].revents != 0)
        serve(order[i], now);
    drop_overdue(now);
    for (std::size_t i = 0; i < listeners.size(); ++i)
      if (entries[1 + i].revents != 0)
        accept_from(listeners[i], now);
  }
  strangers.clear();
  count = 0;
}

outcome<std::unique_ptr<gate>, gate_failure>
gate::open(gate_options options, gate_callbacks callbacks) {
  RAYD_CHECK(callbacks.decide && callbacks.accept);
  RAYD_CHECK(!options.tcp || options.pump != nullptr);
  auto built = std::make_unique<state>();
  if (!built->wake)
    return gate_failure{gate_error::system,
                        fmt::format("no eventfd for the gate: {}",
                                    error_text(errno))};
  // TCP first: when its port is taken, no socket file was touched.
  if (options.tcp) {
    auto made = listen_tcp(options.host, options.port);
    if (!made)
      return made.error();
    built->listeners.push_back(std::move(*made));
    built->tls.emplace(tls_side::server, options.key);
  }
  if (!options.unix_path.empty()) {
    auto made = listen_unix(options.unix_path);
    if (!made)
      return made.error();
    built->listeners.push_back(std::move(*made));
    ::lstat(options.unix_path.c_str(), &built->socket_file);
  }
  built->cluster_id = options.cluster_id;
  built->options = std::move(options);
  built->callbacks = std::move(callbacks);
  return std::unique_ptr<gate>{new gate{std::move(built)}};
}

gate::gate(std::unique_ptr<state> built) : state_(std::move(built)) {
  state_->thread = std::thread{[own = state_.get()] { own->run(); }};
}

gate::~gate() {
  stop();
}

void gate::stop() {
  if (!state_->thread.joinable())
    return;
  state_->stop = true;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto done
    = ::write(state_->wake.get(), &one, sizeof one);
  state_->thread.join();
  state_->listeners.clear();
  const auto& path = state_->options.unix_path;
  struct stat now {};
  // Not the socket file of a process that came after us.
  if (!path.empty() && ::lstat(path.c_str(), &now) == 0
      && now.st_ino == state_->socket_file.st_ino
      && now.st_dev == state_->socket_file.st_dev)
    ::unlink(path.c_str());
}

std::uint16_t gate::port() const noexcept {
  for (const auto& from : state_->listeners)
    if (!from.local)
      return from.port;
  return 0;
}

void gate::set_cluster_id(std::string id) {
  const std::lock_guard guard{state_->cluster_lock};
  state_->cluster_id = std::move(id);
}

std::size_t gate::strangers() const noexcept {
  return state_->count;
}

} // namespace rayd
