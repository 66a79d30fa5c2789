#pragma once

#include "base/result.hpp"
#include "control_store/redis_link.hpp"

#include <string>

// The store's files below a session folder, for the store itself and for those
// who read them later.

namespace rayd {

/// "SESSION/control".
std::string control_folder(const std::string& session_dir);

/// Makes the folder (0700) and writes `password` and, for a Redis elsewhere,
/// `address` there (0600).
/// @error connection_failed  Names the file and why.
status write_place(const redis_place& place);

/// True for the name of Redis's log: a folder (Redis 7) or one file (before).
bool is_redis_log(const std::string& name) noexcept;

/// The inverse: where the session's Redis is or was. Of a session that has
/// ended the log stays and the password goes: it is "" then.
/// @error connection_failed  There is no control store in this folder.
result<redis_place> read_place(const std::string& session_dir);

} // namespace rayd
