// How connections come, say who they are, and go.

#include "local_scheduler/local_scheduler.hpp"

#include "base/log.hpp"
#include "transport/basp_lane.hpp"
#include "transport/hello.hpp"
#include "transport/ring_lane.hpp"
#include "wire/actor_messages.hpp"
#include "wire/failure_record.hpp"
#include "wire/tags.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

namespace rayd {

namespace {

using json = nlohmann::json;

constexpr std::chrono::seconds accepted_patience{10};

/// A text or number of *from*; the empty one when there is none of its type.
std::string text_in(const json& from, const char* name) {
  const auto at = from.find(name);
  return at != from.end() && at->is_string() ? at->get<std::string>() : "";
}

link_kind kind_of(const std::string& role) {
  if (role == "node")
    return link_kind::node;
  if (role == "driver")
    return link_kind::driver;
  if (role == "worker")
    return link_kind::worker;
  return role == "command" ? link_kind::command : link_kind::unknown;
}

} // namespace

scheduler_link&
local_scheduler::add_link(const caf::strong_actor_ptr& root,
                          std::shared_ptr<lane_memory> shared) {
  const auto address = caf::actor_cast<caf::actor_addr>(root);
  auto& link = links_[address];
  std::unique_ptr<lane> by;
  if (shared)
    by = std::make_unique<ring_lane>(std::move(shared), options_.bells,
                                     lane_end::node, options_.lane_window);
  else
    by = std::make_unique<basp_lane>(
      caf::actor_cast<caf::strong_actor_ptr>(this), root,
      options_.lane_window);
  link = std::make_unique<scheduler_link>(root, std::move(by));
  monitor(address);
  return *link;
}

void local_scheduler::on_accepted(const link_accepted& peer) {
  // A peer that was killed, or whose handshake BASP dropped, says nothing.
  const auto now = clock::now();
  std::erase_if(accepted_, [&](const auto& entry) {
    return now - entry.second.first > accepted_patience;
  });
  accepted_[peer.link] = {now, peer};
}

void local_scheduler::on_link(std::uint64_t number,
                              const caf::strong_actor_ptr& from) {
  const auto at = accepted_.find(number);
  if (at == accepted_.end()
      || links_.contains(caf::actor_cast<caf::actor_addr>(from)))
    return;
  const auto peer = std::move(at->second.second);
  accepted_.erase(at);
  auto& link = add_link(from, peer.shared);
  link.kind = kind_of(peer.role);
  link.number = number;
  link.pid = peer.pid;
}

// -- drivers and workers ------------------------------------------------------

void local_scheduler::on_attach(scheduler_link& link,
                                const std::string& text) {
  if (link.process != 0)
    return;
  if (!begun() || draining_) {
    refuse(link, "the node is not running: it starts or ends right now");
    return;
  }
  const auto fields = json::parse(text, nullptr, false);
  if (!fields.is_object()) {
    refuse(link, "the attach message is not a JSON object");
    return;
  }
  if (link.kind == link_kind::driver) {
    attach_driver(link, text);
  } else if (link.kind == link_kind::worker) {
    std::uint64_t token = 0;
    const auto hex = text_in(fields, "token");
    std::from_chars(hex.data(), hex.data() + hex.size(), token, 16);
    attach_worker(link, token);
  }
}

void local_scheduler::attach_driver(scheduler_link& link,
                                    const std::string& text) {
  const auto fields = json::parse(text);
  const auto request = ++last_request_;
  begin_job begin;
  begin.request = request;
  begin.node = options_.machine.self;
  begin.driver_pid = link.pid;
  begin.name = text_in(fields, "job_name");
  begin.program = text_in(fields, "program");
  begins_[request] = {caf::actor_cast<caf::actor_addr>(link.root),
                      text};
  to_head(begin);
}

void local_scheduler::on_job_given(const job_given& given) {
  const auto at = begins_.find(given.request);
  if (at == begins_.end())
    return;
  const auto [address, text] = std::move(at->second);
  begins_.erase(at);
  const auto link = links_.find(address);
  if (link == links_.end()) {
    to_head(job_ended{given.job, "failed"});
    return;
  }
  auto& driver = *link->second;
  if (driver.process != 0)
    return;
  driver.process = ++last_process_;
  driver.job = given.job;
  processes_[driver.process] = &driver;
  welcome(driver);
  caf::anon_send(neighbours_.pool, job_program{given.job, text});
  machine_->job_begun(given.job, driver.process, text);
  RAYD_INFO("driver {} attached as {}", driver.pid, job_name(given.job));
}

void local_scheduler::attach_worker(scheduler_link& link,
                                    std::uint64_t token) {
  const auto at = pool_.find(token);
  if (at == pool_.end() || at->second.process != 0) {
    refuse(link, "no worker with this token was started here");
    return;
  }
  link.process = ++last_process_;
  link.job = at->second.job;
  at->second.process = link.process;
  at->second.pid = link.pid;
  processes_[link.process] = &link;
  welcome(link);
  machine_->worker_joined(link.process, link.job, link.pid,
                          at->second.setting);
}

void local_scheduler::refuse(scheduler_link& link, const std::string& why) {
  const json answer{{"error", {{"code", 0}, {"message", why}}}};
  send_bytes(link.root, welcome_atom::value, answer.dump());
}

void local_scheduler::welcome(scheduler_link& link) {
  const json answer{
    {"process", link.process},
    {"node", options_.machine.self},
    {"job", link.job},
    {"arena_bytes", options_.arena_bytes},
    {"inline_max", 100 * 1024},
    {"lane_window", options_.lane_window},
    {"cpus", options_.machine.total.amount("CPU")},
    {"session_dir", options_.session_folder},
    {"cluster_id", cluster_id_},
  };
  send_bytes(link.root, welcome_atom::value, answer.dump());
}

void local_scheduler::on_worker_ended(const worker_process_ended& ended) {
  const auto at = pool_.find(ended.token);
  if (at == pool_.end())
    return;
  auto& process = at->second;
  keep_untold(ended.token);
  process.how = how_it_ended(ended, process.process);
  if (process.process == 0) {
    const auto [job, setting] = std::pair{process.job, process.setting};
    pool_.erase(at);
    machine_->worker_start_failed(
      job, setting,
      fmt::format("a worker process of its program did not serve, see its log "
                  "in {}/logs: it {}",
                  options_.session_folder, how_it_ended(ended, 0)));
  } else if (process.link_down) {
    worker_gone(process.process);
  }
}

void local_scheduler::worker_gone(process_id process) {
  for (auto at = pool_.begin(); at != pool_.end(); ++at) {
    if (at->second.process != process)
      continue;
    const auto how = at->second.how;
    pool_.erase(at);
    metrics_.process_gone(process);
    machine_->process_left(process, how);
    flush_seals();
    flush_wishes();
    send(neighbours_.store, client_gone{process});
    return;
  }
}

void local_scheduler::lose(scheduler_link& link, const std::string& why) {
  link.lane->close();
  if (neighbours_.global && link.kind == link_kind::node)
    caf::anon_send(neighbours_.global, link_lost{link.number});
  if (link.node != 0 && link_to(link.node) == &link) {
    peers_.erase(link.node);
    if (head_ == link.root) {
      head_ = nullptr;
      RAYD_WARN("the head's connection was lost");
    }
    caf::anon_send(neighbours_.agent, peer_link_lost{link.node});
    on_node_dead({link.node, why});
  }
  if (link.process == 0)
    return;
  processes_.erase(link.process);
  if (link.kind == link_kind::driver) {
    RAYD_INFO("driver {} of {} left", link.pid, job_name(link.job));
    metrics_.process_gone(link.process);
    machine_->process_left(link.process, why);
    flush_seals();
    flush_wishes();
    send(neighbours_.store, client_gone{link.process});
    caf::anon_send(neighbours_.pool, job_program_over{link.job});
    to_head(job_ended{link.job, link.said_goodbye ? "succeeded" : "failed"});
    return;
  }
  for (auto& [token, process] : pool_) {
    if (process.process != link.process)
      continue;
    process.link_down = true;
    if (process.how.empty())
      caf::anon_send(neighbours_.pool, end_worker_process{token});
    else
      worker_gone(link.process);
    return;
  }
}

// -- other nodes --------------------------------------------------------------

void local_scheduler::on_dialled(const link_dialled& dialled) {
  auto& link = add_link(dialled.root, nullptr);
  link.kind = link_kind::node;
  link.dialled = true;
  // A number of our own: the peer's gate counts on its side.
  link.number = ++last_link_;
  send_bytes(dialled.root, link_atom::value, link_text(dialled.link));
  if (dialled.head)
    head_ = dialled.root;
  link.node = dialled.node;
  if (begun())
    join_peer(link, dialled.node);
}

void local_scheduler::on_peer(scheduler_link& link, const std::string& text) {
  node_index node = 0;
  std::from_chars(text.data(), text.data() + text.size(), node);
  if (link.kind != link_kind::node || node == 0
      || node > ray::detail::max_id_part)
    return;
  join_peer(link, node);
}

void local_scheduler::join_peer(scheduler_link& link, node_index node) {
  link.node = node;
  if (const auto old = peers_.find(node);
      old != peers_.end() && old->second != &link)
    RAYD_WARN("node {} has a second connection", node_name(node));
  peers_[node] = &link;
  if (link.dialled)
    send_bytes(link.root, peer_atom::value,
               std::to_string(options_.machine.self));
  if (!begun())
    return;
  machine_->node_joined(node);
  if (const auto early = early_.find(node); early != early_.end()) {
    for (auto& record : early->second)
      link.add(std::move(record));
    early_.erase(early);
  }
}

void local_scheduler::on_joined(const cluster_joined& joined) {
  options_.machine.self = joined.self;
  options_.machine.elders = joined.elders;
  epoch_ = joined.epoch;
  cluster_id_ = joined.cluster_id;
  metrics_.joined();
  heartbeat_ = std::chrono::milliseconds{joined.heartbeat_ms};
  machine_ = std::make_unique<local_scheduler_machine>(
    options_.machine, static_cast<effects&>(*this));
  for (auto& [address, link] : links_)
    if (link->kind == link_kind::node && link->node != 0)
      join_peer(*link, link->node);
  RAYD_INFO("this node is {} of cluster {}", node_name(joined.self),
            joined.cluster_id);
}

void local_scheduler::on_node_dead(const node_is_dead& dead) {
  if (std::find(dead_nodes_.begin(), dead_nodes_.end(), dead.node)
      != dead_nodes_.end())
    return;
  dead_nodes_.push_back(dead.node);
  early_.erase(dead.node);
  RAYD_WARN("node {} is dead: {}", node_name(dead.node), dead.reason);
  if (auto* link = link_to(dead.node)) {
    peers_.erase(dead.node);
    link->lane->close();
  }
  if (begun())
    machine_->node_left(dead.node, dead.reason);
}

void local_scheduler::on_drain() {
  draining_ = true;
  drainer_ = caf::actor_cast<caf::strong_actor_ptr>(current_sender());
  for (auto& [address, link] : links_)
    if (link->kind == link_kind::driver)
      link->add(end_process{"the node was stopped"});
  for (const auto& [token, process] : pool_)
    caf::anon_send(neighbours_.pool, end_worker_process{token});
  if (!begun())
    return;
  // The head takes nothing more from a node that has left.
  mirror_sent_ = {};
  send_mirror(clock::now());
  metrics_due_ = {};
  send_metrics(clock::now());
  to_head(node_leaves{options_.machine.self, "it was stopped"});
}

} // namespace rayd
