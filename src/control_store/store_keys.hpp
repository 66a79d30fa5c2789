#pragma once

#include "base/ids.hpp"
#include "control_store/redis_link.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What the keys of the store look like: rayd:node:n1, rayd:job:j1,
// rayd:actor:ID, rayd:actor-name:NAME, rayd:tasks:NODE:N, rayd:objects:NODE:N,
// and for the store itself rayd:cluster, rayd:epoch, rayd:next-node,
// rayd:next-job, rayd:dropped.

namespace rayd {

/// The key of a block of records, taken apart.
struct block_key {
  std::string key;
  bool tasks = true; ///< Else objects.
  node_index home = 0;
  std::uint64_t number = 0;
};

/// Nothing for keys of other things.
std::optional<block_key> parse_block_key(const std::string& key);

/// A node, a job or an actor.
bool is_entity_key(std::string_view key) noexcept;

/// 0 for what is no decimal number.
std::uint64_t parse_number(std::string_view text) noexcept;

/// Every key that begins with "rayd:", sorted.
/// @error connection_failed  As redis_link::call.
result<std::vector<std::string>> all_keys(redis_link& link,
                                          std::chrono::milliseconds patience);

} // namespace rayd
