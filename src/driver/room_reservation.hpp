#pragma once

#include "base/extent.hpp"
#include "base/ids.hpp"
#include "driver/object_state.hpp"

#include <ray/detail/runtime.hpp>

#include <atomic>
#include <memory>

namespace rayd {

class client;

/// Room in the arena that user code fills: a piece of the pocket, or space
/// that the node gave for one object.
class room_reservation final : public ray::detail::reservation {
public:
  /// Of the pocket: *object* is empty. *of_result*: it is a task's own id.
  room_reservation(std::shared_ptr<client> owner, extent where,
                   const object_id& object, bool of_result,
                   std::span<std::byte> room)
    : owner_(std::move(owner)),
      where_(where),
      object_(object),
      of_result_(of_result) {
    bytes = room;
  }
  ~room_reservation() override;

  extent where() const noexcept { return where_; }
  bool in_pocket() const noexcept { return !object_; }

  /// As which object the node gave it.
  const object_id& object() const noexcept { return object_; }

  /// Its name is that of a task, whose result alone may have it.
  bool of_result() const noexcept { return of_result_; }

  /// It became an object, which stays and stays in place as long as this.
  void sealed(object_view object) noexcept {
    is_sealed_ = true;
    keeps_ = std::move(object);
  }

  /// It became a task's result, which the node keeps.
  void given_away() noexcept { is_sealed_ = true; }

  /// Another room was filled with a copy and keeps the object.
  void copied(std::shared_ptr<reservation> copy) noexcept {
    copy_ = std::move(copy);
  }

private:
  std::shared_ptr<client> owner_;
  extent where_;
  object_id object_;
  bool of_result_ = false;
  bool is_sealed_ = false;
  object_view keeps_;
  std::shared_ptr<reservation> copy_;
};

} // namespace rayd
