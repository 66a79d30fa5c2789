#include "driver/standard_exceptions.hpp"

#include <ray/actor.hpp>
#include <ray/detail/behavior_host.hpp>
#include <ray/detail/message_types.hpp>
#include <ray/errors.hpp>
#include <ray/get.hpp>

#include <caf/actor_cast.hpp>
#include <caf/actor_companion.hpp>
#include <caf/actor_system.hpp>
#include <caf/exit_reason.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/sec.hpp>
#include <caf/send.hpp>
#include <caf/system_messages.hpp>

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace ray::detail {

/// A request that the actor has not answered yet.
struct open_request {
  std::unique_ptr<invocation> call;
  behavior_host::reply_encoder encode = nullptr;
};

/// An answer that waits for the state after it.
struct held_answer {
  std::unique_ptr<invocation> call;
  invocation_result answer;
};

struct host_state {
  std::string name;
  runtime& process = current_runtime();
  std::shared_ptr<hosted_actor> self = process.actor_being_made();

  std::mutex lock;
  std::condition_variable changed;
  bool started = false;
  bool ending = false; ///< The host itself ends the actor.
  std::exception_ptr start_failure;
  std::string exception;            ///< What left a handler, for people.
  std::optional<std::string> death; ///< Why the actor is gone, once it is.
  bool comes_back = false;          ///< Then: it will be restarted.
  std::uint64_t last_request = 0;
  std::map<std::uint64_t, open_request> open;

  // Of a durable actor:
  std::string_view snapshot; ///< Until it is loaded.
  const caf::scheduled_actor* actor = nullptr; ///< Once its function has run.
  const state_codec* codec = nullptr;          ///< And these.
  const void* state = nullptr;
  std::mutex turn;                      ///< While a message is handled.
  std::thread::id handler;              ///< Handles a message at this moment.
  std::vector<held_answer> held;        ///< Meanwhile.
  std::optional<std::string> last_state; ///< With its last answer, if it quit.
  std::function<void()> last_word;       ///< Meanwhile: that it ended.
};

namespace {

/// An error that a handler returned; arrives as a task_error of this type.
struct behavior_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::string text_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& e) {
    return current_exception_type() + ": " + e.what();
  } catch (...) {
    return current_exception_type();
  }
}

std::string render(const host_state& host, const caf::error& reason) {
  return host.process.system().render(reason);
}

/// The failure of a request that the dead actor will not answer.
invocation_result died(const host_state& host, const std::string& death) {
  return make_failure(host.comes_back ? errc::actor_unavailable
                                      : errc::actor_died,
                      death);
}

/// Whether a behaviour with this exit reason meant to end.
bool meant_to_end(const caf::error& reason) {
  return !reason || reason == caf::exit_reason::normal
         || reason == caf::exit_reason::user_shutdown;
}

invocation_result encode_answer(const host_state& host,
                                const open_request& request,
                                const caf::type_erased_tuple& content) {
  try {
    if (content.match_elements<caf::error>()) {
      const auto& reason = content.get_as<caf::error>(0);
      if (reason == caf::sec::unexpected_message)
        throw wrong_type("the behaviour " + host.name
                         + " has no handler for this message; compare the "
                           "types and their order with its handlers");
      throw behavior_error(render(host, reason));
    }
    return request.encode(host.name, content);
  } catch (...) {
    return failure_of_current_exception(*request.call);
  }
}

/// True for the answers that CAF makes when an actor ends: the reason is not
/// in them, and a down_msg that has it follows.
bool says_that_it_ended(host_state& host,
                        const caf::type_erased_tuple& content) {
  if (!content.match_elements<caf::error>())
    return false;
  const auto& reason = content.get_as<caf::error>(0);
  const std::lock_guard guard{host.lock};
  return reason == caf::sec::request_receiver_down
         || reason.category() == caf::atom("exit")
         || (reason == caf::sec::runtime_error && !host.exception.empty());
}

