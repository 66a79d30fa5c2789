#include "driver/questions.hpp"

#include <utility>

namespace rayd {

std::uint64_t questions::open() {
  const std::lock_guard guard{lock_};
  open_[++last_];
  return last_;
}

std::optional<answer> questions::wait(std::uint64_t number,
                                      clock::time_point until) {
  std::unique_lock guard{lock_};
  const auto at = open_.find(number);
  const auto over = [&] { return at->second || closed_; };
  if (until == clock::time_point::max())
    changed_.wait(guard, over);
  else
    changed_.wait_until(guard, until, over);
  auto given = std::move(at->second);
  open_.erase(at);
  return given;
}

void questions::give(std::uint64_t number, answer what) {
  const std::lock_guard guard{lock_};
  const auto at = open_.find(number);
  if (at == open_.end())
    return;
  at->second = std::move(what);
  changed_.notify_all();
}

void questions::close() {
  const std::lock_guard guard{lock_};
  closed_ = true;
  changed_.notify_all();
}

} // namespace rayd
