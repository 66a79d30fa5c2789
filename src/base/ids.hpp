#pragma once

#include <ray/detail/object_id.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rayd {

using ray::detail::object_id;

/// Registration of a node with the head: unique for the life of a cluster,
/// never reused, so a node that comes back has another one. 0: none.
using node_index = std::uint32_t;

/// Number of a job, given by the head. 0: none.
using job_number = std::uint32_t;

/// Detached actors, and what they start, belong to a job of their own beside
/// that of the driver: it runs the same program and does not end with it.
inline constexpr job_number detached_bit = 0x400000;

constexpr bool is_detached(job_number job) noexcept {
  return (job & detached_bit) != 0 && job < 2 * detached_bit;
}

constexpr job_number detached_job(job_number job) noexcept {
  return job | detached_bit;
}

/// The driver's job beside which *job* is; *job* itself if it is no such one.
constexpr job_number driver_job(job_number job) noexcept {
  return is_detached(job) ? job & ~detached_bit : job;
}

/// 32 lowercase hexadecimal digits.
std::string to_string(const object_id& id);

/// The inverse of to_string; nothing when *text* is not 32 hex digits.
std::optional<object_id> parse_object_id(std::string_view text);

/// The id of the *counter*-th child (task, put or actor) of *parent*, as made
/// in *job* on *home*. The same arguments give the same id.
object_id child_id(const object_id& parent, std::uint64_t counter,
                   node_index home, job_number job) noexcept;

/// The id that stands for a job's driver as the parent of its first tasks.
object_id root_id(node_index home, job_number job) noexcept;

/// How people and records name a node: "n7".
std::string node_name(node_index index);

/// How people and records name a job: "j3", "j3d" what it left detached.
std::string job_name(job_number number);

} // namespace rayd
