#pragma once

#include "base/result.hpp"
#include "wire/lane_records.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rayd {

/// Limits of one batch: bytes of the whole message, and records.
inline constexpr std::size_t batch_bytes_max = std::size_t{64} << 20;
inline constexpr std::size_t batch_records_max = 1 << 20;

/// One Cap'n Proto message with *records* in their order.
std::string encode_batch(std::span<const lane_record> records);

/// The inverse. Bytes from another process: whatever is wrong with them gives
/// a failure (connection_failed) that says what, and never more memory than
/// a small multiple of their size.
result<std::vector<lane_record>> decode_batch(std::string_view bytes);

/// About how many bytes *record* adds to a batch.
std::size_t encoded_size(const lane_record& record);

} // namespace rayd
