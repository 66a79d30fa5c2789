#include <ray/detail/runtime.hpp>
#include <ray/errors.hpp>
#include <ray/get.hpp>
#include <ray/session.hpp>

#include <atomic>
#include <mutex>
#include <string>
#include <utility>

namespace ray::detail {

namespace {

/// The runtime of the process, and all that were before. These are kept: a
/// thread may be inside one when another thread ends the session, and refs in
/// static variables come back to them at the very end.
struct session_slot {
  std::atomic<runtime*> now{nullptr};
  std::mutex lock;
  std::vector<std::shared_ptr<runtime>> all;
};

session_slot& slot() noexcept {
  static auto* only = new session_slot; // Never destroyed.
  return *only;
}

} // namespace

runtime& current_runtime() {
  runtime* now = slot().now.load(std::memory_order_acquire);
  if (now == nullptr)
    throw connection_failed("there is no session: call ray::init first and "
                            "keep what it returns");
  return *now;
}

void set_runtime(std::shared_ptr<runtime> now) {
  auto& process = slot();
  runtime* next = now.get();
  if (now != nullptr) {
    const std::lock_guard guard{process.lock};
    process.all.push_back(std::move(now));
  }
  process.now.store(next, std::memory_order_release);
}

runtime* runtime_or_null() noexcept {
  return slot().now.load(std::memory_order_acquire);
}

deadline deadline_after(std::chrono::nanoseconds timeout) {
  const auto now = std::chrono::steady_clock::now();
  if (timeout >= no_deadline - now)
    return no_deadline;
  return now + timeout;
}

std::vector<stored_value> get_values(std::span<const object_handle> objects,
                                     deadline until) {
  for (const auto& object : objects)
    require_object(object);
  auto values = current_runtime().get(objects, until);
  std::size_t missing = 0;
  for (const auto& value : values)
    if (value.what == stored_value::kind::failure)
      throw_failure(value.bytes);
    else if (value.what == stored_value::kind::missing)
      ++missing;
  if (missing != 0)
    throw get_timeout(std::to_string(missing) + " of "
                      + std::to_string(values.size())
                      + " objects were not there when the timeout passed; "
                        "they may still come, so get them again later");
  return values;
}

} // namespace ray::detail

namespace ray {

bool is_initialized() {
  return detail::runtime_or_null() != nullptr;
}

std::vector<node_info> nodes() {
  return detail::current_runtime().nodes();
}

std::map<std::string, double> cluster_resources() {
  return detail::current_runtime().resources(false);
}

std::map<std::string, double> available_resources() {
  return detail::current_runtime().resources(true);
}

context runtime_context() {
  return detail::current_runtime().current_context();
}

void exit_actor() {
  detail::current_runtime().exit_actor();
}

} // namespace ray
