#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace rayd {

/// The files of a job's program: itself, then its private shared libraries.
struct program_manifest {
  struct file {
    std::string name; ///< Without folder: how the loader asks for it.
    std::uint64_t size = 0;
    std::string sha256;
  };
  std::vector<file> files;
};

inline constexpr std::size_t manifest_bytes_max = 256 << 10;

/// JSON.
std::string to_text(const program_manifest& manifest);

/// @error connection_failed  Not a manifest: no file, a name with a folder in
///                           it or twice, a hash that is none.
result<program_manifest> parse_manifest(const std::string& text);

/// Size and hash of the file at *path*, under *name*. Reads all of it, unless
/// it has done so before and the file's device, inode, size and time are the
/// same. Any thread.
/// @error worker_died  It cannot be read.
result<program_manifest::file> describe_file(const std::string& name,
                                             const std::string& path);

/// Whether this machine can execute *program* with its libraries in *folder*.
/// @error worker_died  Another architecture, no loader, or a library that is
///                     missing or too old; the sentence names it.
status can_execute(const std::string& program, const std::string& folder);

} // namespace rayd
