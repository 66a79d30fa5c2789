#pragma once

#include "base/extent.hpp"
#include "base/ids.hpp"
#include "driver/waiter.hpp"
#include "wire/task.hpp"

#include <ray/detail/object_handle.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <utility>

namespace rayd {

class object_table;

/// What a process knows of an object. It only moves forward, but for a value
/// in the arena, which becomes remote when its place is given back.
enum class object_phase : std::uint8_t {
  pending, ///< Not there yet, or nobody asked.
  remote,  ///< There, but nobody told us where, or that it is here.
  value,   ///< `bytes` is the encoded value.
  failure, ///< `bytes` is an encoded failure.
};

/// One object or actor that this process refers to, found by its handles
/// without a look-up and by its id in the object_table.
class object_state final : public ray::detail::local_object {
public:
  object_state(object_table& table, const object_id& id) noexcept
    : local_object(id), table_(table) {}
  ~object_state() = default;

  object_phase phase() const noexcept { return phase_.load(); }

  /// The value or failure. @pre phase() is value or failure, and was so after
  /// an object_view was made, which is still there.
  std::span<const std::byte> bytes() const noexcept { return bytes_; }

  // -- under the lock of its shard, or before the table knows it --------------

  /// A value that lies in the arena.
  void set_stored(std::span<const std::byte> bytes) noexcept;

  /// A value or failure that came in a message; copied, aligned to 64.
  void set_inline(object_phase now, std::string_view bytes);
  void set_remote() noexcept { phase_ = object_phase::remote; }

  /// A failure to bring the object here, which may be tried again.
  bool may_try_again() const noexcept {
    return phase() == object_phase::failure && passing_;
  }
  void set_passing() noexcept { passing_ = true; }

  /// Forgets that failure unless somebody looks at it. Under the lock.
  void try_again() noexcept;

  bool in_arena() const noexcept {
    return phase() == object_phase::value && !kept_;
  }

  /// Forgets where it is unless somebody views it; then the last one of them
  /// tells the table. @pre in_arena() @returns Whether it is forgotten.
  bool give_back() noexcept;

  /// Takes over what *other* knows, for a process that refers to it again.
  void inherit(object_state& other) noexcept;

  object_state* next = nullptr; ///< In the same bucket.
  wait_link* waiting = nullptr;
  bool announced = false; ///< Its submitter hears of it without asking.
  bool wanted = false;    ///< want_objects is on its way.
  bool replaced = false;  ///< Another state stands for the id now.

private:
  struct aligned_delete {
    void operator()(std::byte* bytes) const noexcept {
      ::operator delete[](bytes, std::align_val_t{arena_alignment});
    }
  };

  friend class object_view;

  void last_copy_gone() noexcept override;

  object_table& table_;
  std::atomic<object_phase> phase_{object_phase::pending};
  std::atomic<bool> passing_{false};
  std::span<const std::byte> bytes_;
  std::unique_ptr<std::byte[], aligned_delete> kept_;
};

/// Somebody looks, or is about to look, at the bytes of an object: as long as
/// there is one, an object in the arena stays where it is. No lock.
class object_view {
public:
  object_view() noexcept = default;
  explicit object_view(object_state& of) noexcept : state_(&of) {
    state_->add_view_and_copy();
  }
  object_view(const object_view& other) noexcept : state_(other.state_) {
    if (state_ != nullptr)
      state_->add_view_and_copy();
  }
  object_view(object_view&& other) noexcept
    : state_(std::exchange(other.state_, nullptr)) {}
  object_view& operator=(object_view other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~object_view();

private:
  object_state* state_ = nullptr;
};

} // namespace rayd
