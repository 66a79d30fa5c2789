#pragma once

#include <cstddef>

namespace rayd {

/// From this size on copy_in() writes past the caches.
inline constexpr std::size_t streaming_from = 256u << 10;

/// From this size on copy_in() may use a second thread.
inline constexpr std::size_t two_threads_from = 64u << 20;

/// Copies *size* bytes into an arena; the ranges must not overlap. When it
/// returns, the bytes may be announced to other processes.
/// @param threads 1 or 2: two are used from two_threads_from on when this
///                process may run on more than one core.
void copy_in(std::byte* to, const void* from, std::size_t size,
             unsigned threads = 2);

} // namespace rayd
