#include "driver/inline_runtime.hpp"

#include "driver/attach.hpp"
#include "driver/task_frame.hpp"
#include "wire/failure_record.hpp"

#include <ray/errors.hpp>
#include <ray/options.hpp>
#include <ray/session.hpp>

#include <fmt/format.h>

#include <cstring>
#include <new>
#include <thread>
#include <utility>

namespace rayd {

using namespace ray::detail;

namespace {

constexpr node_index the_node = 1;
constexpr job_number the_job = 1;

/// Whose method runs in this thread.
thread_local inline_object* actor_here = nullptr;

inline_object& state_of(const object_handle& handle) {
  return static_cast<inline_object&>(*handle.get());
}

/// Memory of this process instead of the store's.
class heap_reservation final : public reservation {
public:
  explicit heap_reservation(std::size_t size) {
    const std::align_val_t alignment{store_alignment};
    memory_ = static_cast<std::byte*>(::operator new(size + 1, alignment));
    bytes = {memory_, size};
  }
  ~heap_reservation() override {
    ::operator delete(memory_, std::align_val_t{store_alignment});
  }

private:
  std::byte* memory_ = nullptr;
};

/// *text* as a value or failure, aligned as in the store.
stored_value keep(enum stored_value::kind what, std::string_view text) {
  auto room = std::make_shared<heap_reservation>(text.size());
  std::memcpy(room->bytes.data(), text.data(), text.size());
  return {what, room->bytes, room};
}

stored_value session_ended() {
  return keep(stored_value::kind::failure,
              encode_failure(ray::errc::connection_failed,
                             "the session has ended: call ray::init again"));
}

} // namespace

// -- objects ------------------------------------------------------------------

void inline_object::last_copy_gone() noexcept {
  owner_->forget(*this);
}

void inline_runtime::forget(inline_object& object) noexcept {
  {
    const std::lock_guard guard{lock_};
    const auto at = objects_.find(object.id());
    if (at != objects_.end() && at->second == &object)
      objects_.erase(at);
    if (const auto name = names_.find(object.name);
        name != names_.end() && name->second == object.id())
      names_.erase(name);
  }
  // Outside of the lock: an actor's destructor may do anything.
  delete &object;
}

object_handle inline_runtime::make(bool put) {
  auto* frame = frame_of_thread();
  const std::lock_guard guard{lock_};
  object_id id;
  if (frame == nullptr)
    id = child_id(root_id(the_node, the_job), ++counter_, the_node, the_job);
  else
    id = put ? frame->next_put(the_node, the_job)
             : frame->next_child(the_node, the_job);
  auto* object = new inline_object{id, shared_from_this()};
  objects_[id] = object;
  return object_handle{object};
}

object_handle inline_runtime::retain(const object_id& id) {
  const std::lock_guard guard{lock_};
  const auto at = objects_.find(id);
  if (at == objects_.end() || !at->second->try_add_copy())
    throw ray::object_lost(fmt::format("object {} is gone", to_string(id)));
  return object_handle{at->second};
}

/// Under no lock.
void inline_runtime::settle(inline_object& object, stored_value value,
                            std::vector<object_handle> nested) {
  decltype(object.waiting) calls;
  {
    const std::lock_guard guard{lock_};
    if (object.value.what != stored_value::kind::missing)
      return;
    object.value = value;
    object.nested = std::move(nested);
    calls.swap(object.waiting);
  }
  changed_.notify_all();
  for (const auto& call : calls)
    call(value);
}

void inline_runtime::complete(const object_handle& object,
                              invocation_result&& result) {
  stored_value value;
  switch (result.what) {
    case invocation_result::kind::inline_bytes:
      value = keep(stored_value::kind::value, result.bytes);
      break;
    case invocation_result::kind::failed:
      value = keep(stored_value::kind::failure, result.bytes);
      break;
    case invocation_result::kind::stored:
      value = {stored_value::kind::value, result.room->bytes, result.room};
      break;
  }
  settle(state_of(object), std::move(value), std::move(result.nested));
}

std::shared_ptr<reservation> inline_runtime::reserve(std::size_t size) {
  require_open();
  return std::make_shared<heap_reservation>(size);
}

object_handle inline_runtime::seal(const std::shared_ptr<reservation>& room,
                                   std::vector<object_handle> nested) {
  require_open();
  auto made = make(true);
  settle(state_of(made), {stored_value::kind::value, room->bytes, room},
         std::move(nested));
  return made;
}

object_handle inline_runtime::make_group(const std::vector<ray::bundle>&,
                                         ray::strategy, const std::string&) {
  require_open();
  auto made = make(true);
  settle(state_of(made), keep(stored_value::kind::value, {}), {});
  return made;
}

// -- running ------------------------------------------------------------------

class inline_invocation final : public invocation {
public:
  inline_invocation(std::shared_ptr<inline_runtime> owner,
                    object_handle result, object_handle actor)
    : owner_(std::move(owner)),
      result_(std::move(result)),
      actor_(std::move(actor)) {
    if (actor_)
      instance = &state_of(actor_).instance;
  }

