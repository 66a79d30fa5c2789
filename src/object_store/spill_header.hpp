#pragma once

#include "base/ids.hpp"
#include "base/result.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace rayd {

/// What a spill file says of itself before the object's bytes.
struct spill_header {
  object_id object;
  std::uint64_t size = 0;     ///< Of the object.
  std::uint64_t checksum = 0; ///< XXH3 of its bytes.

  friend bool operator==(const spill_header&, const spill_header&) = default;
};

inline constexpr std::size_t spill_header_bytes = 64;

/// With magic, version and a checksum of its own.
std::array<std::byte, spill_header_bytes>
encode_spill_header(const spill_header& header);

/// Believes nothing: any *bytes* are read or refused.
/// @error object_lost  With what is wrong.
result<spill_header> parse_spill_header(std::span<const std::byte> bytes);

/// The checksum that spill_header carries.
std::uint64_t spill_checksum(std::span<const std::byte> bytes) noexcept;

} // namespace rayd
