// What a process does about the actor that lives in it.

#include "driver/client.hpp"

#include "wire/failure_record.hpp"

#include <ray/errors.hpp>

namespace rayd {

namespace {

// How long the end of an actor waits for a node that grants no credit.
constexpr auto farewell = std::chrono::milliseconds{500};

} // namespace

void client::set_actor(const task_spec& creation, std::int32_t attempt) {
  actor_ = creation.id;
  actor_restarted_ = attempt > 0;
  actor_resources_ = creation.demand;
  if (!creation.keeps_cpu)
    actor_resources_.set_units("CPU", 0);
  const auto most = creation.wished().max_restarts;
  actor_restarts_ = most < 0 || attempt < most;
}

/// The actor of that name, or a new one. Who asks at the same time gets the
/// same one: the head decides, and hears of our claim before our question.
ray::detail::object_handle client::submit_or_find(const task_spec& spec) {
  const auto find = [&]() -> ray::detail::object_handle {
    try {
      return find_actor(spec.name, spec.interface);
    } catch (const ray::no_such_actor&) {
      return {};
    }
  };
  auto next = spec;
  for (;;) {
    if (auto found = find())
      return found;
    auto made = submit_spec(task_spec{next});
    auto found = find();
    if (found && found.id() == made.id())
      return made;
    if (found)
      return found;
    // Another one had the name, and ended before we found it.
    next.id = frame().next_child(identity_.node, spec.job);
  }
}

void client::actor_ended(std::string failure, bool for_good) {
  if (worker_ != nullptr && actor_)
    worker_->actor_ended(std::move(failure), for_good);
}

void client::report_actor_ended(std::string failure, bool for_good) {
  using way = rayd::actor_ended::way;
  report_metrics();
  out_.add(rayd::actor_ended{actor_, std::move(failure),
                             for_good ? way::for_good : way::died},
           push::now);
  settle(farewell);
}

void client::exit_actor() {
  require_open();
  if (!actor_)
    throw ray::no_such_actor(
      "ray::exit_actor ends the actor that calls it, but this code runs in "
      "none: use ray::kill on a handle");
  send(rayd::actor_ended{
         actor_,
         encode_failure(ray::errc::actor_died,
                        "it ended itself by ray::exit_actor"),
         rayd::actor_ended::way::after_calls},
       push::now);
}

} // namespace rayd
