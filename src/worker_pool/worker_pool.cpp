#include "worker_pool/worker_pool.hpp"

#include "worker_pool/program_file.hpp"
#include "worker_pool/worker_spawner.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/behavior.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>

#include <map>
#include <memory>
#include <vector>

namespace rayd {

namespace {

struct worker_pool_state {
  static inline const char* name = "worker-pool";
  program_table programs;
  std::unique_ptr<worker_spawner> spawner; // After programs: ends first.
  /// Wait for their program to come.
  std::map<job_number, std::vector<start_worker_process>> waiting;
};

using pool_actor = caf::stateful_actor<worker_pool_state>;

void start(pool_actor* self, const worker_pool_options& options,
           const start_worker_process& wanted) {
  auto& state = self->state;
  if (auto program = state.programs.find(wanted)) {
    state.spawner->start(wanted, std::move(*program));
    return;
  }
  auto& orders = state.waiting[wanted.job];
  orders.push_back(wanted);
  if (orders.size() == 1)
    self->send(options.transfer,
               fetch_program{wanted.job, wanted.home,
                             options.session_folder + "/programs",
                             caf::actor_cast<caf::strong_actor_ptr>(self)});
}

caf::behavior worker_pool(pool_actor* self,
                          const worker_pool_options& options) {
  self->state.spawner = std::make_unique<worker_spawner>(options);
  self->set_default_handler(caf::drop);
  auto& programs = self->state.programs;
  return {
    [self, options](const start_worker_process& wanted) {
      start(self, options, wanted);
    },
    [self](const end_worker_process& unwanted) {
      self->state.spawner->end(unwanted);
    },
    [self](const worker_output_taken&) {
      self->state.spawner->output().taken();
    },
    [self](const flush_output& asked) {
      self->state.spawner->output().flush(asked);
    },
    [self](const read_log& asked) {
      self->state.spawner->output().read(asked);
    },
    [&programs](const job_program& x) {
      programs.begin(x.job, x.description);
    },
    [&programs](const job_program_over& x) { programs.end(x.job); },
    [&programs](const read_program& x) { return programs.files(x.job); },
    [self, options, &programs](const program_fetched& x) {
      programs.add(x);
      const auto orders = std::exchange(self->state.waiting[x.job], {});
      self->state.waiting.erase(x.job);
      for (const auto& order : orders)
        start(self, options, order);
    },
    [self, options](const program_not_fetched& x) {
      const auto orders = std::exchange(self->state.waiting[x.job], {});
      self->state.waiting.erase(x.job);
      for (const auto& order : orders)
        self->send(options.scheduler,
                   worker_process_refused{order.job, order.token, x.reason});
    },
  };
}

} // namespace

caf::actor spawn_worker_pool(caf::actor_system& system,
                             worker_pool_options options) {
  return system.spawn(worker_pool, std::move(options));
}

} // namespace rayd