/// Whether the calling thread handles a message that ends the actor. Its state
/// goes before the handler has returned to us.
bool quits_here(const host_state& host) {
  return host.actor != nullptr && host.handler == std::this_thread::get_id()
         && !host.actor->alive();
}

void give_answer(host_state& host, std::unique_ptr<invocation> call,
                 invocation_result&& answer) {
  {
    const std::lock_guard guard{host.lock};
    if (host.handler != std::thread::id{}) {
      if (quits_here(host))
        host.last_state = host.codec->save(host.state);
      host.held.push_back({std::move(call), std::move(answer)});
      return;
    }
  }
  call->finish(std::move(answer));
}

void take_answer(host_state& host, std::uint64_t id,
                 const caf::type_erased_tuple& content) {
  open_request request;
  std::optional<std::string> death;
  const bool ended = says_that_it_ended(host, content);
  {
    const std::lock_guard guard{host.lock};
    const auto found = host.open.find(id);
    if (found == host.open.end() || (ended && !host.death))
      return; // The down_msg will answer it.
    request = std::move(found->second);
    host.open.erase(found);
    death = host.death;
  }
  auto answer = ended ? died(host, *death)
                      : encode_answer(host, request, content);
  give_answer(host, std::move(request.call), std::move(answer));
}

void take_down(host_state& host, const caf::error& reason) {
  std::map<std::uint64_t, open_request> open;
  std::string death;
  bool ending = false;
  const bool for_good = meant_to_end(reason);
  {
    const std::lock_guard guard{host.lock};
    death = "the actor " + host.name + " ended: "
            + (host.exception.empty() ? render(host, reason) : host.exception);
    host.death = death;
    host.comes_back = !for_good && host.self && host.self->restarts();
    open.swap(host.open);
    ending = host.ending;
  }
  for (auto& [id, request] : open)
    request.call->finish(died(host, death));
  if (!host.self)
    return;
  auto end = [self = host.self, failure = died(host, death).bytes, ending,
              for_good] {
    if (ending)
      self->gone();
    else
      self->ended(failure, for_good);
  };
  {
    // Its last answers go before that.
    const std::lock_guard guard{host.lock};
    if (host.handler == std::this_thread::get_id()) {
      host.last_word = std::move(end);
      return;
    }
  }
  end();
}

} // namespace

void behavior_started(host_state& host) {
  const std::lock_guard guard{host.lock};
  host.started = true;
  host.changed.notify_all();
}

caf::error behavior_threw(host_state& host, const std::exception_ptr& thrown) {
  auto text = text_of(thrown);
  const std::lock_guard guard{host.lock};
  host.exception = std::move(text);
  if (!host.started)
    host.start_failure = thrown;
  host.changed.notify_all();
  return caf::sec::runtime_error;
}

bool has_own_thread(const host_state& host) {
  return !host.self || host.self->has_own_thread();
}

bool keeps_state(const host_state& host) {
  return host.self && host.self->is_durable();
}

void begin_state(host_state& host, const caf::scheduled_actor& actor,
                 const state_codec& codec, void* state) {
  const bool restored = !host.snapshot.empty();
  if (restored)
    codec.load(state, host.snapshot);
  host.snapshot = {};
  host.self->begin_state(codec.save(state), restored);
  const std::lock_guard guard{host.lock};
  host.actor = &actor;
  host.codec = &codec;
  host.state = state;
}

void message_begins(host_state& host) {
  // Another thread may take up the next message before this one is done.
  host.turn.lock();
  const std::lock_guard guard{host.lock};
  host.handler = std::this_thread::get_id();
}

void message_ends(host_state& host, bool gone) {
  std::optional<invocation_result> failure;
  try {
    if (!gone && host.codec != nullptr)
      host.self->keep_state(host.codec->save(host.state));
    else if (host.last_state)
      host.self->keep_state(std::move(*host.last_state));
  } catch (const error& problem) {
    failure = make_failure(problem.code(), problem.message());
  } catch (const std::exception& problem) {
    failure = make_failure(errc::task_error, problem.what());
  }
  std::vector<held_answer> held;
  std::function<void()> last_word;
  {
    const std::lock_guard guard{host.lock};
    host.handler = {};
    held.swap(host.held);
    last_word.swap(host.last_word);
  }
  for (auto& [call, answer] : held)
    call->finish(failure ? invocation_result{*failure} : std::move(answer));
  host.turn.unlock();
  if (last_word)
    last_word();
}

