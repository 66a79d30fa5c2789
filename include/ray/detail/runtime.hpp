#pragma once

#include <ray/detail/arrivals.hpp>
#include <ray/detail/object_handle.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// The seam between the public templates and the process they run in. Above it
// are types: everything that crosses it is ids and opaque bytes. A driver and
// a worker each implement `runtime` once; the templates find it through
// current_runtime(). The runtime counts references between processes: it
// hears when the first copy of a reference appears in this process and when
// the last one goes, never of the copies between. All functions may be called
// from any thread, and throw the errors of ray/errors.hpp.

namespace caf {
class actor_system;
} // namespace caf

namespace ray {
struct with;
struct init_options;
struct bundle;
enum class strategy;
struct node_info;
struct context;
} // namespace ray

namespace ray::detail {

using deadline = std::chrono::steady_clock::time_point;

/// Never passes.
inline constexpr deadline no_deadline = deadline::max();

/// Values up to this size travel inside messages, larger ones in the store.
inline constexpr std::size_t max_inline_bytes = 100 * 1024;

/// Alignment of reservation::bytes and of stored values in the store.
inline constexpr std::size_t store_alignment = 64;

/// A function of a program: the module by a hash of its content, and the
/// offset of the function's table entry in it.
struct function_key {
  std::uint64_t module = 0;
  std::uint64_t offset = 0;

  friend auto operator<=>(const function_key&, const function_key&) = default;
};

/// What an object turned out to be.
struct stored_value {
  enum class kind : std::uint8_t {
    missing, ///< Not there when get() returned.
    value,   ///< `bytes` is the encoded value.
    failure, ///< `bytes` is an encoded failure (src/wire/failure_record.hpp).
  };

  kind what = kind::missing;
  std::span<const std::byte> bytes; ///< Aligned to 64 when in the store.
  std::shared_ptr<const void> pin;  ///< Keeps `bytes` valid and in place.
};

/// Room in the store that this process may write. The destructor gives back
/// room that was not sealed; sealed room stays mapped and in place until the
/// last shared_ptr goes, so it also serves as stored_value::pin.
class reservation {
public:
  reservation() = default;
  reservation(const reservation&) = delete;
  reservation& operator=(const reservation&) = delete;
  virtual ~reservation() = default;

  std::span<std::byte> bytes; ///< Exactly the size asked for, aligned to 64.
};

/// A task, an actor's creation or a call, ready to be sent.
struct submission {
  enum class kind : std::uint8_t { task, actor_creation, actor_call };

  kind what = kind::task;
  function_key function;
  std::string_view function_name;   ///< For people; a static string.
  std::string arguments;            ///< At most max_inline_bytes, usually.
  std::vector<object_handle> dependencies; ///< The n-th is invocation's n-th.
  std::vector<object_handle> nested; ///< References inside `arguments`.
  const with* options = nullptr;    ///< Checked; null: all defaults.
  object_handle actor;              ///< Of a call: on whom.
  std::string_view interface;       ///< Of a creation: class or behaviour.
};

/// A behaviour's actor as the process that hosts it knows it; from any thread.
class hosted_actor {
public:
  virtual ~hosted_actor() = default;

  /// False: it shares its process, and the few threads of that, with others.
  virtual bool has_own_thread() const = 0;

  /// Whether it is restarted when it dies.
  virtual bool restarts() const = 0;

  /// It ended by itself (quit, or an uncaught exception); *failure* is the
  /// encoded actor_died that its later calls get. *for_good*: it wanted to,
  /// and is not restarted. Called at most once.
  virtual void ended(std::string failure, bool for_good) = 0;

  /// Whether it was spawned as durable.
  virtual bool is_durable() const = 0;

  /// Its encoded state before its first message. *restored*: as its last life
  /// left it.
  /// @error wrong_type  The state is too large.
  virtual void begin_state(std::string_view state, bool restored) = 0;

  /// Its encoded state after a message; before the answers to it are given.
  /// One thread at a time.
  /// @error wrong_type  The state is too large.
  virtual void keep_state(std::string state) = 0;

  /// It was let go, and does not run any more.
  virtual void gone() noexcept = 0;

