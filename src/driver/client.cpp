#include "driver/client.hpp"

#include "base/overloaded.hpp"
#include "driver/arrival_queue.hpp"
#include "driver/metric_registry.hpp"
#include "transport/basp_lane.hpp"
#include "transport/ring_lane.hpp"
#include "wire/failure_record.hpp"
#include "wire/lane_codec.hpp"
#include "wire/query.hpp"

#include <ray/errors.hpp>
#include <ray/options.hpp>
#include <ray/session.hpp>

#include <caf/actor_control_block.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace rayd {

using ray::detail::object_handle;
using ray::detail::submission;

namespace {

using std::chrono::milliseconds;

thread_local task_frame* frame_here = nullptr;

// How long the end of a session waits for a node that grants no credit.
constexpr auto farewell = milliseconds{500};

// How long it waits for lines that finished tasks printed: for them to come,
// and for whoever reads them.
constexpr auto lines_patience = milliseconds{1000};

const ray::with& options_of(const submission& work) {
  static const ray::with defaults;
  return work.options != nullptr ? *work.options : defaults;
}

task_kind kind_of(const submission& work) {
  switch (work.what) {
    case submission::kind::task: return task_kind::task;
    case submission::kind::actor_creation: return task_kind::actor_creation;
    case submission::kind::actor_call: return task_kind::actor_call;
  }
  return task_kind::task;
}

/// What travels apart; null when all of it is at its default.
std::shared_ptr<const task_wishes> wishes_of(const ray::with& options) {
  using placing = task_wishes::placing;
  task_wishes made;
  std::visit(overloaded{
               [](std::monostate) {},
               [&](const ray::spread&) { made.where = placing::spread; },
               [&](const ray::on_node& wish) {
                 made.where = wish.soft ? placing::near_node
                                        : placing::on_node;
                 made.place = wish.id;
               },
               [&](const ray::group_bundle& wish) {
                 made.where = placing::in_bundle;
                 made.place = wish.group_id;
                 made.bundle = static_cast<std::uint32_t>(std::min<std::size_t>(
                   wish.index, std::numeric_limits<std::uint32_t>::max()));
               },
             },
             options.scheduling.wish());
  made.labels = options.labels;
  made.env = options.env;
  made.priority = options.priority;
  made.timeout_ms = options.timeout.count();
  made.retry_exceptions = options.retry_exceptions;
  made.max_restarts = options.max_restarts;
  made.max_task_retries = options.max_task_retries;
  made.max_concurrency = options.max_concurrency;
  made.max_pending_calls = options.max_pending_calls;
  made.detached = options.lifetime == ray::lifetime::detached;
  made.get_if_exists = options.get_if_exists;
  made.durable = options.durable;
  made.shared = options.shared;
  if (made == task_wishes{})
    return nullptr;
  return std::make_shared<const task_wishes>(std::move(made));
}

std::vector<object_id> ids_of(const std::vector<object_handle>& handles) {
  std::vector<object_id> ids;
  ids.reserve(handles.size());
  for (const auto& handle : handles)
    ids.push_back(handle.id());
  return ids;
}

} // namespace

task_frame* frame_of_thread() noexcept {
  return frame_here;
}

void set_frame_of_thread(task_frame* frame) noexcept {
  frame_here = frame;
}

/// What handles in static variables may need until the process ends: it is
/// never freed.
struct client::kept_for_handles {
  explicit kept_for_handles(shared_lane lane) : shared(std::move(lane)) {}

  const shared_lane shared;
  bell own_alarm;
  bell& alarm{shared.memory ? shared.memory->client_bell() : own_alarm};
  outbox out{alarm};
  object_table table{out};

  static kept_for_handles& make(shared_lane lane) {
    static auto* lock = new std::mutex;
    static auto* all = new std::vector<std::unique_ptr<kept_for_handles>>;
    const std::lock_guard guard{*lock};
    all->push_back(std::make_unique<kept_for_handles>(std::move(lane)));
    return *all->back();
  }
};

client::client(std::shared_ptr<arena_view> arena, caf::actor_system& system,
               shared_lane shared)
  : client(std::move(arena), system,
           kept_for_handles::make(std::move(shared))) {}

client::client(std::shared_ptr<arena_view> arena, caf::actor_system& system,
               kept_for_handles& kept)
  : arena_(std::move(arena)),
    system_(system),
    shared_(kept.shared),
    alarm_(kept.alarm),
    out_(kept.out),
    table_(kept.table) {}

client::~client() {
  end();
}

void client::opened(client_identity identity, caf::strong_actor_ptr self,
                    caf::strong_actor_ptr node) {
  identity_ = std::move(identity);
  process_frame_.parent = root_id(identity_.node, identity_.job);
  if (shared_.memory)
    lane_ = std::make_unique<ring_lane>(shared_.memory, shared_.bells,
                                        lane_end::client,
                                        identity_.lane_window);
  else
    lane_ = std::make_unique<basp_lane>(std::move(self), std::move(node),
                                        identity_.lane_window);
  out_.open(*lane_);
  // The bell outlives every client.
  process_metrics().begin_session([&bell = alarm_] { bell.ring(); });
}

// -- the end ------------------------------------------------------------------

void client::throw_ended() const {
  const std::lock_guard guard{reason_lock_};
  throw ray::connection_failed(reason_);
}

