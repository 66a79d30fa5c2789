#include "driver/standard_exceptions.hpp"
#include "wire/failure_record.hpp"

#include <ray/detail/invocation.hpp>
#include <ray/errors.hpp>
#include <ray/get.hpp>
#include <ray/session.hpp>

#include <unistd.h>

#include <utility>

// Exceptions to bytes and back: what a function throws in a worker is encoded
// there and thrown again by get(). A ray::error that passes through a task
// stays what it is; only its chain grows.

namespace ray::detail {

failure_pointer make_details(errc code, std::string message) {
  auto details = std::make_shared<failure_details>();
  details->code = code;
  details->message = std::move(message);
  return details;
}

namespace {

failure_pointer read_details(std::span<const std::byte> bytes) {
  auto record = rayd::decode_failure(
    {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  auto details = std::make_shared<failure_details>();
  details->code = record.code;
  details->message = std::move(record.message);
  details->function = std::move(record.function);
  details->type = std::move(record.type);
  details->node = std::move(record.node);
  details->pid = static_cast<long>(record.pid);
  details->attempt = record.attempt;
  details->base = record.base;
  details->number = record.number;
  details->category = std::move(record.category);
  details->chain = std::move(record.chain);
  return details;
}

rayd::failure_record to_record(const failure_details& details) {
  rayd::failure_record record;
  record.code = details.code;
  record.message = details.message;
  record.function = details.function;
  record.type = details.type;
  record.node = details.node;
  record.pid = details.pid;
  record.attempt = details.attempt;
  record.base = static_cast<std::uint8_t>(details.base);
  record.number = details.number;
  record.category = details.category;
  record.chain = details.chain;
  return record;
}

std::string this_node() noexcept {
  try {
    if (auto* process = runtime_or_null())
      return process->current_context().node_id;
  } catch (...) {
    // The name of the node is an extra; the failure itself matters more.
  }
  return {};
}

/// What *call* threw: *type* and *text* of an exception that is none of ours.
failure_details thrown_here(const invocation& call, unsigned base,
                            std::string type, std::string text) {
  failure_details details;
  details.message = std::move(text);
  details.type = std::move(type);
  details.base = base;
  details.function = call.entry != nullptr ? call.entry->name() : "";
  details.node = this_node();
  details.pid = ::getpid();
  details.attempt = call.attempt;
  return details;
}

failure_details details_of_current_exception(const invocation& call) {
  try {
    throw;
  } catch (const task_error& passing) {
    return *passing.details();
  } catch (const system_error_base& passing) {
    return *passing.details();
  } catch (const std::exception& thrown) {
    auto details = thrown_here(call, standard_base(thrown),
                               current_exception_type(), thrown.what());
    note_code(thrown, details);
    return details;
  } catch (const std::string& text) {
    return thrown_here(call, 0, "std::string", text);
  } catch (const char* text) {
    return thrown_here(call, 0, "const char*", text);
  } catch (...) {
    const auto type = current_exception_type();
    return thrown_here(call, 0, type,
                       "something of type " + type
                         + " was thrown, which is no std::exception");
  }
}

template <class Error>
[[noreturn]] void throw_as(failure_pointer details) {
  throw Error{std::move(details)};
}

} // namespace

invocation_result failure_of_current_exception(const invocation& call) {
  auto details = details_of_current_exception(call);
  if (call.entry != nullptr)
    details.chain.emplace_back(call.entry->name());
  invocation_result result;
  result.what = invocation_result::kind::failed;
  result.bytes = rayd::encode_failure(to_record(details));
  return result;
}

invocation_result make_failure(errc code, std::string message) {
  invocation_result result;
  result.what = invocation_result::kind::failed;
  result.bytes = rayd::encode_failure(code, std::move(message));
  return result;
}

void throw_failure(std::span<const std::byte> failure) {
  auto details = read_details(failure);
  switch (details->code) {
    case errc::task_error: throw_standard(std::move(details));
    case errc::worker_died: throw_as<worker_died>(std::move(details));
    case errc::task_poisoned: throw_as<task_poisoned>(std::move(details));
    case errc::actor_died: throw_as<actor_died>(std::move(details));
    case errc::actor_unavailable:
      throw_as<actor_unavailable>(std::move(details));
    case errc::no_such_actor: throw_as<no_such_actor>(std::move(details));
    case errc::object_lost: throw_as<object_lost>(std::move(details));
    case errc::object_store_full:
      throw_as<object_store_full>(std::move(details));
    case errc::out_of_memory: throw_as<out_of_memory>(std::move(details));
    case errc::get_timeout: throw_as<get_timeout>(std::move(details));
    case errc::cancelled: throw_as<cancelled>(std::move(details));
    case errc::unschedulable: throw_as<unschedulable>(std::move(details));
    case errc::connection_failed:
      throw_as<connection_failed>(std::move(details));
    case errc::would_block: throw_as<would_block>(std::move(details));
    case errc::wrong_type: throw_as<wrong_type>(std::move(details));
    case errc::pending_calls: throw_as<pending_calls>(std::move(details));
    case errc::task_timeout: throw_as<task_timeout>(std::move(details));
    case errc::name_taken: throw_as<name_taken>(std::move(details));
  }
  // decode_failure lets only known codes through.
  throw_standard(std::move(details));
}

} // namespace ray::detail