  /// The calling thread runs its code, until leave() is given the same.
  virtual void* enter() noexcept = 0;
  virtual void leave(void* before) noexcept = 0;
};

/// What the public templates need from their process.
class runtime {
public:
  runtime() = default;
  runtime(const runtime&) = delete;
  runtime& operator=(const runtime&) = delete;
  virtual ~runtime() = default;

  /// Ends the job and gives up everything but *this: threads, connections,
  /// CAF's actor system. Blocked and later calls throw connection_failed;
  /// refs and views that are still around stay harmless.
  virtual void end() noexcept = 0;

  /// Sends a task, creation or call; blocks only while no credit is granted.
  /// The answer is its result, for a creation the actor itself. Calls of one
  /// thread on one actor run in the order of submission.
  virtual object_handle submit(submission&& work) = 0;

  /// Room for an object of *size* bytes (0 is allowed).
  /// @error object_store_full
  virtual std::shared_ptr<reservation> reserve(std::size_t size) = 0;

  /// Makes filled room an immutable object that refers to *nested*.
  virtual object_handle seal(const std::shared_ptr<reservation>& room,
                             std::vector<object_handle> nested) = 0;

  /// Waits until every object is there, one of them failed, or *until*
  /// passed, and says of each what it is. Never throws what an object holds.
  virtual std::vector<stored_value> get(std::span<const object_handle> objects,
                                        deadline until) = 0;

  /// Waits until *count* objects are there (failed counts) or *until* passed;
  /// the n-th element says whether the n-th object is there.
  virtual std::vector<bool> wait(std::span<const object_handle> objects,
                                 std::size_t count, deadline until) = 0;

  /// Tells of *objects* in the order in which they become there.
  virtual std::unique_ptr<arrivals>
  watch(std::vector<object_handle> objects) = 0;

  /// Calls *done* once with the value or failure, maybe before it returns,
  /// maybe on a thread of the runtime; *done* does not block or throw. When
  /// the session ends first, *done* gets a failure.
  virtual void when_ready(const object_handle& object,
                          std::function<void(stored_value)> done) = 0;

  /// A reference that arrived inside a value. @pre *id* is not empty.
  virtual object_handle retain(const object_id& id) = 0;

  /// The live actor of that name.
  /// @error no_such_actor, wrong_type (another interface; names both)
  virtual object_handle find_actor(std::string_view name,
                                   std::string_view interface) = 0;

  /// Ends the actor at once; its unfinished calls fail as actor_died.
  virtual void kill(const object_handle& actor) = 0;

  /// See ray::cancel.
  virtual void cancel(const object_handle& object, bool force) = 0;

  virtual std::vector<node_info> nodes() = 0;

  /// Sums over the live nodes: all there is, or what is not in use.
  virtual std::map<std::string, double> resources(bool available) = 0;

  /// Asks for a placement group; the answer is there once it is placed.
  virtual object_handle make_group(const std::vector<bundle>& bundles,
                                   strategy how, const std::string& name) = 0;
  virtual void remove_group(const object_handle& group) = 0;

  /// In a task: of that task; else job and node only.
  virtual context current_context() = 0;

  /// CAF's actor system of this process.
  virtual caf::actor_system& system() = 0;

  /// In a worker: the actor whose creation the calling thread runs; null
  /// where nobody needs to hear of its end.
  virtual std::shared_ptr<hosted_actor> actor_being_made() { return nullptr; }

  /// Ends the actor that runs the calling code, after the calls that it was
  /// given so far.
  /// @error no_such_actor  The code runs in no actor.
  virtual void exit_actor() = 0;
};

/// The runtime of this process.
/// @error connection_failed  ray::init was not called, or the session ended.
runtime& current_runtime();

/// Sets or, with null, takes away what current_runtime() gives; for init,
/// shutdown and workers. A runtime is never destroyed, since threads may be
/// inside it and refs may come back to it: end() is what gives things up.
void set_runtime(std::shared_ptr<runtime> now);

/// The same as current_runtime(), but null without a session.
runtime* runtime_or_null() noexcept;

/// Implemented by src/driver: reaches or starts the cluster that *options*
/// name. They are complete: environment and arguments are merged into them,
/// an empty address means "start a private cluster".
/// @error connection_failed, wrong_type (an option's value; names it)
std::shared_ptr<runtime> connect(const init_options& options);

} // namespace ray::detail
