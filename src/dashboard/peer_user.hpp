#pragma once

#include <optional>
#include <string_view>

#include <sys/types.h>

namespace rayd {

/// The user of the process at the other end of a TCP connection within this
/// machine, as the kernel says in the 20 us or so of one question; nothing for
/// a connection from elsewhere, and once that process has closed its end.
/// @param connection  The descriptor of our end; stays the caller's.
std::optional<uid_t> user_at_other_end(int connection);

/// It is our own user, or root.
bool is_own_peer(int connection);

/// The same out of the text of /proc/net/tcp or tcp6, of kernels that cannot be
/// asked for one connection: there it takes milliseconds.
/// @param theirs, ours  As the kernel writes them, "0100007F:1F90".
std::optional<uid_t> user_of_connection(std::string_view table,
                                        std::string_view theirs,
                                        std::string_view ours);

} // namespace rayd
