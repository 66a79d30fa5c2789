#pragma once

/// Aborts with the condition and its place: for broken invariants of our own,
/// never for what a user, a file or another process sent.
#define RAYD_CHECK(condition)                                                  \
  ((condition) ? void() : ::rayd::check_failed(#condition, __FILE__, __LINE__))

namespace rayd {

[[noreturn]] void check_failed(const char* condition, const char* file,
                               int line) noexcept;

} // namespace rayd
