#pragma once

#include "driver/client.hpp"

#include <ray/detail/invocation.hpp>

#include <chrono>
#include <memory>

namespace rayd {

class actor_keeper;
class attempt_record;

/// One attempt as the function table runs it; sends the result.
class attempt final : public ray::detail::invocation {
public:
  attempt(client& process, std::shared_ptr<attempt_record> record,
          std::shared_ptr<void>* actor, actor_keeper& keeper);

  void finish(ray::detail::invocation_result&& result) noexcept override;
  std::stop_token stop() const override;

private:
  object_value to_value(ray::detail::invocation_result& result);
  void send(object_value&& value) noexcept;

  client& process_;
  actor_keeper& keeper_;
  std::shared_ptr<attempt_record> record_;
  std::chrono::system_clock::time_point started_;
  std::chrono::steady_clock::time_point began_;
};

} // namespace rayd
