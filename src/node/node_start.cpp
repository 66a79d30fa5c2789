// The steps of a node's start, in their order.

#include "node/node_process.hpp"

#include "base/log.hpp"
#include "config/machine.hpp"
#include "config/launch.hpp"
#include "control_store/control_store.hpp"
#include "dashboard/dashboard.hpp"
#include "driver/probe.hpp"
#include "global_scheduler/global_scheduler.hpp"
#include "local_scheduler/local_scheduler.hpp"
#include "transport/hand_over.hpp"
#include "transport/task_path_actor.hpp"
#include "wire/actor_messages.hpp"
#include "wire/tags.hpp"
#include "worker_pool/worker_pool.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/after.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <fmt/format.h>

#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace rayd {

using std::chrono::milliseconds;

namespace {

/// How other machines and people name this one.
std::string own_host(const node_options& options) {
  const auto host = options.listen_host();
  if (host.empty())
    return "127.0.0.1";
  if (host != "0.0.0.0")
    return host;
  char name[256] = "localhost";
  ::gethostname(name, sizeof(name) - 1);
  return name;
}

/// A node has several descriptors open for each worker, peer and connection.
/// @returns What the limit was: for workers, whose programs may use select().
rlim_t raise_open_files() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0
      || files.rlim_cur == files.rlim_max)
    return 0;
  const auto before = std::exchange(files.rlim_cur, files.rlim_max);
  return ::setrlimit(RLIMIT_NOFILE, &files) == 0 ? before : 0;
}

