#pragma once

#include <ray/detail/actor_state.hpp>
#include <ray/detail/invocation.hpp>

#include <caf/actor.hpp>
#include <caf/error.hpp>
#include <caf/fwd.hpp>
#include <caf/type_erased_tuple.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <string_view>

namespace ray::detail {

/// Shared by a host and the actor that it started; outlives either.
struct host_state;

/// The actor's function ran; calls may be delivered.
void behavior_started(host_state& host);

/// The actor's function or one of its handlers threw, which ends the actor.
/// Returns the exit reason for CAF.
caf::error behavior_threw(host_state& host, const std::exception_ptr& thrown);

/// Whether the actor may have a thread of its own, and block it.
bool has_own_thread(const host_state& host);

/// Whether snapshots of the actor's state are kept.
bool keeps_state(const host_state& host);

/// The actor's function ran and gave it *state*: that of its last life, if it
/// had one, is loaded into it.
/// @error wrong_type  Its last state is not such a state.
void begin_state(host_state& host, const caf::scheduled_actor& actor,
                 const state_codec& codec, void* state);

/// The actor may take up a message: answers wait from now on. Waits until
/// message_ends was called for the one before, on whichever thread.
void message_begins(host_state& host);

/// The message is handled, and the actor may be gone with its state. That is
/// kept, and then the answers are given.
void message_ends(host_state& host, bool gone);

/// Says whose code the calling thread runs meanwhile.
class acting_as {
public:
  explicit acting_as(const host_state& host) noexcept;
  ~acting_as();
  acting_as(const acting_as&) = delete;
  acting_as& operator=(const acting_as&) = delete;

private:
  std::shared_ptr<hosted_actor> actor_;
  void* before_;
};

/// A CAF actor in a worker: the instance behind a behavior_actor.
///
/// Messages go into the actor's mailbox at once and in order; an answer is
/// taken whenever it comes, on the thread of the answering actor. Requests
/// that can no longer be answered, since the actor ended, fail as actor_died
/// with the reason. The destructor ends the actor.
class behavior_host : public std::enable_shared_from_this<behavior_host> {
public:
  /// Spawns the actor, whose function must call behavior_started or
  /// behavior_threw.
  using launcher = std::function<caf::actor(
    caf::actor_system& system, const std::shared_ptr<host_state>& state)>;

  /// Encodes an answer. Throws wrong_type when it is another than wanted.
  using reply_encoder = invocation_result (*)(
    std::string_view behavior, const caf::type_erased_tuple& reply);

  /// Returns when the actor's function returned; throws what it threw.
  /// @param snapshot  The state that a durable actor begins with; empty: what
  ///                  its function gives it.
  static std::shared_ptr<behavior_host> start(std::string_view name,
                                              std::string_view snapshot,
                                              const launcher& launch);

  behavior_host(std::string_view name, std::shared_ptr<host_state> state);
  behavior_host(const behavior_host&) = delete;
  behavior_host& operator=(const behavior_host&) = delete;
  ~behavior_host();

  /// Sends *content* and finishes *call* with the answer.
  void request(caf::message content, std::unique_ptr<invocation> call,
               reply_encoder encode);

  /// Sends *content* without a sender.
  void tell(caf::message content);

private:
  std::shared_ptr<host_state> state_;
  caf::actor actor_;
  caf::actor companion_; ///< Takes the answers; runs no thread.
};

/// The host that *call* runs on. Throws actor_died when there is none.
std::shared_ptr<behavior_host> require_host(const invocation& call);

/// Throws wrong_type: *behavior* answered with *got*, not with *wanted*.
[[noreturn]] void wrong_reply(std::string_view behavior,
                              const caf::type_erased_tuple& got,
                              std::string_view wanted);

/// A local actor that forwards what it gets to the remote *actor* and answers
/// with the replies. It holds a reference to *actor*, and ends with an error
/// when a message finds *actor* dead.
caf::actor make_forwarder(const object_handle& actor,
                          std::string_view behavior);

} // namespace ray::detail
