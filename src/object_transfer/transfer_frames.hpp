#pragma once

#include "base/ids.hpp"

#include <array>
#include <cstdint>
#include <cstring>

namespace rayd {

// The two frames of a bulk connection, of fixed size, little endian as every
// machine that rayd runs on. A connection carries one question after the
// other; object bytes follow a found answer. A busy one says that the holder
// lives and is at it, so that the asker's patience begins anew.

/// Give me the object from this byte on; or, with program_magic, file number
/// *lo* of job *hi*: 0 is the manifest (program_manifest.hpp), 1 the program,
/// and so on as the manifest lists them.
struct transfer_question {
  static constexpr std::uint32_t magic = 0x4b4c4252;         // "RBLK"
  static constexpr std::uint32_t program_magic = 0x47525052; // "RPRG"

  std::uint32_t mark = magic;
  std::uint32_t reserved = 0;
  std::uint64_t hi = 0;
  std::uint64_t lo = 0;
  std::uint64_t offset = 0;
};

enum class transfer_state : std::uint32_t {
  absent, ///< It is not here.
  found,  ///< The bytes from the offset on follow.
  busy,   ///< It comes back from disk; another answer follows.
  kept,   ///< It is on disk here, and there is no room to bring it back now.
};

/// What of the question is here, and the size of the whole when it is found.
struct transfer_answer {
  static constexpr std::uint32_t magic = 0x41424b52;

  std::uint32_t mark = magic;
  transfer_state state = transfer_state::absent;
  std::uint64_t size = 0;
};

static_assert(sizeof(transfer_question) == 32);
static_assert(sizeof(transfer_answer) == 16);

inline constexpr std::size_t transfer_chunk_bytes = 1 << 20;

} // namespace rayd
