#include "node/node_process.hpp"

#include "base/check.hpp"
#include "base/log.hpp"
#include "transport/hand_over.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/after.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <fmt/format.h>

#include <sys/eventfd.h>
#include <unistd.h>

namespace rayd {

using std::chrono::milliseconds;

namespace {

// For what runs to end; then its processes are killed with the pool.
constexpr milliseconds drain_patience{5000};
constexpr milliseconds store_patience{3000};

const char* role_name(peer_role role) {
  switch (role) {
    case peer_role::node: return "node";
    case peer_role::driver: return "driver";
    case peer_role::worker: return "worker";
    case peer_role::command: return "command";
  }
  return "unknown";
}

} // namespace

node_process::node_process(const node_options& options, session& self)
  : options_(options), session_(self), ended_(::eventfd(0, EFD_CLOEXEC)) {
  RAYD_CHECK(ended_ >= 0);
}

node_process::~node_process() {
  ::close(ended_);
}

std::string node_process::reason() const {
  std::lock_guard guard{mutex_};
  return expelled_;
}

void node_process::expel(const std::string& why) {
  std::lock_guard guard{mutex_};
  if (expelled_.empty())
    expelled_ = why;
  changed_.notify_all();
  ::eventfd_write(ended_, 1);
}

// -- gate callbacks, on the gate's thread -------------------------------------

gate_answer node_process::decide(const hello& greeting, const peer_info& peer) {
  const auto index = index_.load();
  if (index == 0 && greeting.role != peer_role::node)
    return refusal{refusal_reason::busy, "this node still starts"};
  if (greeting.use == link_use::bulk && greeting.role != peer_role::node)
    return refusal{refusal_reason::refused,
                   "only nodes exchange object bytes"};
  const bool joins = greeting.role == peer_role::node
                     && greeting.use == link_use::messages
                     && greeting.node == 0;
  if (joins && options_.role != node_role::head)
    return refusal{refusal_reason::refused,
                   fmt::format("this node is not the head of its cluster, "
                               "which answers at {}: join there",
                               to_string(options_.head))};
  const bool client = greeting.role == peer_role::driver
                      || greeting.role == peer_role::worker;
  if (client && !peer.local)
    return refusal{refusal_reason::refused,
                   "programs attach at the socket of their own node"};
  welcome answer;
  answer.node = index;
  if (client) {
    answer.descriptors = {arena_->readonly_fd(), arena_->writable_fd()};
    if (bells_) {
      auto shared = lane_memory::create();
      if (!shared)
        return refusal{refusal_reason::busy, shared.error().message};
      answer.lanes = std::move(*shared);
      answer.descriptors.push_back(bells_->fd());
      answer.descriptors.push_back(answer.lanes->fd());
    }
  }
  return answer;
}

void node_process::accept(accepted peer) {
  if (peer.greeting.use == link_use::bulk) {
    transfer_->serve(std::move(peer.bulk), peer.peer.address);
    return;
  }
  if (peer.lanes)
    peer.lanes->close_descriptor();
  caf::anon_send(scheduler_,
                 link_accepted{peer.link, role_name(peer.greeting.role),
                               peer.peer.local ? peer.peer.pid
                                               : peer.greeting.pid,
                               peer.peer.address, std::move(peer.lanes)});
  hand_over_accept(system_.get(), std::move(peer.messages),
                   caf::actor_cast<caf::strong_actor_ptr>(scheduler_));
}

// -- the end ------------------------------------------------------------------

void node_process::stop() {
  if (dashboard_)
    dashboard_->stop();
  if (dialler_)
    dialler_->stop();
  if (gate_)
    gate_->stop();
  {
    caf::scoped_actor self{system_.get()};
    if (scheduler_) {
      self->send(scheduler_, drain{"the node was stopped"});
      self->receive([](const drained&) {},
                    caf::after(drain_patience) >> [] {
                      RAYD_WARN("some workers did not end in time");
                    });
    }
    // The pool's thread kills and reaps what is left.
    for (auto* actor : {&pool_, &agent_, &global_, &scheduler_, &store_}) {
      if (!*actor)
        continue;
      self->monitor(*actor);
      self->send_exit(*actor, caf::exit_reason::user_shutdown);
      self->receive([](const caf::down_msg&) {},
                    caf::after(store_patience) >> [] {});
      *actor = nullptr;
    }
    if (transfer_)
      transfer_->stop();
    if (control_store_) {
      self->request(control_store_, store_patience, close_store{})
        .receive([](const store_figures&) {},
                 [](const caf::error&) {
                   RAYD_WARN("the control store did not close in order");
                 });
      control_store_ = nullptr;
    }
  }
  gate_.reset();
  pump_.reset();
}

ready_info node_process::info() const {
  ready_info info;
  info.pid = ::getpid();
  info.node_id = node_name(index_);
  info.cluster_id = cluster_id_;
  if (!options_.private_cluster && options_.role == node_role::head)
    info.address = fmt::format("{}:{}", head_.host, head_.port);
  else if (options_.role == node_role::node)
    info.address = fmt::format("{}:{}", options_.head.host, options_.head.port);
  info.reachable = options_.listen_host() != "127.0.0.1";
  info.session_folder = session_.folder;
  info.socket = session_.socket_path();
  info.secret_file = session_.record.secret_file;
  info.version = RAYD_VERSION;
  info.dashboard = session_.record.dashboard;
  info.dashboard_token = dashboard_token_;
  info.dashboard_wants_token = dashboard_ && dashboard_->wants_token();
  info.dashboard_note = dashboard_note_;
  return info;
}

} // namespace rayd
