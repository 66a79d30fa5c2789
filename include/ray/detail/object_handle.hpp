#pragma once

#include <ray/detail/object_id.hpp>

#include <atomic>
#include <cstdint>
#include <utility>

namespace ray::detail {

/// One object (or actor) as this process knows it. The runtime derives from
/// it, so that what it remembers of the object is found without a look-up.
/// It starts with one copy, which the object_handle of the runtime's answer
/// takes over.
class local_object {
public:
  local_object(const local_object&) = delete;
  local_object& operator=(const local_object&) = delete;

  const object_id& id() const noexcept { return id_; }

  void add_copy() noexcept { uses_.fetch_add(1, std::memory_order_relaxed); }

  /// For a table that finds this object again: false when its last copy is
  /// gone already, then the object must not be handed out any more.
  bool try_add_copy() noexcept {
    auto seen = uses_.load(std::memory_order_relaxed);
    while ((seen & copies) != 0)
      if (uses_.compare_exchange_weak(seen, seen + 1,
                                      std::memory_order_relaxed))
        return true;
    return false;
  }

  void drop_copy() noexcept {
    if ((uses_.fetch_sub(1, std::memory_order_acq_rel) & copies) == 1)
      last_copy_gone();
  }

protected:
  explicit local_object(const object_id& id) noexcept : id_(id) {}
  ~local_object() = default;

  // A view is a copy of somebody who looks at the bytes, so that they must
  // stay where they are. One word counts both, so that a view costs what a
  // copy costs.

  /// Also orders it before all that the thread reads next.
  void add_view_and_copy() noexcept { uses_.fetch_add(view + 1); }

  /// @returns True when it was the last view and someone waits for that
  /// (see watch_views); *this may be gone in any case.
  bool drop_view_and_copy() noexcept {
    const auto before = uses_.fetch_sub(view + 1, std::memory_order_acq_rel);
    if ((before & copies) == 1)
      last_copy_gone();
    return (before & watched) != 0 && (before & views) == view;
  }

  /// @returns Whether there are views; then the last one's end is told, once.
  bool watch_views() noexcept {
    return (uses_.fetch_or(watched) & views) != 0;
  }
  void forget_watch() noexcept { uses_.fetch_and(~watched); }

private:
  /// Gives the reference back and usually deletes *this. Also runs when the
  /// session has ended before.
  virtual void last_copy_gone() noexcept = 0;

  static constexpr std::uint64_t view = std::uint64_t{1} << 32;
  static constexpr std::uint64_t copies = view - 1;
  static constexpr std::uint64_t watched = std::uint64_t{1} << 63;
  static constexpr std::uint64_t views = ~copies & ~watched;

  const object_id id_;
  std::atomic<std::uint64_t> uses_{1};
};

/// Holds one copy of a local_object; empty when default-constructed. Copying
/// is one atomic increment.
class object_handle {
public:
  object_handle() noexcept = default;

  /// Takes over the copy that *object* was made or retained with.
  explicit object_handle(local_object* object) noexcept : object_(object) {}

  object_handle(const object_handle& other) noexcept : object_(other.object_) {
    if (object_ != nullptr)
      object_->add_copy();
  }

  object_handle(object_handle&& other) noexcept
    : object_(std::exchange(other.object_, nullptr)) {}

  object_handle& operator=(object_handle other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }

  ~object_handle() {
    if (object_ != nullptr)
      object_->drop_copy();
  }

  explicit operator bool() const noexcept { return object_ != nullptr; }

  local_object* get() const noexcept { return object_; }

  /// The empty id for an empty handle.
  object_id id() const noexcept {
    return object_ != nullptr ? object_->id() : object_id{};
  }

private:
  local_object* object_ = nullptr;
};

} // namespace ray::detail