void client::fail(const std::string& reason) {
  {
    const std::lock_guard guard{reason_lock_};
    if (ended_)
      return;
    reason_ = reason;
    ended_.store(true, std::memory_order_release);
  }
  if (worker_ != nullptr)
    worker_->end(reason);
  out_.close();
  if (lane_)
    lane_->close();
  questions_.close();
  pocket_.close();
  std::vector<wait_link*> calls;
  table_.for_each([&](object_state& state) {
    for (auto* link = std::exchange(state.waiting, nullptr);
         link != nullptr;) {
      auto* next = link->next;
      if (link->thread != nullptr)
        link->thread->give_up();
      else if (link->queue != nullptr)
        link->queue->wake();
      else
        calls.push_back(link);
      link = next;
    }
  });
  const auto failure
    = encode_failure(ray::errc::connection_failed, reason);
  call(calls, &failure);
}

void client::settle(milliseconds limit) noexcept {
  try {
    if (out_.flush(outbox::clock::now() + limit))
      ask(R"({"what":"nodes"})", limit);
  } catch (...) {
    // It only was a courtesy.
  }
}

void client::await_lines() noexcept {
  try {
    ask(std::string{query_flush_lines}, lines_patience);
  } catch (...) {
    // The node is gone, or another one is slow: the logs have them.
  }
}

void client::end() noexcept {
  // What it would send came from the parent, whose session it is.
  if (::getpid() != process_)
    return;
  const std::lock_guard ending{ending_};
  if (!ended_ && lane_) {
    if (shows_lines_)
      await_lines();
    report_metrics();
    out_.add(end_process{"the program ended its session"}, push::now);
    settle(farewell);
  }
  printer_.finish(lines_patience);
  fail("the session has ended: call ray::init again");
  for (const auto& close : std::exchange(at_end_, {}))
    close();
}

// -- submitting ---------------------------------------------------------------

task_frame& client::frame() noexcept {
  return frame_here != nullptr ? *frame_here : process_frame_;
}

/// Adds a record and flushes when it is time to.
void client::send(lane_record record, push how) {
  if (out_.add(std::move(record), how))
    out_.flush();
}

task_spec client::make_spec(submission& work, task_frame& parent) {
  const auto& options = options_of(work);
  task_spec spec;
  spec.kind = kind_of(work);
  spec.job = spec.kind == task_kind::actor_creation
                 && options.lifetime == ray::lifetime::detached
               ? detached_job(identity_.job)
               : identity_.job;
  spec.id = parent.next_child(identity_.node, spec.job);
  spec.parent = parent.parent;
  spec.depth = static_cast<std::uint16_t>(parent.depth + 1);
  spec.function = {work.function.module, work.function.offset};
  spec.function_name = work.function_name;
  spec.arguments = std::move(work.arguments);
  spec.dependencies = ids_of(work.dependencies);
  spec.nested = ids_of(work.nested);
  spec.name = options.name;
  if (spec.kind == task_kind::actor_call) {
    spec.actor = work.actor.id();
    return spec;
  }
  spec.demand.set("CPU", options.num_cpus.value_or(1));
  if (options.num_gpus != 0)
    spec.demand.set("GPU", options.num_gpus);
  if (options.memory != 0)
    spec.demand.set("memory", static_cast<double>(options.memory));
  for (const auto& [name, amount] : options.resources)
    spec.demand.set(name, amount);
  if (work.options != nullptr)
    spec.wishes = wishes_of(options);
  if (spec.kind == task_kind::task) {
    spec.max_retries = options.max_retries;
  } else {
    spec.interface = work.interface;
    spec.keeps_cpu = options.num_cpus.has_value();
  }
  return spec;
}

object_handle client::submit(submission&& work) {
  require_open();
  auto spec = make_spec(work, frame());
  if (node_ends_with_us_ && is_detached(spec.job))
    throw ray::wrong_type(
      "ray::with::lifetime detached needs a node that outlives this program: "
      "start one on this machine (rayd start --address=...) and use the "
      "address auto");
  if (spec.wishes && spec.wishes->get_if_exists)
    return submit_or_find(spec);
  return submit_spec(std::move(spec));
}

object_handle client::submit_spec(task_spec&& spec) {
  lane_record record{submit_task{std::move(spec)}};
  const auto& sent = std::get<submit_task>(record).spec;
  const auto id = sent.id;
  if (encoded_size(record) > lane::batch_bytes_max / 2)
    throw ray::wrong_type(fmt::format(
      "the references in the arguments of {} take {} bytes, a task may have "
      "{}: put them in an object first",
      sent.function_name, encoded_size(record), lane::batch_bytes_max / 2));
  auto* state = new object_state{table_, id};
  state->announced = true;
  table_.insert(*state);
  object_handle handle{state};
  // Alone, it must not wait for company; else it rides with others.
  const bool alone = table_.unfinished.fetch_add(1) == 0;
  send(std::move(record), alone ? push::now : push::soon);
  if (ended_.load(std::memory_order_acquire))
    throw_ended();
  return handle;
}

object_handle client::retain(const object_id& id) {
  require_open();
  return table_.retain(id);
}

void client::kill(const object_handle& actor) {
  require_open();
  send(kill_actor{actor.id()}, push::now);
}

void client::cancel(const object_handle& object, bool force) {
  require_open();
  send(cancel_object{object.id(), force}, push::now);
}

caf::actor_system& client::system() {
  return system_;
}

} // namespace rayd
