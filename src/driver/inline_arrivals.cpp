// watch without a cluster: all but what behaviours still owe is there.

#include "driver/inline_runtime.hpp"

#include <ray/errors.hpp>

#include <utility>

namespace rayd {

using ray::detail::object_handle;
using ray::detail::stored_value;

class inline_arrivals final : public ray::detail::arrivals {
public:
  inline_arrivals(std::shared_ptr<inline_runtime> owner,
                  std::vector<object_handle> objects)
    : owner_(std::move(owner)), objects_(std::move(objects)) {}

  std::size_t next() override {
    std::unique_lock guard{owner_->lock_};
    std::size_t found = objects_.size();
    owner_->changed_.wait(guard, [&] {
      for (found = 0; found < objects_.size(); ++found)
        if (objects_[found] && is_there(objects_[found]))
          break;
      return found < objects_.size() || owner_->ended_;
    });
    if (found == objects_.size())
      throw ray::connection_failed(
        "the session has ended: call ray::init again");
    const auto told = std::exchange(objects_[found], {});
    guard.unlock(); // The last reference may end an actor.
    return found;
  }

private:
  static bool is_there(const object_handle& object) {
    const auto& state = static_cast<const inline_object&>(*object.get());
    return state.value.what != stored_value::kind::missing;
  }

  std::shared_ptr<inline_runtime> owner_;
  std::vector<object_handle> objects_; ///< Empty: told.
};

std::unique_ptr<ray::detail::arrivals>
inline_runtime::watch(std::vector<object_handle> objects) {
  require_open();
  return std::make_unique<inline_arrivals>(shared_from_this(),
                                           std::move(objects));
}

} // namespace rayd
