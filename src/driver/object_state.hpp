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

namespace rayd {

class object_table;

/// What a process knows of an object. It only moves forward.
enum class object_phase : std::uint8_t {
  pending, ///< Not there yet, or nobody asked.
  remote,  ///< There, but stored on another node.
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

  object_phase phase() const noexcept {
    return phase_.load(std::memory_order_acquire);
  }

  /// The value or failure. @pre phase() is value or failure.
  std::span<const std::byte> bytes() const noexcept { return bytes_; }

  // -- under the lock of its shard, or before the table knows it --------------

  /// A value that lies in the arena.
  void set_stored(std::span<const std::byte> bytes) noexcept;

  /// A value or failure that came in a message; copied, aligned to 64.
  void set_inline(object_phase now, std::string_view bytes);
  void set_remote() noexcept { phase_ = object_phase::remote; }

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

  void last_copy_gone() noexcept override;

  object_table& table_;
  std::atomic<object_phase> phase_{object_phase::pending};
  std::span<const std::byte> bytes_;
  std::unique_ptr<std::byte[], aligned_delete> kept_;
};

} // namespace rayd
