// get, wait and when_ready: looking at objects, and waiting for them.

#include "driver/client.hpp"

#include "wire/failure_record.hpp"

#include <ray/errors.hpp>

#include <optional>
#include <span>
#include <utility>

namespace rayd {

using ray::detail::deadline;
using ray::detail::no_deadline;
using ray::detail::object_handle;
using ray::detail::stored_value;

namespace {

object_state& state_of(const object_handle& handle) {
  return static_cast<object_state&>(*handle.get());
}

bool is_final(object_phase phase) {
  return phase == object_phase::value || phase == object_phase::failure;
}

/// Keeps an object, and the arena that its bytes may lie in.
struct pin_of {
  object_view object;
  std::shared_ptr<const void> arena;

  void operator()(const void*) const noexcept {}
};

} // namespace

/// What a thread waits for: links into the lists of several objects.
struct client::wait_request {
  wait_request(std::span<const object_handle> of, std::size_t missing,
               bool here, bool stop_at_failure)
    : objects(of), thread(missing, here, stop_at_failure), links(of.size()) {}

  std::span<const object_handle> objects;
  waiter thread;
  std::vector<wait_link> links; ///< links[i] may be in objects[i]'s list.
};

stored_value client::look_at(const object_handle& object) const {
  stored_value seen;
  auto& state = state_of(object);
  if (!is_final(state.phase()))
    return seen;
  // It may be given back until here, and not from here on.
  object_view view{state};
  const auto phase = state.phase();
  if (!is_final(phase))
    return seen;
  seen.what = phase == object_phase::value ? stored_value::kind::value
                                           : stored_value::kind::failure;
  seen.bytes = state.bytes();
  seen.pin = std::shared_ptr<const void>{seen.bytes.data(),
                                         pin_of{std::move(view), arena_}};
  return seen;
}

void client::add_waiter(wait_request& request, std::vector<object_id>& wants) {
  const bool here = request.thread.here();
  for (std::size_t i = 0; i < request.objects.size(); ++i) {
    auto& state = state_of(request.objects[i]);
    const auto guard = table_.lock_for(state.id());
    const auto phase = state.phase();
    if (is_final(phase) || (!here && phase == object_phase::remote)) {
      request.thread.one_came(phase == object_phase::failure);
      continue;
    }
    auto& link = request.links[i];
    link.thread = &request.thread;
    link.next = std::exchange(state.waiting, &link);
    const bool comes_by_itself
      = state.announced && phase == object_phase::pending;
    if (!comes_by_itself && !state.wanted) {
      state.wanted = true;
      wants.push_back(state.id());
    }
  }
}

void client::remove_waiter(wait_request& request) {
  for (std::size_t i = 0; i < request.objects.size(); ++i) {
    if (request.links[i].thread == nullptr)
      continue;
    auto& state = state_of(request.objects[i]);
    // Also when it was taken off: who did may still look at it.
    const auto guard = table_.lock_for(state.id());
    for (auto** at = &state.waiting; *at != nullptr; at = &(*at)->next)
      if (*at == &request.links[i]) {
        *at = (*at)->next;
        break;
      }
  }
}

void client::block(wait_request& request, deadline until) {
  std::vector<object_id> wants;
  add_waiter(request, wants);
  if (!wants.empty())
    out_.add(want_objects{std::move(wants)}, push::now);
  if (ended_.load(std::memory_order_acquire))
    request.thread.give_up();
  if (!request.thread.complete()) {
    if (worker_ != nullptr)
      worker_->before_wait();
    out_.flush(until);
    std::optional<blocked_waits::entry> told;
    if (const auto& task = frame().task; task && until == no_deadline)
      told.emplace(waits_, task, request.objects,
                   [&request]() -> std::size_t {
                     return request.thread.stops_at_failure()
                              ? 1
                              : request.thread.missing();
                   });
    request.thread.wait(until);
    told.reset();
    if (worker_ != nullptr)
      worker_->after_wait();
  } else {
    out_.flush(until);
  }
  remove_waiter(request);
}

std::vector<stored_value>
client::get(std::span<const object_handle> objects, deadline until) {
  require_open();
  require_patience(until);
  std::vector<stored_value> values(objects.size());
  std::size_t missing = 0;
  bool failed = false;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    if (auto& state = state_of(objects[i]); state.may_try_again()) {
      const auto guard = table_.lock_for(state.id());
      state.try_again();
    }
    values[i] = look_at(objects[i]);
    missing += values[i].what == stored_value::kind::missing ? 1 : 0;
    failed = failed || values[i].what == stored_value::kind::failure;
  }
  // Again when one that came was taken away before we looked.
  bool complete = true;
  while (missing > 0 && !failed && complete) {
    std::vector<object_handle> absent;
    absent.reserve(missing);
    for (std::size_t i = 0; i < objects.size(); ++i)
      if (values[i].what == stored_value::kind::missing)
        absent.push_back(objects[i]);
    wait_request request{absent, missing, true, true};
    block(request, until);
    complete = request.thread.complete();
    for (auto& value : values)
      if (value.what == stored_value::kind::missing) {
        value = look_at(objects[static_cast<std::size_t>(&value - &values[0])]);
        missing -= value.what == stored_value::kind::missing ? 0 : 1;
        failed = failed || value.what == stored_value::kind::failure;
      }
    // When the session ended meanwhile, what is missing never comes.
    if (missing > 0)
      require_open();
  }
  return values;
}

