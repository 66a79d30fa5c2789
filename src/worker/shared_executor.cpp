#include "worker/shared_executor.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <utility>
#include <vector>

namespace rayd {

namespace {

// Results travel together, but none waits longer than this while others run.
constexpr auto result_waits = std::chrono::microseconds{500};

} // namespace

void shared_executor::run() {
  std::vector<std::thread> helpers;
  for (std::size_t i = 1; i < threads; ++i)
    helpers.emplace_back([this] { work(); });
  work();
  for (auto& helper : helpers)
    helper.join();
  guests_.clear();
  ready_.clear();
}

void shared_executor::stop() noexcept {
  const std::lock_guard guard{lock_};
  stopped_ = true;
  more_.notify_all();
}

void shared_executor::work() {
  clock::time_point flushed{};
  while (const auto who = next()) {
    step(who);
    const auto now = clock::now();
    if (idle() || now - flushed > result_waits) {
      process_->out().flush();
      flushed = now;
    }
  }
}

shared_executor::guest_pointer shared_executor::next() {
  std::unique_lock guard{lock_};
  more_.wait(guard, [this] { return stopped_ || !ready_.empty(); });
  if (stopped_)
    return nullptr;
  auto first = std::move(ready_.front());
  ready_.pop_front();
  return first;
}

bool shared_executor::idle() {
  const std::lock_guard guard{lock_};
  return ready_.empty();
}

/// @pre lock_ is held.
void shared_executor::wake(const guest_pointer& who) {
  if (std::exchange(who->waits, true))
    return;
  ready_.push_back(who);
  more_.notify_one();
}

/// One attempt of the actor, or its end.
void shared_executor::step(const guest_pointer& who) {
  attempt_pointer record;
  {
    const std::lock_guard guard{lock_};
    if (!who->ended && !who->queue.empty()) {
      record = who->current = std::move(who->queue.front());
      who->queue.pop_front();
    }
  }
  if (record)
    run_attempt(*process_, record, &who->instance, who->keeper, &who->self);
  bool ended = false;
  {
    const std::lock_guard guard{lock_};
    who->current = nullptr;
    ended = who->ended;
    who->waits = false;
    if (!ended && !who->queue.empty())
      wake(who);
  }
  if (ended)
    let_go(*who);
}

/// Its destructor is the program's code: never on the client actor's thread.
void shared_executor::let_go(guest& who) {
  task_frame frame;
  frame.parent = frame.task = process_->parent_beside_calls(who.self);
  frame.actor = &who.self;
  set_frame_of_thread(&frame);
  who.instance = nullptr;
  set_frame_of_thread(nullptr);
  // A behaviour may still handle a message.
  who.self.presence.reset();
}

/// Tells the node that the actor is gone when the last copy of it goes.
std::shared_ptr<void> shared_executor::presence_of(const actor_life& actor) {
  using rayd::actor_ended;
  return {static_cast<void*>(nullptr),
          [process = process_, id = actor.id, life = actor.life](void*) {
            process->out().add(
              actor_ended{id, {}, actor_ended::way::gone, life}, push::soon);
          }};
}

// -- the client actor's thread ------------------------------------------------

void shared_executor::run(run_task&& task) {
  auto record = std::make_shared<attempt_record>();
  record->order = std::move(task);
  const auto& spec = record->order.spec;
  const std::lock_guard guard{lock_};
  guest_pointer who;
  if (spec.kind == task_kind::actor_creation) {
    who = std::make_shared<guest>();
    who->self = actor_made_by(spec, record->order.attempt);
    who->self.presence = presence_of(who->self);
    guests_[spec.id] = who;
  } else if (const auto at = guests_.find(spec.actor); at != guests_.end()) {
    who = at->second;
  } else {
    return; // Its actor was ended meanwhile, and the node has answered it.
  }
  who->queue.push_back(std::move(record));
  wake(who);
}

void shared_executor::end_actor(const object_id& actor) {
  attempt_pointer running;
  {
    const std::lock_guard guard{lock_};
    const auto found = guests_.extract(actor);
    if (!found)
      return;
    const auto& who = found.mapped();
    who->ended = true;
    who->queue.clear();
    running = who->current;
    // Whoever has it now sees that it has ended.
    wake(who);
  }
  // What the method registered may want the lock.
  if (running)
    running->request_stop();
}

void shared_executor::cancel(const object_id& task) {
  const auto is_it = [&](const attempt_pointer& one) {
    return one && one->order.spec.id == task;
  };
  attempt_pointer waiting, running;
  {
    const std::lock_guard guard{lock_};
    for (const auto& [id, who] : guests_) {
      const auto found
        = std::find_if(who->queue.begin(), who->queue.end(), is_it);
      if (found != who->queue.end()) {
        waiting = *found;
        who->queue.erase(found);
      } else if (is_it(who->current)) {
        running = who->current;
      }
    }
  }
  if (waiting)
    refuse_cancelled(*process_, *waiting);
  else if (running)
    running->request_stop();
}

void shared_executor::actor_ended(const object_id& actor, std::string failure,
                                  bool for_good) {
  // The node says end_actor then.
  process_->report_actor_ended(actor, std::move(failure), for_good);
}

void shared_executor::end(const std::string&) {
  // Buffers of the program's own output are all that could be lost.
  std::fflush(nullptr);
  end_process_(EXIT_SUCCESS);
}

} // namespace rayd
