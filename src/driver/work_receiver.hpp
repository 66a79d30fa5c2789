#pragma once

#include "base/ids.hpp"
#include "wire/client_records.hpp"

#include <string>

namespace rayd {

class client;

/// How a worker hears of its work; called on the client actor's thread.
class work_receiver {
public:
  virtual ~work_receiver() = default;

  /// Before anything else.
  virtual void attached(client& process) noexcept = 0;
  virtual void run(run_task&& task) = 0;
  virtual void recall() = 0;
  virtual void cancel(const object_id& task) = 0;

  /// The calling thread is about to wait, or goes on.
  virtual void before_wait() = 0;
  virtual void after_wait() = 0;

  /// An actor that lives here ended by itself; on any thread.
  virtual void actor_ended(const object_id& actor, std::string failure,
                           bool for_good) = 0;

  /// Whether this process hosts many actors, on few threads.
  virtual bool is_shared() const noexcept { return false; }

  /// Only to a shared one: this actor is not wanted any more.
  virtual void end_actor(const object_id& actor) { (void)actor; }

  /// The node said end_process, or is gone.
  virtual void end(const std::string& reason) = 0;
};

} // namespace rayd