  void finish(invocation_result&& result) noexcept override {
    owner_->complete(result_, std::move(result));
  }

private:
  std::shared_ptr<inline_runtime> owner_;
  object_handle result_;
  object_handle actor_; // Lives at least as long as the call.
};

void inline_runtime::run(submission& work, const object_handle& result) {
  task_frame frame;
  frame.parent = result.id();
  frame.task = result.id();
  auto* const outer = frame_of_thread();
  if (outer != nullptr)
    frame.depth = static_cast<std::uint16_t>(outer->depth + 1);
  std::vector<stored_value> dependencies = get(work.dependencies, no_deadline);
  const bool creates = work.what == submission::kind::actor_creation;
  auto call = std::make_unique<inline_invocation>(
    shared_from_this(), result, creates ? result : work.actor);
  call->arguments = work.arguments;
  call->dependencies = dependencies;
  const auto* entry = function_table::find(work.function);
  set_frame_of_thread(&frame);
  auto* const caller = actor_here;
  actor_here = creates || work.actor ? &state_of(creates ? result : work.actor)
                                     : nullptr;
  if (entry != nullptr)
    invoke(*entry, std::move(call));
  else
    call->finish(make_failure(ray::errc::wrong_type,
                              fmt::format("this program has no function {}",
                                          work.function_name)));
  if (actor_here != nullptr && std::exchange(actor_here->exits, false))
    kill(creates ? result : work.actor);
  actor_here = caller;
  set_frame_of_thread(outer);
}

void inline_runtime::name_actor(const submission& work, inline_object& actor) {
  actor.interface = work.interface;
  if (work.options == nullptr || work.options->name.empty())
    return;
  const std::lock_guard guard{lock_};
  const auto& name = work.options->name;
  if (!names_.try_emplace(name, actor.id()).second)
    actor.death = encode_failure(
      ray::errc::name_taken,
      fmt::format("the name \"{}\" belongs to another actor", name));
  else
    actor.name = name;
}

object_handle inline_runtime::submit(submission&& work) {
  require_open();
  const auto result = make(false);
  auto& object = state_of(result);
  if (work.what == submission::kind::actor_call) {
    auto& actor = state_of(work.actor);
    if (!actor.death.empty()) {
      settle(object, keep(stored_value::kind::failure, actor.death), {});
      return result;
    }
  }
  if (work.what != submission::kind::actor_creation) {
    run(work, result);
    return result;
  }
  name_actor(work, object);
  if (!object.death.empty()) {
    settle(object, keep(stored_value::kind::failure, object.death), {});
    return result;
  }
  run(work, result);
  if (object.value.what == stored_value::kind::failure)
    object.death = encode_failure(
      ray::errc::actor_died,
      fmt::format("the constructor of {} threw: {}", work.interface,
                  decode_failure({reinterpret_cast<const char*>(
                                    object.value.bytes.data()),
                                  object.value.bytes.size()})
                    .message));
  return result;
}

void inline_runtime::kill(const object_handle& actor) {
  require_open();
  auto& object = state_of(actor);
  std::shared_ptr<void> ends;
  {
    const std::lock_guard guard{lock_};
    object.death = encode_failure(ray::errc::actor_died,
                                  fmt::format("actor {} was killed",
                                              object.interface));
    names_.erase(object.name);
    ends.swap(object.instance);
  }
}

void inline_runtime::exit_actor() {
  require_open();
  if (actor_here == nullptr)
    throw ray::no_such_actor("ray::exit_actor ends the actor that calls it, "
                             "but this code runs in none");
  actor_here->exits = true;
}

// -- waiting ------------------------------------------------------------------

void inline_runtime::when_ready(const object_handle& object,
                                std::function<void(stored_value)> done) {
  stored_value value;
  {
    const std::lock_guard guard{lock_};
    auto& state = state_of(object);
    value = state.value;
    if (value.what == stored_value::kind::missing && !ended_) {
      state.waiting.push_back(std::move(done));
      return;
    }
  }
  if (value.what == stored_value::kind::missing)
    value = session_ended();
  done(value);
}

// -- the session --------------------------------------------------------------

void inline_runtime::require_open() const {
  const std::lock_guard guard{lock_};
  if (ended_)
    throw ray::connection_failed(
      "the session has ended: call ray::init again");
}

void inline_runtime::end() noexcept {
  std::vector<std::shared_ptr<void>> actors;
  std::vector<std::function<void(stored_value)>> calls;
  {
    const std::lock_guard guard{lock_};
    ended_ = true;
    for (const auto& [id, object] : objects_) {
      actors.push_back(std::exchange(object->instance, nullptr));
      for (auto& call : std::exchange(object->waiting, {}))
        calls.push_back(std::move(call));
    }
  }
  changed_.notify_all();
  for (const auto& call : calls)
    call(session_ended());
}

object_handle inline_runtime::find_actor(std::string_view name,
                                         std::string_view interface) {
  require_open();
  object_id id;
  {
    const std::lock_guard guard{lock_};
    const auto at = names_.find(std::string{name});
    if (at == names_.end())
      throw ray::no_such_actor(
        fmt::format("no live actor is named \"{}\"", name));
    id = at->second;
  }
  auto found = retain(id);
  if (const auto& is = state_of(found).interface; is != interface)
    throw ray::wrong_type(fmt::format("the actor \"{}\" is a {}, not a {}",
                                      name, is, interface));
  return found;
}

std::vector<ray::node_info> inline_runtime::nodes() {
  require_open();
  ray::node_info only;
  only.id = node_name(the_node);
  only.host = "localhost";
  only.state = "alive";
  only.resources["CPU"] = std::thread::hardware_concurrency();
  return {only};
}

std::map<std::string, double> inline_runtime::resources(bool) {
  return nodes().front().resources;
}

ray::context inline_runtime::current_context() {
  ray::context here;
  here.job_id = job_name(the_job);
  here.node_id = node_name(the_node);
  if (const auto* frame = frame_of_thread(); frame != nullptr && frame->task)
    here.task_id = to_string(frame->task);
  return here;
}

caf::actor_system& inline_runtime::system() {
  return process_system();
}

} // namespace rayd
