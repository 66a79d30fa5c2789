#pragma once

#include <span>
#include <string_view>

namespace rayd {

/// A part of the pages as it travels: compressed with gzip when building
/// (cmake/pages.cmake), and part of the program.
struct asset {
  std::string_view path; ///< "/app.js"
  std::string_view type; ///< "text/javascript; charset=utf-8"
  std::span<const char> gzip;
  std::span<const char> plain; ///< For the file that `rayd report` writes.
};

/// All of them.
std::span<const asset> all_assets();

/// The one at *path*, or nullptr.
inline const asset* find_asset(std::string_view path) {
  for (const auto& one : all_assets())
    if (one.path == path)
      return &one;
  return nullptr;
}

} // namespace rayd
