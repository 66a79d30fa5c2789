#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rayd {

/// Printable on any terminal: bytes that are no UTF-8 become U+FFFD, control
/// characters but tabs become "\x1b" and the like.
std::string harmless(std::string_view bytes);

/// What a line_cutter keeps.
struct line_limits {
  std::size_t line_bytes = 4096;     ///< Of one line; the rest is counted.
  std::size_t text_bytes = 64 << 10; ///< That nobody has taken yet.
  std::size_t last_lines = 0; ///< Kept for last(), of last_line_bytes each.
  std::size_t last_line_bytes = 500;
};

// Cuts a stream of bytes into lines that can be shown: harmless, of bounded
// length, and no more than bounded memory holds until somebody takes them. A
// line that finds no room is counted. No clock, no file: times come in.
class line_cutter {
public:
  explicit line_cutter(line_limits limits = {}) : limits_(limits) {}

  /// *bytes* were read at *now*.
  void feed(std::string_view bytes, std::int64_t now);

  /// The stream has ended: what stands after the last newline is a line, too.
  void finish(std::int64_t now);

  struct lines {
    std::uint64_t left_out = 0; ///< Before the text.
    std::uint64_t count = 0;    ///< In the text.
    std::int64_t read = 0;      ///< When the first one was read.
    std::string text;           ///< Each with its newline.

    bool empty() const noexcept { return left_out == 0 && count == 0; }
  };

  /// All lines since the last take().
  lines take();

  bool has_lines() const noexcept { return !lines_.empty() || late_ > 0; }

  /// True when the next line finds no room.
  bool full() const noexcept {
    return lines_.text.size() >= limits_.text_bytes;
  }

  struct timed_line {
    std::int64_t read = 0;
    std::string text;
  };

  /// The last lines, oldest first, taken or not.
  std::vector<timed_line> last() const;

private:
  void end_line(std::string_view rest, std::int64_t now);

  line_limits limits_;
  lines lines_;
  std::string begun_;          ///< Of a line without its newline yet.
  std::uint64_t begun_more_ = 0; ///< Bytes of it beyond line_bytes.
  std::uint64_t late_ = 0; ///< Left out after the text.
  std::vector<timed_line> ring_;
  std::size_t ring_next_ = 0;
};

} // namespace rayd
