#include "node/peer_dialler.hpp"

#include "base/log.hpp"
#include "transport/hand_over.hpp"

#include <caf/send.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

namespace rayd {

using std::chrono::milliseconds;

namespace {

constexpr milliseconds dial_patience{3000};
constexpr milliseconds first_pause{20};
constexpr milliseconds last_pause{1000};

/// The address that this end of a connection has, without its port.
std::string local_address(int descriptor) {
  sockaddr_storage at{};
  socklen_t size = sizeof(at);
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&at), &size) != 0)
    return {};
  const void* address
    = at.ss_family == AF_INET6
        ? static_cast<const void*>(
          &reinterpret_cast<sockaddr_in6*>(&at)->sin6_addr)
        : &reinterpret_cast<sockaddr_in*>(&at)->sin_addr;
  ::inet_ntop(at.ss_family, address, text.data(), text.size());
  return text.data();
}

} // namespace

outcome<link_dialled, dial_failure>
dial_node(caf::actor_system& system, tls_pump& pump, const std::string& host,
          std::uint16_t port, const secret_key& key, const hello& greeting,
          std::string* own_address) {
  auto made = dial_tcp(host, port, key, greeting, dial_patience);
  if (!made)
    return made.error();
  if (own_address)
    *own_address = local_address(made->channel.descriptor());
  const auto broken = [](const failure& why) {
    return dial_failure{dial_error::timed_out, why.message};
  };
  auto socket = pump.carry(std::move(made->channel));
  if (!socket)
    return broken(socket.error());
  auto root = hand_over_dial(system, std::move(*socket), dial_patience);
  if (!root)
    return broken(root.error());
  return link_dialled{made->reply.link, made->reply.node, *root, false};
}

peer_dialler::peer_dialler(caf::actor_system& system,
                           peer_dialler_options options)
  : system_(system), options_(std::move(options)) {}

peer_dialler::~peer_dialler() {
  stop();
}

void peer_dialler::introduce(node_index self, std::string cluster_id) {
  std::lock_guard guard{mutex_};
  self_ = self;
  cluster_id_ = std::move(cluster_id);
}

void peer_dialler::dial(const node_entry& peer) {
  std::lock_guard guard{mutex_};
  if (stopping_ || threads_.contains(peer.index))
    return;
  wanted_[peer.index] = true;
  threads_[peer.index] = std::thread{[this, peer] { run(peer); }};
}

void peer_dialler::forget(node_index peer) {
  std::lock_guard guard{mutex_};
  wanted_.erase(peer);
  changed_.notify_all();
}

void peer_dialler::stop() {
  std::map<node_index, std::thread> threads;
  {
    std::lock_guard guard{mutex_};
    stopping_ = true;
    threads.swap(threads_);
    changed_.notify_all();
  }
  for (auto& [node, thread] : threads)
    thread.join();
}

void peer_dialler::run(node_entry peer) {
  for (auto pause = first_pause;; pause = std::min(pause * 2, last_pause)) {
    if (try_once(peer))
      return;
    if (!rest(peer.index, pause))
      return;
  }
}

bool peer_dialler::try_once(const node_entry& peer) {
  hello greeting;
  greeting.role = peer_role::node;
  {
    std::lock_guard guard{mutex_};
    greeting.node = self_;
    greeting.cluster_id = cluster_id_;
  }
  auto link = dial_node(system_, *options_.pump, peer.host, peer.port,
                        options_.tls_key, greeting);
  if (!link) {
    RAYD_INFO("node {} cannot be reached yet: {}", node_name(peer.index),
              link.error().message);
    return false;
  }
  link->node = peer.index;
  caf::anon_send(options_.scheduler, *link);
  return true;
}

bool peer_dialler::rest(node_index peer, milliseconds pause) {
  std::unique_lock guard{mutex_};
  return !changed_.wait_for(guard, pause, [&] {
    return stopping_ || !wanted_.contains(peer);
  });
}

} // namespace rayd
