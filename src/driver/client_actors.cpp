// What a process does about the actor that lives in it.

#include "driver/client.hpp"

#include "driver/actor_keeper.hpp"
#include "wire/failure_record.hpp"

#include <ray/errors.hpp>

namespace rayd {

actor_life actor_made_by(const task_spec& creation, std::int32_t attempt) {
  const auto most = creation.wished().max_restarts;
  actor_life made{creation.id, creation.demand, most < 0 || attempt < most,
                  attempt, creation.wished().durable, nullptr};
  if (!creation.keeps_cpu)
    made.resources.set_units("CPU", 0);
  return made;
}

void client::set_actor(const task_spec& creation, std::int32_t attempt) {
  actor_ = actor_made_by(creation, attempt);
}

/// Whose code the calling thread runs; without an id: no actor's.
const actor_life& client::actor() noexcept {
  const auto* here = frame().actor;
  return here != nullptr ? *here : actor_;
}

/// What an actor makes outside of its calls has this parent: its children are
/// those of no other actor and of no other life.
object_id client::parent_beside_calls(const actor_life& actor) const {
  constexpr auto beyond_calls = std::uint64_t{1} << 60;
  return child_id(actor.id,
                  beyond_calls + static_cast<std::uint64_t>(actor.life),
                  identity_.node, identity_.job);
}

/// A behaviour's way to its process.
class client::actor_seat final : public ray::detail::hosted_actor {
public:
  explicit actor_seat(std::shared_ptr<client> process)
    : process_(std::move(process)), actor_(process_->actor()) {
    frame_.actor = &actor_;
    frame_.parent = process_->parent_beside_calls(actor_);
  }

  bool has_own_thread() const override {
    return !process_->worker_->is_shared();
  }
  bool restarts() const override { return actor_.restarts; }
  void ended(std::string failure, bool for_good) override {
    process_->worker_->actor_ended(actor_.id, std::move(failure), for_good);
  }
  bool is_durable() const override { return actor_.durable; }
  void begin_state(std::string_view state, bool restored) override {
    keeper_.begin(actor_.id, actor_.life, state, restored);
  }
  void keep_state(std::string state) override {
    if (auto snapshot = keeper_.next(std::move(state)))
      process_->send(std::move(*snapshot), push::soon);
  }
  void gone() noexcept override { actor_.presence.reset(); }
  void* enter() noexcept override {
    auto* before = frame_of_thread();
    set_frame_of_thread(&frame_);
    return before;
  }
  void leave(void* before) noexcept override {
    set_frame_of_thread(static_cast<task_frame*>(before));
  }

private:
  std::shared_ptr<client> process_;
  actor_life actor_;
  actor_keeper keeper_;
  task_frame frame_;
};

std::shared_ptr<ray::detail::hosted_actor> client::actor_being_made() {
  if (worker_ == nullptr || !actor().id)
    return nullptr;
  return std::make_shared<actor_seat>(shared_from_this());
}

/// In a shared process nobody may wait: too few threads are there for all.
void client::require_patience(ray::detail::deadline until) const {
  if (worker_ == nullptr || !worker_->is_shared()
      || until <= std::chrono::steady_clock::now())
    return;
  throw ray::would_block(
    "ray::get, ray::wait and ray::as_completed would block a thread that "
    "other actors of this process need, since this one was spawned with "
    "ray::with::shared: send the behaviour a message through its .handle() "
    "and go on in request(...).then, pass the object_ref on as an argument, "
    "or spawn the actor without shared");
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

void client::report_actor_ended(const object_id& actor, std::string failure,
                                bool for_good) {
  using way = actor_ended::way;
  send(actor_ended{actor, std::move(failure),
                   for_good ? way::for_good : way::died},
       push::now);
}

void client::exit_actor() {
  require_open();
  const auto& here = actor();
  if (!here.id)
    throw ray::no_such_actor(
      "ray::exit_actor ends the actor that calls it, but this code runs in "
      "none: use ray::kill on a handle");
  send(actor_ended{
         here.id,
         encode_failure(ray::errc::actor_died,
                        "it ended itself by ray::exit_actor"),
         actor_ended::way::after_calls},
       push::now);
}

} // namespace rayd
