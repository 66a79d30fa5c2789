// get, wait and watch without a cluster: all but what behaviours still owe is
// there.

#include "driver/inline_runtime.hpp"

#include <ray/errors.hpp>

#include <utility>

namespace rayd {

using ray::detail::object_handle;
using ray::detail::stored_value;

using ray::detail::deadline;
using ray::detail::no_deadline;

namespace {

inline_object& state_of(const object_handle& handle) {
  return static_cast<inline_object&>(*handle.get());
}

} // namespace

std::vector<stored_value>
inline_runtime::get(std::span<const object_handle> objects, deadline until) {
  require_open();
  std::unique_lock guard{lock_};
  const auto settled = [&] {
    bool all = true;
    for (const auto& object : objects) {
      const auto what = state_of(object).value.what;
      if (what == stored_value::kind::failure || ended_)
        return true;
      all = all && what != stored_value::kind::missing;
    }
    return all;
  };
  if (until == no_deadline)
    changed_.wait(guard, settled);
  else
    changed_.wait_until(guard, until, settled);
  std::vector<stored_value> values;
  for (const auto& object : objects) {
    values.push_back(state_of(object).value);
    // The bytes live at least as long as the object.
    values.back().pin = std::make_shared<
      std::pair<object_handle, std::shared_ptr<const void>>>(
      object, values.back().pin);
  }
  return values;
}

std::vector<bool> inline_runtime::wait(std::span<const object_handle> objects,
                                       std::size_t count, deadline until) {
  require_open();
  std::unique_lock guard{lock_};
  std::vector<bool> there(objects.size());
  const auto enough = [&] {
    std::size_t found = 0;
    for (std::size_t i = 0; i < objects.size(); ++i) {
      there[i]
        = state_of(objects[i]).value.what != stored_value::kind::missing;
      found += there[i] ? 1 : 0;
    }
    return found >= count || ended_;
  };
  if (until == no_deadline)
    changed_.wait(guard, enough);
  else
    changed_.wait_until(guard, until, enough);
  return there;
}

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
    return state_of(object).value.what != stored_value::kind::missing;
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