constexpr milliseconds store_patience{12'000};
constexpr milliseconds registration_patience{10'000};

std::optional<node_failure> failed(exit_code code, std::string sentence) {
  return node_failure{code, std::move(sentence)};
}

exit_code code_of(gate_error error) {
  switch (error) {
    case gate_error::port_taken: return exit_code::port_taken;
    case gate_error::bad_address:
    case gate_error::bad_folder: return exit_code::usage;
    case gate_error::path_taken:
    case gate_error::system: return exit_code::failed;
  }
  return exit_code::failed;
}

/// The sentence of an error of ours, which travels as its context.
std::string sentence_of(const caf::error& why) {
  const auto& context = why.context();
  if (context.size() == 1 && context.match_element<std::string>(0))
    return context.get_as<std::string>(0);
  return caf::to_string(why);
}

} // namespace

std::optional<node_failure> node_process::start() {
  using step = std::optional<node_failure> (node_process::*)();
  for (const step next :
       {&node_process::make_keys, &node_process::make_store,
        &node_process::spawn_rooms, &node_process::open_control_store,
        &node_process::open_gate, &node_process::join,
        &node_process::open_dashboard, &node_process::run_probe_task})
    if (auto failure = (this->*next)())
      return failure;
  session_.record.state = "running";
  if (auto written = write_record(session_); !written)
    return failed(exit_code::failed, written.error().message);
  return std::nullopt;
}

std::optional<node_failure> node_process::make_keys() {
  if (options_.password.empty())
    return failed(exit_code::refused,
                  fmt::format("the cluster at {} wants its secret: {}",
                              to_string(options_.head),
                              secret_advice(options_.session_base,
                                            options_.head)));
  auto secret = cluster_secret::parse(options_.password.reveal());
  if (!secret)
    return failed(exit_code::usage, secret.error().message);
  secret_ = *secret;
  return std::nullopt;
}

std::optional<node_failure> node_process::make_store() {
  auto arena = segment::create({options_.object_store_memory,
                                options_.object_store_dir});
  if (!arena)
    return failed(options_.object_store_dir.empty() ? exit_code::failed
                                                    : exit_code::usage,
                  arena.error().message);
  arena_ = *arena;
  auto& folder = session_.record.spill_folder;
  folder = session_.folder / "spill";
  if (options_.spill_dir.empty())
    return std::nullopt;
  if (::access(options_.spill_dir.c_str(), W_OK | X_OK) != 0)
    return failed(exit_code::usage,
                  fmt::format("--spill-dir {}: {}", options_.spill_dir,
                              std::strerror(errno)));
  folder = options_.spill_dir + "/rayd-spill-"
           + session_.folder.filename().string();
  return std::nullopt;
}

std::optional<node_failure> node_process::spawn_rooms() {
  auto& system = system_.get();
  pump_ = std::make_unique<tls_pump>();
  local_scheduler_options scheduler;
  scheduler.machine.total = options_.total_resources();
  scheduler.machine.labels = options_.labels;
  auto gpus = gpu_names(options_.num_gpus);
  if (!gpus)
    return failed(exit_code::usage, gpus.error().message);
  scheduler.machine.gpus = std::move(*gpus);
  scheduler.machine.sets_threads = !process_environment("OMP_NUM_THREADS");
  scheduler.arena_bytes = arena_->capacity();
  scheduler.session_folder = session_.folder;
  scheduler.host = own_host(options_);
  if (options_.lanes == lane_kind::automatic) {
    auto bells = bell_page::create();
    if (!bells)
      return failed(exit_code::failed, bells.error().message);
    bells_ = std::move(*bells);
  }
  scheduler.bells = bells_;
  scheduler_
    = caf::actor_cast<caf::actor>(system.spawn<local_scheduler>(scheduler));
  store_options store;
  store.arena = arena_;
  store.prefault = options_.object_store_prefault;
  store.scheduler = scheduler_;
  store.spill_folder = session_.record.spill_folder;
  store.spill_limit = options_.spill_limit;
  store_ = spawn_object_store(system, store);
  auto view = open_view(*arena_);
  if (!view)
    return failed(exit_code::failed, view.error().message);
  object_transfer_options transfer;
  transfer.arena = std::move(*view);
  transfer.store = store_;
  transfer.scheduler = scheduler_;
  transfer.tls_key = secret_->derive_key("tls");
  transfer_ = start_object_transfer(system, transfer);
  pool_ = spawn_worker_pool(
    system, {session_.folder, session_.socket_path(), scheduler_,
             transfer_->actor(), options_.load, {}, raise_open_files()});
  transfer_->set_pool(pool_);
  return std::nullopt;
}

std::optional<node_failure> node_process::open_control_store() {
  if (options_.role != node_role::head)
    return std::nullopt;
  control_store_options store;
  store.session_dir = session_.folder;
  store.password = to_hex(secret_->derive_key("redis"));
  control_store_ = spawn_control_store(system_.get(), store);
  std::optional<node_failure> failure;
  caf::scoped_actor self{system_.get()};
  self->request(control_store_, store_patience, open_store{})
    .receive(
      [&](const store_opened& opened) {
        cluster_id_ = opened.cluster;
        epoch_ = opened.epoch;
      },
      [&](const caf::error& why) {
        failure = failed(exit_code::failed,
                         fmt::format("the control store does not open: {}",
                                     sentence_of(why)));
      });
  return failure;
}

std::optional<node_failure> node_process::open_gate() {
  const auto host = options_.listen_host();
  gate_options gate;
  gate.unix_path = session_.socket_path();
  gate.tcp = !host.empty();
  gate.host = host;
  gate.port = options_.role == node_role::head ? options_.port
                                               : options_.node_port;
  gate.key = secret_->derive_key("tls");
  gate.pump = pump_.get();
  gate.cluster_id = cluster_id_;
  auto opened = gate::open(
    gate, {[this](const hello& greeting, const peer_info& peer) {
             return decide(greeting, peer);
           },
           [this](accepted peer) { accept(std::move(peer)); }});
  if (!opened)
    return failed(code_of(opened.error().reason), opened.error().message);
  gate_ = std::move(*opened);
  session_.record.port = gate_->port();
  session_.record.host = host;
  return std::nullopt;
}

node_entry node_process::describe() const {
  node_entry own;
  own.host = own_host(options_);
  own.port = gate_->port();
  own.pid = ::getpid();
  own.total = options_.total_resources();
  own.labels = {options_.labels.begin(), options_.labels.end()};
  own.store_bytes = arena_->capacity();
  return own;
}

std::optional<node_failure> node_process::join() {
  auto own = describe();
  const auto root = caf::actor_cast<caf::strong_actor_ptr>(scheduler_);
  const bool is_head = options_.role == node_role::head;
  std::optional<link_dialled> link;
  if (is_head) {
    head_ = own;
    global_scheduler_options global;
    global.machine.epoch = epoch_;
    global.machine.cluster_id = cluster_id_;
    global.address = options_.private_cluster
                       ? ""
                       : fmt::format("{}:{}", own.host, own.port);
    global.store = control_store_;
    global.scheduler = scheduler_;
    global_ = spawn_global_scheduler(system_.get(), global);
  } else if (auto failure = dial_head(own, link)) {
    return failure;
  }
  dialler_ = std::make_shared<peer_dialler>(
    system_.get(), peer_dialler_options{secret_->derive_key("tls"),
                                        pump_.get(), scheduler_});
  node_agent_options agent;
  agent.scheduler = scheduler_;
  agent.transfer = transfer_->actor();
  agent.dialler = dialler_;
  agent.head = head_;
  agent.joined = [this](const cluster_joined& news) {
    std::lock_guard guard{mutex_};
    joined_ = news;
    changed_.notify_all();
  };
  agent.expelled = [this](const std::string& why) { expel(why); };
  agent_ = spawn_node_agent(system_.get(), agent);
  caf::anon_send(scheduler_,
                 local_scheduler_neighbours{store_, transfer_->actor(), pool_,
                                            agent_, global_});
  if (link)
    caf::anon_send(scheduler_, *link);
  caf::anon_send(scheduler_, register_with_head{own});
  return await_registration();
}

std::optional<node_failure>
node_process::dial_head(node_entry& own, std::optional<link_dialled>& link) {
  hello greeting;
  greeting.role = peer_role::node;
  std::string own_address;
  auto dialled
    = dial_node(system_.get(), *pump_, options_.head.host, options_.head.port,
                secret_->derive_key("tls"), greeting, &own_address);
  if (!dialled) {
    const auto& why = dialled.error();
    auto sentence = why.message;
    if (why.reason == dial_error::wrong_secret)
      sentence += ": " + secret_advice(options_.session_base, options_.head);
    return failed(why.reason == dial_error::bad_address ? exit_code::usage
                                                        : exit_code::refused,
                  sentence);
  }
  head_.index = dialled->node;
  head_.host = options_.head.host;
  head_.port = options_.head.port;
  if (options_.listen_host() == "0.0.0.0")
    own.host = own_address;
  link = *dialled;
  link->head = true;
  return std::nullopt;
}

std::optional<node_failure> node_process::await_registration() {
  std::unique_lock guard{mutex_};
  const bool told = changed_.wait_for(guard, registration_patience, [&] {
    return joined_ || !expelled_.empty();
  });
  if (!told)
    return failed(exit_code::timed_out,
                  fmt::format("the head did not register this node within "
                              "{} s",
                              registration_patience.count() / 1000));
  if (!expelled_.empty())
    return failed(exit_code::refused, expelled_);
  index_ = joined_->self;
  cluster_id_ = joined_->cluster_id;
  gate_->set_cluster_id(cluster_id_);
  auto& record = session_.record;
  record.node_index = joined_->self;
  record.node_id = node_name(joined_->self);
  record.cluster_id = cluster_id_;
  record.socket = session_.socket_path();
  record.head_address = options_.role == node_role::head
                          ? fmt::format("{}:{}", head_.host, head_.port)
                          : to_string(options_.head);
  return std::nullopt;
}

std::optional<node_failure> node_process::open_dashboard() {
  if (options_.role != node_role::head || !options_.include_dashboard)
    return std::nullopt;
  dashboard_options wanted;
  wanted.host = options_.dashboard_host;
  wanted.port = options_.dashboard_port;
  wanted.shown_host = own_host(options_);
  wanted.token = to_hex(secret_->derive_key("dashboard"));
  wanted.global = global_;
  auto opened = dashboard::start(system_.get(), wanted);
  if (!opened && opened.error().code == ray::errc::wrong_type)
    return failed(exit_code::usage, opened.error().message);
  if (!opened) {
    // The cluster is worth more than its dashboard.
    dashboard_note_ = opened.error().message;
    RAYD_WARN("no dashboard: {}", dashboard_note_);
    return std::nullopt;
  }
  dashboard_ = std::move(*opened);
  session_.record.dashboard = dashboard_->address();
  dashboard_token_ = wanted.token;
  if (wanted.port != 0 && dashboard_->port() != wanted.port)
    dashboard_note_ = fmt::format("port {} is taken", wanted.port);
  return std::nullopt;
}

std::optional<node_failure> node_process::run_probe_task() {
  // A node without CPUs runs no tasks.
  if (options_.num_cpus < 1)
    return std::nullopt;
  caf::scoped_actor self{system_.get()};
  std::optional<node_failure> failure;
  self->send(scheduler_, run_probe{own_executable(), probe_function(),
                                   probe_arguments()});
  self->receive(
    [&](const probe_answered& answer) {
      if (!answer.failure.empty())
        failure = failed(exit_code::failed,
                         fmt::format("the probe task of this node failed: {}",
                                     answer.failure));
    },
    caf::after(std::chrono::ceil<milliseconds>(options_.start_timeout)) >> [&] {
      failure = failed(exit_code::timed_out,
                       fmt::format("the probe task of this node did not end; "
                                   "see the logs in {}",
                                   session_.log_folder().string()));
    });
  return failure;
}

} // namespace rayd
