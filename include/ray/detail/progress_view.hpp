#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace ray::detail {

/// Shows on standard error how many of several things are done.
class progress_view {
public:
  virtual ~progress_view() = default;

  /// A bar on a terminal, lines elsewhere. Nothing is shown when it cannot be
  /// written.
  static std::unique_ptr<progress_view> make(std::string_view label,
                                             std::size_t total);

  /// @pre *done* <= total, and more than before.
  virtual void show(std::size_t done) = 0;
};

} // namespace ray::detail