std::vector<bool> client::wait(std::span<const object_handle> objects,
                               std::size_t count, deadline until) {
  require_open();
  require_patience(until);
  std::vector<bool> there(objects.size());
  std::size_t found = 0;
  const auto look = [&] {
    found = 0;
    for (std::size_t i = 0; i < objects.size(); ++i) {
      there[i] = state_of(objects[i]).phase() != object_phase::pending;
      found += there[i] ? 1 : 0;
    }
  };
  look();
  if (found >= count)
    return there;
  std::vector<object_handle> absent;
  absent.reserve(objects.size() - found);
  for (std::size_t i = 0; i < objects.size(); ++i)
    if (!there[i])
      absent.push_back(objects[i]);
  wait_request request{absent, count - found, false, false};
  block(request, until);
  look();
  if (found < count)
    require_open();
  return there;
}

void client::when_ready(const object_handle& object,
                        std::function<void(stored_value)> done) {
  auto link = std::make_unique<wait_link>();
  link->done = std::move(done);
  link->object = object;
  auto& state = state_of(object);
  bool want = false;
  if (!is_final(state.phase())) {
    const auto guard = table_.lock_for(state.id());
    if (!ended_ && !is_final(state.phase())) {
      link->next = state.waiting;
      state.waiting = link.release();
      want = !(state.announced && state.phase() == object_phase::pending)
             && !state.wanted;
      state.wanted = state.wanted || want;
    }
  }
  if (want)
    send(want_objects{{state.id()}}, push::soon);
  if (link == nullptr)
    return;
  std::vector<wait_link*> calls{link.release()};
  if (is_final(state.phase())) {
    call(calls, nullptr);
    return;
  }
  std::string failure;
  {
    const std::lock_guard guard{reason_lock_};
    failure = encode_failure(ray::errc::connection_failed, reason_);
  }
  call(calls, &failure);
}

/// The object was given back before anyone looked at it: *link* waits for it
/// to come again, unless it has.
void client::wait_again(std::unique_ptr<wait_link>& link) {
  auto& state = state_of(link->object);
  bool want = false;
  {
    const auto guard = table_.lock_for(state.id());
    if (is_final(state.phase()))
      return;
    want = !state.wanted;
    state.wanted = true;
    link->next = state.waiting;
    state.waiting = link.release();
  }
  if (want)
    out_.add(want_objects{{state.id()}}, push::soon);
}

/// Calls and frees links without thread; with *failure* instead of a value
/// when given.
void client::call(std::vector<wait_link*>& links, const std::string* failure) {
  for (auto* raw : links) {
    std::unique_ptr<wait_link> link{raw};
    auto value = look_at(link->object);
    while (failure == nullptr && value.what == stored_value::kind::missing) {
      wait_again(link);
      if (link == nullptr)
        break;
      value = look_at(link->object);
    }
    if (link == nullptr)
      continue;
    if (failure != nullptr && value.what == stored_value::kind::missing) {
      auto kept = std::make_shared<const std::string>(*failure);
      value.what = stored_value::kind::failure;
      value.bytes = std::as_bytes(std::span<const char>{*kept});
      value.pin = std::move(kept);
    }
    link->done(std::move(value));
  }
  links.clear();
}

} // namespace rayd
