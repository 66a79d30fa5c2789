#include "worker/executor.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace rayd {

namespace {

// Results of short tasks travel together, but none waits longer than this
// while others run.
constexpr auto result_waits = std::chrono::microseconds{500};

// How long the end of an actor waits for a node that grants no credit.
constexpr auto farewell = std::chrono::milliseconds{500};

} // namespace

void executor::run() {
  work();
  for (auto& helper : helpers_)
    helper.join();
  instance_ = nullptr;
}

void executor::work() {
  clock::time_point flushed{};
  while (auto attempt = next()) {
    execute(std::move(attempt));
    const auto now = clock::now();
    if (idle() || now - flushed > result_waits) {
      process_->out().flush();
      flushed = now;
    }
  }
}

void executor::stop() noexcept {
  {
    const std::lock_guard guard{lock_};
    stopped_ = true;
  }
  bell_.ring();
  more_.notify_all();
}

/// The constructor has run: from now on calls run on several threads, if the
/// actor wants that.
void executor::start_helpers(const task_spec& creation) {
  const auto threads = creation.wished().max_concurrency;
  if (threads <= 1 || !instance_)
    return;
  many_ = true;
  for (auto i = 1; i < threads; ++i)
    helpers_.emplace_back([this] { work(); });
}

executor::attempt_pointer executor::next_of_many() {
  std::unique_lock guard{lock_};
  more_.wait(guard, [this] { return stopped_ || !queue_.empty(); });
  if (stopped_)
    return nullptr;
  auto first = std::move(queue_.front());
  queue_.pop_front();
  return first;
}

executor::attempt_pointer executor::next() {
  if (many_)
    return next_of_many();
  for (;;) {
    const auto seen = bell_.peek();
    if (stopped_)
      return nullptr;
    {
      const std::lock_guard guard{lock_};
      if (!queue_.empty()) {
        current_ = std::move(queue_.front());
        queue_.pop_front();
        return current_;
      }
    }
    bell_.wait(seen, std::nullopt);
  }
}

bool executor::idle() {
  const std::lock_guard guard{lock_};
  return queue_.empty();
}

void executor::execute(attempt_pointer record) {
  const auto& spec = record->order.spec;
  const bool creates = spec.kind == task_kind::actor_creation;
  if (creates) {
    hosts_actor_ = true;
    process_->set_actor(spec, record->order.attempt);
  }
  run_attempt(*process_, record, &instance_, keeper_);
  if (creates)
    start_helpers(spec);
}

// -- the client actor's thread ------------------------------------------------

void executor::run(run_task&& task) {
  auto record = std::make_shared<attempt_record>();
  record->order = std::move(task);
  bool late = false;
  {
    const std::lock_guard guard{lock_};
    late = waiting_;
    if (!late)
      queue_.push_back(record);
  }
  if (late)
    // Sent before the node knew; it must not wait for what the other one
    // waits for.
    process_->out().add(tasks_returned{{record->order.spec.id}}, push::soon);
  else if (many_)
    more_.notify_one();
  else
    bell_.ring();
}

/// @pre lock_ is held.
std::vector<object_id> executor::take_queue() {
  std::vector<object_id> tasks;
  for (const auto& waiting : queue_)
    tasks.push_back(waiting->order.spec.id);
  queue_.clear();
  return tasks;
}

void executor::recall() {
  std::vector<object_id> recalled;
  {
    const std::lock_guard guard{lock_};
    recalled = take_queue();
  }
  process_->out().add(tasks_returned{std::move(recalled)}, push::soon);
}

void executor::cancel(const object_id& task) {
  const auto is_it = [&](const attempt_pointer& one) {
    return one && one->order.spec.id == task;
  };
  attempt_pointer waiting, running;
  {
    const std::lock_guard guard{lock_};
    const auto found = std::find_if(queue_.begin(), queue_.end(), is_it);
    if (found != queue_.end()) {
      waiting = *found;
      queue_.erase(found);
    } else if (is_it(current_)) {
      running = current_;
    }
  }
  if (running)
    running->request_stop();
  else if (waiting && hosts_actor_)
    refuse_cancelled(*process_, *waiting);
  else if (waiting)
    process_->out().add(tasks_returned{{task}}, push::soon);
}

void executor::end(const std::string&) {
  // Buffers of the program's own output are all that could be lost.
  std::fflush(nullptr);
  end_process_(EXIT_SUCCESS);
}

void executor::actor_ended(const object_id& actor, std::string failure,
                           bool for_good) {
  process_->report_actor_ended(actor, std::move(failure), for_good);
  process_->settle(farewell);
  end("the actor ended");
}

// -- waiting in get -----------------------------------------------------------

bool executor::on_executor() const noexcept {
  // Only the executor's threads have frames of their own.
  const auto* frame = frame_of_thread();
  return frame != nullptr && frame->task;
}

void executor::before_wait() {
  if (!on_executor())
    return;
  // Those behind this task must not wait for what it waits for.
  std::vector<object_id> tasks;
  if (!hosts_actor_) {
    const std::lock_guard guard{lock_};
    waiting_ = true;
    tasks = take_queue();
  }
  if (!tasks.empty())
    process_->out().add(tasks_returned{std::move(tasks)}, push::now);
  process_->out().add(task_blocked{frame_of_thread()->task, true}, push::now);
}

void executor::after_wait() {
  if (!on_executor())
    return;
  {
    const std::lock_guard guard{lock_};
    waiting_ = false;
  }
  process_->out().add(task_blocked{frame_of_thread()->task, false}, push::lazy);
}

} // namespace rayd
