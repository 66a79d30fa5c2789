// The probe task: a node proves that it works by running one task of its own
// in a worker process of rayd itself, before it says that it is ready.

#include "local_scheduler/local_scheduler.hpp"

#include "wire/failure_record.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <nlohmann/json.hpp>

namespace rayd {

void local_scheduler::probe(const run_probe& run) {
  if (!begun())
    return;
  prober_ = caf::actor_cast<caf::strong_actor_ptr>(current_sender());
  probe_ = ++last_process_;
  const auto self = options_.machine.self;
  const job_number job = own_jobs | (self % own_jobs);
  const nlohmann::json description{{"program", run.program}};
  machine_->job_begun(job, probe_, description.dump(), 1);
  task_spec spec;
  spec.parent = root_id(self, job);
  spec.id = child_id(spec.parent, 1, self, job);
  spec.job = job;
  spec.function = run.function;
  spec.function_name = "rayd probe";
  spec.demand.set("CPU", 1);
  spec.arguments = run.arguments;
  machine_->on_record(probe_, submit_task{std::move(spec)});
}

void local_scheduler::probe_record(const lane_record& record) {
  const auto* ready = std::get_if<object_ready>(&record);
  if (!ready || !prober_)
    return;
  probe_answered answer;
  if (ready->value.what == object_value::kind::failed)
    answer.failure = decode_failure(ready->value.bytes).message;
  caf::anon_send(caf::actor_cast<caf::actor>(prober_), answer);
  prober_ = nullptr;
  probe_over_ = true;
}

void local_scheduler::end_probe() {
  probe_over_ = false;
  machine_->process_left(std::exchange(probe_, 0), "its probe is done");
  machine_->turn();
}

} // namespace rayd
