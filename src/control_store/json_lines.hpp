#pragma once

#include "control_store/redis_link.hpp"
#include "wire/records.hpp"

#include <string>
#include <string_view>

// One thing of the store as one JSON line, as `rayd dump` prints it.

namespace rayd {

/// *kind*: "node", "job" or "actor"; *hash* is the answer to HGETALL.
std::string entity_line(std::string_view kind, std::string_view id,
                        const redisReply& hash);

std::string actor_name_line(std::string_view name, std::string_view id);
std::string task_line(const task_record& task);
std::string object_line(const object_record& object);

/// How many of a table a limit removed.
std::string dropped_line(std::string_view table, std::uint64_t count);

/// A value that is no block of records.
std::string damaged_line(std::string_view key, std::string_view reason);

/// "worker_died" and so on; "unknown" for other numbers.
const char* error_name(ray::errc code) noexcept;

} // namespace rayd
