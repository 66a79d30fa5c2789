#pragma once

#include "gate_fixture.hpp"

#include "transport/basp_lane.hpp"
#include "transport/caf_system.hpp"
#include "transport/hand_over.hpp"
#include "transport/task_path_actor.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>

#include <atomic>
#include <functional>
#include <memory>

namespace rayd {

/// What a probe saw, and what the test wants it to do.
struct probe_log {
  struct message {
    caf::atom_value tag{};
    std::string bytes;
    caf::strong_actor_ptr sender;
  };
  inbox<message> messages;
  inbox<std::string> events; ///< "down", "stop", "deadline".
  std::atomic<int> turns{0};
  std::atomic<bool> echo{false}; ///< Answers each message but link.
  std::atomic<bool> monitor{false};
  std::atomic<int> deadline_ms{0};
  /// Set before any message comes; on the actor's thread.
  std::function<bool(caf::atom_value, std::string&,
                     const caf::strong_actor_ptr&)>
    route;
};

struct probe_question {
  int number = 0;
};

template <class Inspector>
auto inspect(Inspector& f, probe_question& x) {
  return f(x.number);
}

class probe_actor final : public task_path_actor {
public:
  probe_actor(caf::actor_config& config, std::shared_ptr<probe_log> log)
    : task_path_actor(config), log_(std::move(log)) {}

protected:
  void on_message(caf::atom_value tag, std::string& bytes,
                  const caf::strong_actor_ptr& from) override {
    if (log_->route && log_->route(tag, bytes, from))
      return;
    if (log_->monitor)
      monitor(caf::actor_cast<caf::actor>(from));
    if (log_->echo && tag != link_atom::value)
      send_bytes(from, tag, "re: " + bytes);
    log_->messages.put({tag, std::move(bytes), from});
  }

  void on_down(const caf::actor_addr&, const caf::error&) override {
    log_->events.put("down");
  }

  caf::behavior make_local_behavior() override {
    return {[](const probe_question& x) { return x.number + 1; }};
  }

  bool on_turn_end() override {
    ++log_->turns;
    if (due_ && clock::now() >= *due_) {
      log_->events.put("deadline");
      log_->deadline_ms = 0;
    }
    return false;
  }

  std::optional<clock::time_point> next_deadline() override {
    if (const int ms = log_->deadline_ms; ms > 0)
      due_ = clock::now() + std::chrono::milliseconds{ms};
    else
      due_.reset();
    return due_;
  }

  void on_stop() override { log_->events.put("stop"); }

private:
  std::shared_ptr<probe_log> log_;
  std::optional<clock::time_point> due_;
};

/// An actor system with a probe as its root actor; stopped at the end.
struct party {
  std::shared_ptr<probe_log> log = std::make_shared<probe_log>();
  caf_system system;
  caf::actor actor = system->spawn<probe_actor>(log);
  caf::strong_actor_ptr root = caf::actor_cast<caf::strong_actor_ptr>(actor);

  probe_actor* probe() {
    return caf::actor_cast<probe_actor*>(actor);
  }

  ~party() { end(); }
  void end() {
    if (!actor)
      return;
    probe()->stop();
    while (log->events.take() != "stop") {
    }
    log->route = nullptr;
    actor = nullptr;
    root = nullptr;
  }
};

} // namespace rayd
