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

/// The inverse: where the session's Redis is or was.
/// @error connection_failed  There is no control store in this folder.
result<redis_place> read_place(const std::string& session_dir);

} // namespace rayd
