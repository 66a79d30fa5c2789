#pragma once

#include "base/ids.hpp"
#include "base/resources.hpp"
#include "wire/task.hpp"

#include <atomic>
#include <cstdint>
#include <memory>

namespace rayd {

/// An actor that lives in this process.
struct actor_life {
  object_id id;
  resource_set resources; ///< While it lives.
  bool restarts = false;  ///< After this life comes another one.
  std::int32_t life = 0;  ///< Times that it was restarted.
  bool durable = false;   ///< Each life begins where the last one ended.
  /// In a shared process: the node hears that the actor is gone when nobody
  /// has this any more, which is while something of it runs.
  std::shared_ptr<void> presence;
};

actor_life actor_made_by(const task_spec& creation, std::int32_t attempt);

/// On whose behalf a thread submits and puts: the running task, or the
/// program's main part. The n-th child of a frame has the same id in every
/// attempt.
struct task_frame {
  object_id parent;                ///< Of its children: its own id.
  object_id task;                  ///< Empty outside of tasks.
  std::uint16_t depth = 0;
  std::int32_t attempt = 0;
  const task_spec* spec = nullptr; ///< While the task runs.
  const actor_life* actor = nullptr; ///< In a shared process: whose code runs.
  std::atomic<std::uint64_t> children{0};

  /// The next child's id.
  object_id next_child(node_index home, job_number job) noexcept {
    return child_id(parent, ++children, home, job);
  }

  /// The next id for a put: never an earlier attempt's, whose object may
  /// still lie in the store.
  object_id next_put(node_index home, job_number job) noexcept {
    const auto attempt_bits = static_cast<std::uint64_t>(attempt) << 40;
    return child_id(parent, ++children | attempt_bits, home, job);
  }

  /// Space that the store gave for the task's result, asked for under the
  /// task's own id; at most once.
  std::atomic<bool> asked_for_result{false};
};

/// The frame of the calling thread; null: the process's.
task_frame* frame_of_thread() noexcept;
void set_frame_of_thread(task_frame* frame) noexcept;

} // namespace rayd
