#include "worker_pool/worker_pool.hpp"

#include "worker_pool/worker_spawner.hpp"

#include <caf/actor_system.hpp>
#include <caf/behavior.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>

#include <memory>

namespace rayd {

namespace {

struct worker_pool_state {
  static inline const char* name = "worker-pool";
  std::unique_ptr<worker_spawner> spawner;
};

caf::behavior worker_pool(caf::stateful_actor<worker_pool_state>* self,
                          worker_pool_options options) {
  self->state.spawner = std::make_unique<worker_spawner>(std::move(options));
  self->set_default_handler(caf::drop);
  return {
    [self](const start_worker_process& wanted) {
      self->state.spawner->start(wanted);
    },
    [self](const end_worker_process& unwanted) {
      self->state.spawner->end(unwanted);
    },
  };
}

} // namespace

caf::actor spawn_worker_pool(caf::actor_system& system,
                             worker_pool_options options) {
  return system.spawn(worker_pool, std::move(options));
}

} // namespace rayd
