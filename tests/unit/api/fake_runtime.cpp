#include "fake_runtime.hpp"

#include "wire/failure_record.hpp"

#include <ray/errors.hpp>

#include <cstring>
#include <deque>

using namespace ray::detail;

namespace {

class fake_object final : public local_object {
public:
  fake_object(const object_id& id, fake_runtime& owner)
    : local_object(id), owner_(owner) {}

private:
  void last_copy_gone() noexcept override {
    owner_.drop_reference(id());
    delete this;
  }

  fake_runtime& owner_;
};

struct aligned_free {
  void operator()(std::byte* memory) const noexcept {
    ::operator delete (memory, std::align_val_t{store_alignment});
  }
};

class fake_room final : public reservation {
public:
  explicit fake_room(std::size_t size)
    : memory_(static_cast<std::byte*>(
      ::operator new (size + 1, std::align_val_t{store_alignment}))) {
    std::memset(memory_.get(), 0xab, size);
    bytes = {memory_.get(), size};
  }

private:
  std::unique_ptr<std::byte, aligned_free> memory_;
};

class fake_invocation final : public invocation {
public:
  fake_invocation(fake_runtime& owner, const object_id& result)
    : owner_(owner), result_(result) {}

  void finish(invocation_result&& result) noexcept override {
    owner_.set(result_, std::move(result));
  }

private:
  fake_runtime& owner_;
  object_id result_;
};

stored_value owned(std::string bytes, stored_value::kind what) {
  auto kept = std::make_shared<const std::string>(std::move(bytes));
  return {what, std::as_bytes(std::span{*kept}), kept};
}

} // namespace

void fake_runtime::end() noexcept {
  ended = true;
  std::map<object_id, std::shared_ptr<record>> ending;
  {
    const std::lock_guard guard{lock_};
    ending.swap(records_);
  }
  ending.clear();
  system_.reset();
}

object_handle fake_runtime::make(const std::shared_ptr<record>& what) {
  const std::lock_guard guard{lock_};
  const object_id id{1, next_++};
  what->references = 1;
  records_.emplace(id, what);
  return object_handle{new fake_object{id, *this}};
}

object_handle fake_runtime::submit(submission&& work) {
  ++submitted;
  last_argument_bytes = work.arguments.size();
  last_dependencies = work.dependencies.size();
  last_name = work.function_name;
  auto result = make(std::make_shared<record>());
  std::vector<stored_value> inputs;
  if (!work.dependencies.empty())
    inputs = get(work.dependencies, no_deadline);
  auto call = std::make_unique<fake_invocation>(*this, result.id());
  call->arguments = work.arguments;
  call->dependencies = inputs;
  std::shared_ptr<record> actor;
  if (work.what != submission::kind::task) {
    const std::lock_guard guard{lock_};
    const auto id = work.actor ? work.actor.id() : result.id();
    actor = records_.at(id);
    if (!work.actor) {
      call->snapshot = snapshot;
      actor->interface = work.interface;
      actor->name = last_name;
    }
    call->instance = &actor->instance;
  }
  if (actor && actor->killed) {
    set(result.id(), make_failure(ray::errc::actor_died, "it was killed"));
    return result;
  }
  const auto* entry = function_table::find(work.function);
  if (entry == nullptr)
    set(result.id(), make_failure(ray::errc::wrong_type, "unknown function"));
  else
    invoke(*entry, std::move(call));
  return result;
}

std::shared_ptr<reservation> fake_runtime::reserve(std::size_t size) {
  ++reserved;
  if (size > store_limit)
    throw ray::object_store_full("the fake store is smaller");
  return std::make_shared<fake_room>(size);
}

object_handle fake_runtime::seal(const std::shared_ptr<reservation>& room,
                                 std::vector<object_handle> nested) {
  auto sealed = std::make_shared<record>();
  sealed->value = {stored_value::kind::value, room->bytes, room};
  sealed->nested = std::move(nested);
  return make(sealed);
}

object_handle fake_runtime::pending() {
  return make(std::make_shared<record>());
}

void fake_runtime::set(const object_id& id, invocation_result&& result) {
  using kind = invocation_result::kind;
  stored_value value;
  if (result.what == kind::stored)
    value = {stored_value::kind::value, result.room->bytes, result.room};
  else
    value = owned(std::move(result.bytes), result.what == kind::failed
                                             ? stored_value::kind::failure
                                             : stored_value::kind::value);
  std::vector<std::function<void(stored_value)>> waiting;
  {
    const std::lock_guard guard{lock_};
    const auto found = records_.find(id);
    if (found == records_.end())
      return;
    found->second->value = value;
    found->second->nested = std::move(result.nested);
    waiting.swap(found->second->waiting);
    changed_.notify_all();
  }
  for (auto& done : waiting)
    done(value);
}

void fake_runtime::drop_reference(const object_id& id) noexcept {
  std::shared_ptr<record> last;
  {
    const std::lock_guard guard{lock_};
    const auto found = records_.find(id);
    if (found == records_.end() || --found->second->references != 0)
      return;
    last = std::move(found->second);
    records_.erase(found);
    changed_.notify_all();
  }
  // Its nested references and its actor go here, outside of the lock.
}

stored_value fake_runtime::value_of(const object_id& id) {
  const auto found = records_.find(id);
  if (found == records_.end())
    return owned(rayd::encode_failure(ray::errc::object_lost, "no such object"),
                 stored_value::kind::failure);
  return found->second->value;
}

