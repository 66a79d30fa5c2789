#pragma once

#include <ray/detail/function_table.hpp>
#include <ray/errc.hpp>
#include <ray/detail/runtime.hpp>

#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ray::detail {

struct state_codec;

/// What an invocation made. `nested` keeps the references inside the value
/// alive until the worker has sent the result.
struct invocation_result {
  enum class kind : std::uint8_t {
    inline_bytes, ///< `bytes` is the encoded value.
    stored,       ///< `room` is filled and wants to be sealed as the result.
    failed,       ///< `bytes` is an encoded failure.
  };

  kind what = kind::inline_bytes;
  std::string bytes;
  std::shared_ptr<reservation> room;
  std::vector<object_handle> nested;
};

/// One attempt to run an entry. The worker derives from it, fills in the
/// inputs and hands it to invoke(); it is destroyed after finish(), or when
/// the entry let it go.
class invocation {
public:
  invocation() = default;
  invocation(const invocation&) = delete;
  invocation& operator=(const invocation&) = delete;
  virtual ~invocation() = default;

  /// Takes the result; called exactly once. Tasks and class actors call it
  /// before invoke() returns, on the same thread. A behaviour's request calls
  /// it when the behaviour answers, on any thread: further calls may be
  /// invoked on the actor meanwhile, and should be, since a behaviour may
  /// answer late. Must not block for long or throw.
  virtual void finish(invocation_result&& result) noexcept = 0;

  /// For functions that take one: told when the result is not wanted or the
  /// time is over.
  virtual std::stop_token stop() const { return {}; }

  // -- inputs -----------------------------------------------------------------

  /// submission::arguments; must stay valid until invoke() returns.
  std::string_view arguments;

  /// Values of submission::dependencies, in that order; also failures.
  std::span<const stored_value> dependencies;

  /// What a creation makes and calls run on; null for tasks. Points at the
  /// worker's own variable, which a creation sets and which keeps the actor
  /// alive; reset it to end the actor.
  std::shared_ptr<void>* instance = nullptr;

  /// Where a creation says how the actor's state is saved; null for tasks.
  const state_codec** codec = nullptr;

  /// Of a creation: the state that the actor had when its last life ended, to
  /// be loaded when it is constructed; empty: none.
  std::string_view snapshot;

  const function_entry* entry = nullptr; ///< Set by invoke().
  int attempt = 0;                       ///< From 0; goes into failures.
};

/// Runs *entry*. Whatever is thrown becomes the result; a dependency that
/// failed becomes the result without running it.
void invoke(const function_entry& entry, std::unique_ptr<invocation> call)
  noexcept;

/// The result for the exception being handled: how it arrives at get().
invocation_result failure_of_current_exception(const invocation& call);

/// The result of a system failure of *code*, e.g. that a key is unknown.
invocation_result make_failure(errc code, std::string message);

} // namespace ray::detail
