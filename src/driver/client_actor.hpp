#pragma once

#include "base/result.hpp"
#include "driver/client.hpp"
#include "transport/task_path_actor.hpp"

#include <atomic>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>

namespace rayd {

/// What the client actor says first.
struct client_greeting {
  caf::strong_actor_ptr node; ///< Root actor of the node's process.
  std::uint64_t link = 0;     ///< Of the gate's welcome.
  std::string attach;         ///< JSON of the attach message.
};

/// How the one who started it hears of it.
struct client_signals {
  std::promise<result<client_identity>> let_in;
  std::promise<void> stopped;
};

/// The root actor of a program's process: takes what its node sends, and
/// sends what no other thread does. It ends with the connection, or by stop().
class client_actor final : public task_path_actor {
public:
  client_actor(caf::actor_config& config, std::shared_ptr<client> owner,
               client_greeting greeting,
               std::shared_ptr<client_signals> signals);

  const char* name() const override { return "client"; }

  /// True in the hooks, and in functions that they call.
  bool is_own_thread() const noexcept {
    return thread_ == std::this_thread::get_id();
  }

protected:
  void on_start() override;
  void on_message(caf::atom_value tag, std::string& bytes,
                  const caf::strong_actor_ptr& from) override;
  void on_down(const caf::actor_addr& who, const caf::error& why) override;
  bool on_turn_end() override;
  std::optional<clock::time_point> next_deadline() override { return look_at_; }
  void on_stop() override;

private:
  void let_in(result<client_identity> answer);

  std::shared_ptr<client> client_;
  client_greeting greeting_;
  std::shared_ptr<client_signals> signals_;
  std::atomic<std::thread::id> thread_{};
  bool answered_ = false;
  std::optional<clock::time_point> look_at_;
};

} // namespace rayd
