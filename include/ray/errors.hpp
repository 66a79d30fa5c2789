#pragma once

#include <ray/errc.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

// Everything that rayd throws is a std::exception and a ray::error. The two
// are apart: ray::error and ray::task_error do not derive from std::exception,
// so that `catch (std::exception&)` finds one base and not two.

namespace ray {

/// What every exception of rayd also is. The sentence holds the values and
/// says what to do.
struct error {
  virtual ~error() = default;

  virtual errc code() const noexcept = 0;
  virtual const std::string& message() const noexcept = 0;
};

namespace detail {

/// Where an error came from, shared by the copies of an exception.
struct failure_details {
  errc code = errc::task_error;
  std::string message;
  std::string function;
  std::string type;
  std::string node;
  long pid = 0;
  int attempt = 0;
  unsigned base = 0; ///< Code of the nearest standard exception.
  int number = 0;    ///< Of the error code that it carried,
  std::string category; ///< by its category's name; empty: none.
  std::vector<std::string> chain;
};

using failure_pointer = std::shared_ptr<const failure_details>;

failure_pointer make_details(errc code, std::string message);

} // namespace detail

/// A task's own exception, as it arrives at those who wanted its result.
/// Caught as this, as its standard type, or as std::exception.
struct task_error : error {
  explicit task_error(detail::failure_pointer details) noexcept
    : details_(std::move(details)) {}

  errc code() const noexcept override { return errc::task_error; }

  /// What the exception's what() said.
  const std::string& message() const noexcept override {
    return details_->message;
  }

  /// Name of the function or method that threw.
  const std::string& function() const noexcept { return details_->function; }

  /// Demangled type of the exception as it was thrown.
  const std::string& type() const noexcept { return details_->type; }

  /// Node and process where it was thrown.
  const std::string& node() const noexcept { return details_->node; }
  long pid() const noexcept { return details_->pid; }

  /// Of the task that threw; counts from 0.
  int attempt() const noexcept { return details_->attempt; }

  /// The tasks that it passed through, first the one that threw.
  const std::vector<std::string>& chain() const noexcept {
    return details_->chain;
  }

  const detail::failure_pointer& details() const noexcept { return details_; }

private:
  detail::failure_pointer details_;
};

/// A task_error that is also *Standard*, the nearest standard type of what
/// was thrown; std::runtime_error for types that we do not know.
template <class Standard>
struct task_error_as final : Standard, task_error {
  task_error_as(const Standard& as, detail::failure_pointer details)
    : Standard(as), task_error(std::move(details)) {}

  const char* what() const noexcept override { return message().c_str(); }
};

/// Base of all errors that are no exception of a task.
struct system_error_base : std::runtime_error, error {
  errc code() const noexcept override { return details_->code; }

  const std::string& message() const noexcept override {
    return details_->message;
  }

  /// The tasks that it passed through, first the one that met it.
  const std::vector<std::string>& chain() const noexcept {
    return details_->chain;
  }

  const detail::failure_pointer& details() const noexcept { return details_; }

protected:
  system_error_base(errc code, const std::string& message)
    : system_error_base(detail::make_details(code, message)) {}

  explicit system_error_base(detail::failure_pointer details)
    : std::runtime_error(details->message), details_(std::move(details)) {}

private:
  detail::failure_pointer details_;
};

namespace detail {

/// An error type for one code; made from a sentence or from what arrived.
template <errc Code>
struct error_of : system_error_base {
  explicit error_of(const std::string& message)
    : system_error_base(Code, message) {}

  explicit error_of(failure_pointer details)
    : system_error_base(std::move(details)) {}
};

} // namespace detail

/// The process that ran the task ended, also in its last retry.
struct worker_died : system_error_base {
  explicit worker_died(const std::string& message)
    : system_error_base(errc::worker_died, message) {}
  explicit worker_died(detail::failure_pointer details)
    : system_error_base(std::move(details)) {}
};

/// Two or more attempts of the task each killed their worker.
struct task_poisoned : worker_died {
  explicit task_poisoned(const std::string& message)
    : worker_died(detail::make_details(errc::task_poisoned, message)) {}
  explicit task_poisoned(detail::failure_pointer details)
    : worker_died(std::move(details)) {}
};

/// The actor is gone for good; the sentence says why.
struct actor_died : detail::error_of<errc::actor_died> {
  using error_of::error_of;
};

/// The actor may come back; nothing was repeated.
struct actor_unavailable : detail::error_of<errc::actor_unavailable> {
  using error_of::error_of;
};

/// No live actor has the name; or an empty actor handle was used.
struct no_such_actor : detail::error_of<errc::no_such_actor> {
  using error_of::error_of;
};

/// Every copy is gone and it cannot be made again; or an empty object_ref
/// was used.
struct object_lost : detail::error_of<errc::object_lost> {
  using error_of::error_of;
};

/// No room in the store, also after freeing what could be freed.
struct object_store_full : detail::error_of<errc::object_store_full> {
  using error_of::error_of;
};

/// Ended because its node was near its memory limit.
struct out_of_memory : detail::error_of<errc::out_of_memory> {
  using error_of::error_of;
};

/// get's own timeout passed; the object may still come.
struct get_timeout : detail::error_of<errc::get_timeout> {
  using error_of::error_of;
};

/// cancel() was accepted before the result was.
struct cancelled : detail::error_of<errc::cancelled> {
  using error_of::error_of;
};

/// A strict placement that no node can satisfy any more.
struct unschedulable : detail::error_of<errc::unschedulable> {
  using error_of::error_of;
};

/// No cluster answers, or the connection to it was lost.
struct connection_failed : detail::error_of<errc::connection_failed> {
  using error_of::error_of;
};

/// get() in an actor that shares its process with others.
struct would_block : detail::error_of<errc::would_block> {
  using error_of::error_of;
};

/// A value, interface or option of another type than wanted; names both.
struct wrong_type : detail::error_of<errc::wrong_type> {
  using error_of::error_of;
};

/// The actor has max_pending_calls calls waiting.
struct pending_calls : detail::error_of<errc::pending_calls> {
  using error_of::error_of;
};

/// The attempt ran longer than with.timeout.
struct task_timeout : detail::error_of<errc::task_timeout> {
  using error_of::error_of;
};

/// Another live actor has this name.
struct name_taken : detail::error_of<errc::name_taken> {
  using error_of::error_of;
};

} // namespace ray
