#pragma once

#include "driver/client.hpp"

#include <ray/detail/invocation.hpp>

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

namespace rayd {

class actor_keeper;

/// An attempt as the node sent it; keeps its bytes while somebody looks at
/// them.
class attempt_record {
public:
  run_task order;
  std::vector<ray::detail::stored_value> dependencies;

  /// For a function that takes one.
  std::stop_token token();
  void request_stop();

private:
  std::mutex lock_;
  std::optional<std::stop_source> source_; ///< Made when asked for.
  bool stopped_ = false;
};

/// One attempt as the function table runs it; sends the result.
class attempt final : public ray::detail::invocation {
public:
  attempt(client& process, std::shared_ptr<attempt_record> record,
          std::shared_ptr<void>* actor, actor_keeper& keeper);

  void finish(ray::detail::invocation_result&& result) noexcept override;
  std::stop_token stop() const override;

private:
  object_value to_value(ray::detail::invocation_result& result);
  void keep_state();
  void send(object_value&& value) noexcept;

  client& process_;
  actor_keeper& keeper_;
  std::shared_ptr<attempt_record> record_;
  std::chrono::system_clock::time_point started_;
  std::chrono::steady_clock::time_point began_;
};

/// Runs *record* on the calling thread, and sends the result; a behaviour may
/// do that later.
/// @param instance  Set by a creation, used by calls.
/// @param keeper    Of the actor's state.
/// @param actor     In a shared process: whose code it is.
void run_attempt(client& process, const std::shared_ptr<attempt_record>& record,
                 std::shared_ptr<void>* instance, actor_keeper& keeper,
                 const actor_life* actor = nullptr);

/// Answers a call that was cancelled before it began: its actor's place in the
/// node's window must not be lost.
void refuse_cancelled(client& process, const attempt_record& call);

} // namespace rayd
