#include <ray/detail/arguments.hpp>
#include <ray/detail/behavior_host.hpp>
#include <ray/detail/message_types.hpp>
#include <ray/errors.hpp>
#include <ray/get.hpp>
#include <ray/task.hpp>

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <string>

// behavior_actor::handle(): a local actor that knows the types of messages
// only when they come. Each message is one call on the remote actor, which
// decodes it by the same table of types.

namespace ray::detail {

namespace {

invocation_result encode_any_reply(std::string_view,
                                   const caf::type_erased_tuple& reply) {
  return encode_result(any_message{caf::message::copy(reply)});
}

/// Delivers a message of any types to the hosted behaviour.
template <bool Answered>
void run_any(std::unique_ptr<invocation> call) {
  try {
    require_dependencies(*call);
    const auto host = require_host(*call);
    argument_reader arguments{*call};
    auto message = arguments.next<any_message>();
    arguments.expect_end();
    if constexpr (Answered) {
      host->request(std::move(message.content), std::move(call),
                    &encode_any_reply);
    } else {
      host->tell(std::move(message.content));
      call->finish({});
    }
  } catch (...) {
    call->finish(failure_of_current_exception(*call));
  }
}

constinit function_entry any_request{&run_any<true>, "request"};
constinit function_entry any_tell{&run_any<false>, "tell"};
[[maybe_unused]] const bool listed = function_table::add(any_request)
                                     && function_table::add(any_tell);

caf::error to_caf_error(const ray::error& problem) {
  return {static_cast<std::uint8_t>(problem.code()), caf::atom("ray"),
          caf::make_message(problem.message())};
}

struct never_sent {};

/// Where the answer to a forwarded request goes.
struct asker {
  caf::strong_actor_ptr who;
  caf::message_id request;
  caf::actor forwarder;

  // Not by a promise, which only works in the forwarder's own thread.
  void answer(caf::message content) const {
    if (who != nullptr)
      who->enqueue(caf::actor_cast<caf::strong_actor_ptr>(forwarder),
                   request.response_id(), std::move(content), nullptr);
  }
};

void pass_reply(const asker& to, const object_handle& result,
                const stored_value& value) noexcept {
  try {
    if (value.what != stored_value::kind::value)
      throw_failure(value.bytes);
    to.answer(load_value<any_message>(result, value).content);
  } catch (const ray::error& problem) {
    to.answer(caf::make_message(to_caf_error(problem)));
    if (problem.code() == errc::actor_died)
      caf::anon_send_exit(to.forwarder,
                          caf::exit_reason::remote_link_unreachable);
  }
}

object_handle forward(const object_handle& actor, std::string_view behavior,
                      bool answered, any_message message) {
  submission work;
  work.what = submission::kind::actor_call;
  work.function = answered ? any_request.key() : any_tell.key();
  work.function_name = behavior;
  work.actor = actor;
  pack_arguments(work, message);
  return current_runtime().submit(std::move(work));
}

caf::result<caf::message>
on_any_message(caf::scheduled_actor* self, caf::message_view& arrived,
               const object_handle& actor, std::string_view behavior) {
  const auto& element = *self->current_mailbox_element();
  const bool answered = element.mid.is_request();
  const asker to{element.sender, element.mid,
                 caf::actor_cast<caf::actor>(self)};
  try {
    const auto result = forward(actor, behavior, answered,
                                {arrived.copy_content_to_message()});
    if (!answered)
      return caf::message{};
    self->make_response_promise(); // Keeps CAF from answering by itself.
    current_runtime().when_ready(result,
                                 [to, result](const stored_value& value) {
                                   pass_reply(to, result, value);
                                 });
    return caf::delegated<caf::message>{};
  } catch (const ray::error& problem) {
    return to_caf_error(problem);
  }
}

} // namespace

caf::actor make_forwarder(const object_handle& actor,
                          std::string_view behavior) {
  auto& system = current_runtime().system();
  // Not detached: such an actor would outlive its last handle, and with it
  // its reference to the remote one. Sending may block CAF's scheduler while
  // no credit is granted; nothing that grants credit runs there.
  return system.spawn<caf::hidden>(
    [actor, behavior](caf::event_based_actor* self) -> caf::behavior {
      self->set_default_handler(
        [actor, behavior](caf::scheduled_actor* me, caf::message_view& x) {
          return on_any_message(me, x, actor, behavior);
        });
      // Without any handler CAF would take the actor for finished.
      return {[](const never_sent&) {}};
    });
}

} // namespace ray::detail