std::vector<stored_value>
fake_runtime::get(std::span<const object_handle> objects, deadline until) {
  std::unique_lock guard{lock_};
  std::vector<stored_value> values;
  const auto all_there = [&] {
    values.clear();
    bool there = true, failed = false;
    for (const auto& object : objects) {
      values.push_back(value_of(object.id()));
      there = there && values.back().what != stored_value::kind::missing;
      failed = failed || values.back().what == stored_value::kind::failure;
    }
    return there || failed;
  };
  if (until == no_deadline)
    changed_.wait(guard, all_there);
  else
    changed_.wait_until(guard, until, all_there);
  return values;
}

std::vector<bool> fake_runtime::wait(std::span<const object_handle> objects,
                                     std::size_t count, deadline until) {
  std::unique_lock guard{lock_};
  std::vector<bool> there(objects.size());
  const auto enough = [&] {
    std::size_t ready = 0;
    for (std::size_t i = 0; i < objects.size(); ++i) {
      there[i] = value_of(objects[i].id()).what != stored_value::kind::missing;
      ready += there[i] ? 1 : 0;
    }
    return ready >= count;
  };
  if (until == no_deadline)
    changed_.wait(guard, enough);
  else
    changed_.wait_until(guard, until, enough);
  return there;
}

namespace {

class fake_arrivals final : public arrivals {
public:
  fake_arrivals(fake_runtime& owner, const std::vector<object_handle>& of) {
    for (std::size_t i = 0; i < of.size(); ++i)
      owner.when_ready(of[i], [to = come_, i](const stored_value&) {
        const std::lock_guard guard{to->lock};
        to->places.push_back(i);
        to->changed.notify_all();
      });
  }

  std::size_t next() override {
    std::unique_lock guard{come_->lock};
    come_->changed.wait(guard, [this] { return !come_->places.empty(); });
    const auto place = come_->places.front();
    come_->places.pop_front();
    return place;
  }

private:
  struct queue {
    std::mutex lock;
    std::condition_variable changed;
    std::deque<std::size_t> places;
  };

  std::shared_ptr<queue> come_ = std::make_shared<queue>();
};

} // namespace

std::unique_ptr<arrivals>
fake_runtime::watch(std::vector<object_handle> objects) {
  return std::make_unique<fake_arrivals>(*this, objects);
}

void fake_runtime::when_ready(const object_handle& object,
                              std::function<void(stored_value)> done) {
  stored_value value;
  {
    const std::lock_guard guard{lock_};
    auto& what = *records_.at(object.id());
    if (what.value.what == stored_value::kind::missing) {
      what.waiting.push_back(std::move(done));
      return;
    }
    value = what.value;
  }
  done(value);
}

object_handle fake_runtime::retain(const object_id& id) {
  const std::lock_guard guard{lock_};
  const auto found = records_.find(id);
  if (found != records_.end())
    ++found->second->references;
  return object_handle{new fake_object{id, *this}};
}

object_handle fake_runtime::find_actor(std::string_view name,
                                       std::string_view interface) {
  object_id id;
  {
    const std::lock_guard guard{lock_};
    for (const auto& [at, what] : records_)
      if (what->name == name && !what->killed) {
        id = at;
        if (what->interface != interface)
          throw ray::wrong_type(what->interface + " is not "
                                + std::string{interface});
      }
  }
  if (!id)
    throw ray::no_such_actor("no actor is named " + std::string{name});
  return retain(id);
}

void fake_runtime::kill(const object_handle& actor) {
  std::shared_ptr<void> ending;
  const std::lock_guard guard{lock_};
  auto& what = *records_.at(actor.id());
  what.killed = true;
  ending.swap(what.instance);
}

std::vector<ray::node_info> fake_runtime::nodes() {
  return {{"n1", "localhost", "alive", {{"CPU", 1}}, {}}};
}

ray::context fake_runtime::current_context() {
  ray::context here;
  here.node_id = "n1";
  return here;
}

caf::actor_system& fake_runtime::system() {
  if (system_ == nullptr)
    system_ = std::make_unique<caf::actor_system>(config_);
  return *system_;
}

namespace {

struct fake_actor final : ray::detail::hosted_actor {
  explicit fake_actor(fake_runtime& all) : process(all) {}

  bool has_own_thread() const override { return process.own_threads; }
  bool restarts() const override { return false; }
  void ended(std::string failure, bool) override {
    process.actor_ended(std::move(failure));
  }
  bool is_durable() const override { return process.durable; }
  void begin_state(std::string_view state, bool) override {
    process.keep_state(std::string{state});
  }
  void gone() noexcept override { ++process.gone; }
  void keep_state(std::string state) override {
    process.keep_state(std::move(state));
  }
  void* enter() noexcept override {
    ++process.entered;
    return this;
  }
  void leave(void* before) noexcept override {
    process.left += before == this ? 1 : 0;
  }

  fake_runtime& process;
};

} // namespace

std::shared_ptr<ray::detail::hosted_actor> fake_runtime::actor_being_made() {
  return std::make_shared<fake_actor>(*this);
}

void fake_runtime::actor_ended(std::string failure) {
  const std::lock_guard guard{lock_};
  ended_failure_ = std::move(failure);
  changed_.notify_all();
}

std::size_t fake_runtime::live_objects() {
  const std::lock_guard guard{lock_};
  return records_.size();
}

bool fake_runtime::becomes_empty() {
  std::unique_lock guard{lock_};
  return changed_.wait_for(guard, std::chrono::seconds{10},
                           [this] { return records_.empty(); });
}

std::string fake_runtime::end_of_actor() {
  std::unique_lock guard{lock_};
  changed_.wait_for(guard, std::chrono::seconds{10},
                    [this] { return !ended_failure_.empty(); });
  return ended_failure_;
}

fake_session::fake_session() : process(std::make_shared<fake_runtime>()) {
  set_runtime(process);
}

fake_session::~fake_session() {
  set_runtime(nullptr);
  process->end();
}
