#include "worker/attempt.hpp"

#include "wire/failure_record.hpp"
#include "wire/lane_codec.hpp"
#include "worker/executor.hpp"

#include <ray/errors.hpp>

#include <fmt/format.h>

#include <exception>
#include <utility>

namespace rayd {

namespace {

using ray::detail::invocation_result;

object_value failed_value(std::string failure) {
  return {object_value::kind::failed, std::move(failure), {}, {}};
}

} // namespace

attempt::attempt(client& process, std::shared_ptr<attempt_record> record,
                 std::shared_ptr<void>* actor, actor_keeper& keeper)
  : process_(process),
    keeper_(keeper),
    record_(std::move(record)),
    started_(std::chrono::system_clock::now()),
    began_(std::chrono::steady_clock::now()) {
  const auto& order = record_->order;
  arguments = order.spec.arguments;
  dependencies = record_->dependencies;
  instance = order.spec.kind == task_kind::task ? nullptr : actor;
  invocation::attempt = order.attempt;
  if (order.spec.kind == task_kind::actor_creation) {
    codec = keeper_.codec();
    snapshot = order.spec.snapshot;
  }
}

object_value attempt::to_value(invocation_result& result) {
  object_value value;
  const auto& task = record_->order.spec.id;
  switch (result.what) {
    case invocation_result::kind::inline_bytes:
      value.bytes = std::move(result.bytes);
      break;
    case invocation_result::kind::stored:
      value = process_.as_result(result.room, task);
      break;
    case invocation_result::kind::failed:
      return failed_value(std::move(result.bytes));
  }
  value.nested.reserve(result.nested.size());
  for (const auto& handle : result.nested)
    value.nested.push_back(handle.id());
  return value;
}

void attempt::finish(invocation_result&& result) noexcept {
  object_value value;
  try {
    if (instance != nullptr && *instance)
      if (auto state = keeper_.after(record_->order, instance->get()))
        process_.out().add(std::move(*state), push::lazy);
    value = to_value(result);
    if (value.nested.size() > lane::batch_bytes_max / 32)
      value = failed_value(encode_failure(
        ray::errc::wrong_type,
        fmt::format("the result of {} holds {} references, a value may hold "
                    "{}: put parts of it into objects of their own",
                    record_->order.spec.function_name, value.nested.size(),
                    lane::batch_bytes_max / 32)));
  } catch (const ray::error& problem) {
    value = failed_value(encode_failure(problem.code(), problem.message()));
  } catch (const std::exception& problem) {
    value = failed_value(
      encode_failure(ray::errc::task_error, problem.what()));
  }
  send(std::move(value));
  // Only now may the references of the result go: they are counted already.
  result.nested.clear();
}

std::stop_token attempt::stop() const {
  return record_->token();
}

void attempt::send(object_value&& value) noexcept {
  using namespace std::chrono;
  task_result record;
  record.task = record_->order.spec.id;
  record.attempt = record_->order.attempt;
  record.value = std::move(value);
  record.times.started_us
    = duration_cast<microseconds>(started_.time_since_epoch()).count();
  record.times.duration_us
    = duration_cast<microseconds>(steady_clock::now() - began_).count();
  // The executor flushes before long; another thread may not come again.
  const bool on_executor = frame_of_thread() != nullptr;
  process_.out().add(std::move(record),
                     on_executor ? push::lazy : push::soon);
}

} // namespace rayd
