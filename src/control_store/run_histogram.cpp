#include "control_store/run_histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace rayd {

namespace {

/// Up to 15 exactly; then the highest four bits of the number.
std::size_t bucket_of(std::uint64_t micros) {
  if (micros < 16)
    return static_cast<std::size_t>(micros);
  const auto shift = static_cast<unsigned>(std::bit_width(micros)) - 4;
  return 8 * shift + static_cast<std::size_t>(micros >> shift);
}

/// The largest number of a bucket.
std::int64_t top_of(std::size_t bucket) {
  if (bucket < 16)
    return static_cast<std::int64_t>(bucket);
  const auto shift = bucket / 8 - 1;
  const auto high = static_cast<std::uint64_t>(bucket - 8 * shift);
  return static_cast<std::int64_t>(((high + 1) << shift) - 1);
}

} // namespace

void run_histogram::add(std::int64_t micros) noexcept {
  const auto at = bucket_of(static_cast<std::uint64_t>(
    std::max<std::int64_t>(micros, 0)));
  ++buckets_[std::min(at, buckets_.size() - 1)];
  ++count_;
}

std::int64_t run_histogram::quantile(double share) const noexcept {
  const auto wanted = static_cast<std::uint64_t>(
    std::ceil(share * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= wanted && seen > 0)
      return top_of(i);
  }
  return 0;
}

} // namespace rayd