acting_as::acting_as(const host_state& host) noexcept
  : actor_(host.self), before_(actor_ ? actor_->enter() : nullptr) {}

acting_as::~acting_as() {
  if (actor_)
    actor_->leave(before_);
}

behavior_host::behavior_host(std::string_view name,
                             std::shared_ptr<host_state> state)
  : state_(std::move(state)) {
  state_->name = name;
}

std::shared_ptr<behavior_host>
behavior_host::start(std::string_view name, std::string_view snapshot,
                     const launcher& launch) {
  auto state = std::make_shared<host_state>();
  state->snapshot = snapshot;
  auto host = std::make_shared<behavior_host>(name, state);
  auto& system = state->process.system();
  host->companion_ = system.spawn<caf::actor_companion, caf::hidden>();
  auto* companion = caf::actor_cast<caf::actor_companion*>(host->companion_);
  companion->on_enqueue([state](caf::mailbox_element_ptr arrived) {
    if (arrived->mid.is_response())
      take_answer(*state, arrived->mid.request_id().integer_value(),
                  arrived->content());
    else if (arrived->content().match_elements<caf::down_msg>())
      take_down(*state, arrived->content().get_as<caf::down_msg>(0).reason);
  });
  host->actor_ = launch(system, state);
  {
    std::unique_lock guard{state->lock};
    state->changed.wait(guard,
                        [&] { return state->started || state->start_failure; });
    if (state->start_failure)
      std::rethrow_exception(state->start_failure);
  }
  companion->monitor(host->actor_);
  return host;
}

behavior_host::~behavior_host() {
  std::map<std::uint64_t, open_request> open;
  bool runs = false;
  {
    const std::lock_guard guard{state_->lock};
    state_->ending = true;
    open.swap(state_->open);
    // Else take_down tells.
    runs = state_->started && !state_->death;
  }
  if (actor_)
    caf::anon_send_exit(actor_, caf::exit_reason::kill);
  // The companion goes with its last handle. It is not disconnected, since
  // this may run within one of its callbacks.
  for (auto& [id, request] : open)
    request.call->finish(
      died(*state_, "the actor " + state_->name + " was ended"));
  if (!runs && state_->self)
    state_->self->gone();
}

void behavior_host::request(caf::message content,
                            std::unique_ptr<invocation> call,
                            reply_encoder encode) {
  std::uint64_t id = 0;
  std::optional<std::string> death;
  {
    const std::lock_guard guard{state_->lock};
    death = state_->death;
    id = ++state_->last_request;
    if (!death)
      state_->open.emplace(id, open_request{std::move(call), encode});
  }
  if (death)
    return call->finish(died(*state_, *death));
  caf::actor_cast<caf::abstract_actor*>(actor_)->enqueue(
    caf::actor_cast<caf::strong_actor_ptr>(companion_),
    caf::make_message_id(id), std::move(content), nullptr);
}

void behavior_host::tell(caf::message content) {
  caf::actor_cast<caf::abstract_actor*>(actor_)->enqueue(
    nullptr, caf::make_message_id(), std::move(content), nullptr);
}

std::shared_ptr<behavior_host> require_host(const invocation& call) {
  require_instance(call);
  return std::static_pointer_cast<behavior_host>(*call.instance);
}

void wrong_reply(std::string_view behavior, const caf::type_erased_tuple& got,
                 std::string_view wanted) {
  throw wrong_type("the behaviour " + std::string{behavior} + " answered ("
                   + message_types::describe(got) + ") where request<"
                   + std::string{wanted} + "> expects that type");
}

} // namespace ray::detail
