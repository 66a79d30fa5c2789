#pragma once

#include "base/ids.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace rayd {

/// Who reads objects of this node in the arena for other nodes, and who waits
/// until one is back from disk. A reader may end at any time: what it waited
/// for is forgotten, and what it kept in place is told to whoever asks, so
/// that nothing stays pinned for the dead. Bounded by the transfer's
/// connections. No actor, no clock: *Reader* is any value with an order.
template <class Reader>
class reader_book {
public:
  /// *reader* is answered when *object* comes back, or does not.
  void wait(const Reader& reader, const object_id& object) {
    waiting_[object].push_back(reader);
  }

  /// Those who wait for *object*, first come first; they do not any more.
  std::vector<Reader> take_waiting(const object_id& object) {
    auto found = waiting_.extract(object);
    return found ? std::move(found.mapped()) : std::vector<Reader>{};
  }

  /// *object* is pinned for *reader* once more.
  void pinned(const Reader& reader, const object_id& object) {
    pins_[reader].push_back(object);
  }

  /// @returns Whether that was a pin, which is to be taken off now.
  bool done(const Reader& reader, const object_id& object) {
    const auto at = pins_.find(reader);
    if (at == pins_.end())
      return false;
    const auto pin = std::find(at->second.begin(), at->second.end(), object);
    if (pin == at->second.end())
      return false;
    at->second.erase(pin);
    if (at->second.empty())
      pins_.erase(at);
    return true;
  }

  /// It ended. @returns The objects whose pins are to be taken off now.
  std::vector<object_id> gone(const Reader& reader) {
    for (auto at = waiting_.begin(); at != waiting_.end();) {
      std::erase(at->second, reader);
      at = at->second.empty() ? waiting_.erase(at) : std::next(at);
    }
    auto found = pins_.extract(reader);
    return found ? std::move(found.mapped()) : std::vector<object_id>{};
  }

  /// Nobody waits.
  bool empty() const noexcept { return waiting_.empty(); }

private:
  std::map<object_id, std::vector<Reader>> waiting_;
  std::map<Reader, std::vector<object_id>> pins_;
};

} // namespace rayd
