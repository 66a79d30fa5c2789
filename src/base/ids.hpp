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

/// How people and records name a job: "j3".
std::string job_name(job_number number);

} // namespace rayd
