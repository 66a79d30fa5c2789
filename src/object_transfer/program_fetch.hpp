#pragma once

#include "base/result.hpp"
#include "transport/stream.hpp"
#include "wire/worker_messages.hpp"

#include <chrono>

namespace rayd {

/// Reads the program of *wanted* and its libraries from its home over
/// *channel* into a folder named by their content below wanted.folder, unless
/// it is there already, verifies each file, and asks whether this machine can
/// execute it. After an error the channel is of no use.
/// @error worker_died        The home has no such program, or it cannot run.
/// @error connection_failed  The home is gone, or sent something else.
result<program_fetched> fetch_program_files(const fetch_program& wanted,
                                            stream& channel,
                                            std::chrono::milliseconds patience);

} // namespace rayd
