#include "worker/attempt.hpp"

#include "driver/actor_keeper.hpp"
#include "wire/failure_record.hpp"
#include "wire/lane_codec.hpp"

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

std::stop_token attempt_record::token() {
  const std::lock_guard guard{lock_};
  if (!source_)
    source_.emplace();
  if (stopped_)
    source_->request_stop();
  return source_->get_token();
}

void attempt_record::request_stop() {
  std::optional<std::stop_source> told;
  {
    const std::lock_guard guard{lock_};
    stopped_ = true;
    told = source_;
  }
  // Calls what the function registered, which may take the lock.
  if (told)
    told->request_stop();
}

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

/// The state after a call travels before its result.
void attempt::keep_state() {
  if (instance == nullptr || !*instance)
    return;
  const auto& spec = record_->order.spec;
  if (spec.kind == task_kind::actor_creation) {
    try {
      keeper_.made(spec, record_->order.attempt, instance->get());
    } catch (...) {
      instance->reset();
      throw;
    }
  } else if (auto state = keeper_.after_call(instance->get())) {
    process_.out().add(std::move(*state), push::lazy);
  }
}

void attempt::finish(invocation_result&& result) noexcept {
  object_value value;
  try {
    keep_state();
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
  const auto* frame = frame_of_thread();
  const bool on_executor = frame != nullptr && frame->task;
  process_.out().add(std::move(record),
                     on_executor ? push::lazy : push::soon);
}

void run_attempt(client& process, const std::shared_ptr<attempt_record>& record,
                 std::shared_ptr<void>* instance, actor_keeper& keeper,
                 const actor_life* actor) {
  const auto& order = record->order;
  const auto& spec = order.spec;
  record->dependencies.reserve(order.values.size());
  for (std::size_t i = 0; i < order.values.size(); ++i)
    record->dependencies.push_back(process.value_of(
      spec.dependencies.at(i), order.values[i], record));
  task_frame frame;
  frame.parent = spec.id;
  frame.task = spec.id;
  frame.depth = spec.depth;
  frame.attempt = order.attempt;
  frame.spec = &spec;
  frame.actor = actor;
  set_frame_of_thread(&frame);
  auto call = std::make_unique<attempt>(process, record, instance, keeper);
  const auto* entry = ray::detail::function_table::find(
    {spec.function.module, spec.function.offset});
  if (entry != nullptr)
    ray::detail::invoke(*entry, std::move(call));
  else
    call->finish(ray::detail::make_failure(
      ray::errc::wrong_type,
      fmt::format("this worker has no function {} (module {:016x}, offset "
                  "{:#x}): it runs another build of the program than the one "
                  "that called it",
                  spec.function_name, spec.function.module,
                  spec.function.offset)));
  set_frame_of_thread(nullptr);
  // The dependencies point back at the record.
  record->dependencies.clear();
}

void refuse_cancelled(client& process, const attempt_record& call) {
  task_result record;
  record.task = call.order.spec.id;
  record.attempt = call.order.attempt;
  record.value = failed_value(
    encode_failure(ray::errc::cancelled,
                   fmt::format("{} was cancelled",
                               call.order.spec.function_name)));
  process.out().add(std::move(record), push::soon);
}

} // namespace rayd
