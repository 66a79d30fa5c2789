#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace rayd {

/// The output of one process on the disk: PATH and, oldest first, PATH.N to
/// PATH.1 (log_file.hpp). Offsets count from its very first byte.
struct log_extent {
  std::string path;
  std::uint64_t written = 0;    ///< Ever.
  std::uint64_t kept = 0;       ///< Of these the last ones, on the disk.
  std::uint64_t file_bytes = 0; ///< Of each part but PATH; 0: no parts.
};

/// What is wanted of it.
struct log_wish {
  std::uint64_t offset = 0; ///< What is gone already counts as read.
  std::optional<std::uint64_t> tail; ///< Instead: so many last lines.
  std::uint64_t limit = 256 << 10;   ///< Bytes; at most log_page_max.
};

inline constexpr std::uint64_t log_page_max = 1 << 20;

struct log_page {
  std::string text;       ///< Harmless, line by line.
  std::uint64_t next = 0; ///< The offset of what follows.
  bool more = false;      ///< There is something there already.
};

/// Reads it. A page ends with a line where more follows. What cannot be read
/// is left out.
log_page read_page(const log_extent& log, const log_wish& wish);

/// All that is left of the log of a process that has ended, or its *tail* last
/// lines, page by page.
void read_ended_log(const std::string& path, std::optional<std::uint64_t> tail,
                    const std::function<void(const std::string&)>& show);

} // namespace rayd
