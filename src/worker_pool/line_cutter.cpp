#include "worker_pool/line_cutter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rayd {

namespace {

/// Length of the UTF-8 character at the begin of *at*; 0: there is none.
std::size_t character_length(std::string_view at) {
  const auto byte = [&](std::size_t i) {
    return static_cast<unsigned char>(at[i]);
  };
  const auto first = byte(0);
  if (first < 0x80)
    return 1;
  const std::size_t length = first >= 0xc2 && first < 0xe0   ? 2
                             : first >= 0xe0 && first < 0xf0 ? 3
                             : first >= 0xf0 && first < 0xf5 ? 4
                                                             : 0;
  if (length == 0 || at.size() < length)
    return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0) != 0x80)
      return 0;
  // Longer than needed, surrogates, beyond the last code point; and the
  // controls of Latin-1.
  if ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f)
      || (first == 0xf0 && byte(1) < 0x90)
      || (first == 0xf4 && byte(1) > 0x8f) || (first == 0xc2 && byte(1) < 0xa0))
    return 0;
  return length;
}

bool is_plain(char c) {
  return (c >= 0x20 && c < 0x7f) || c == '\t';
}

} // namespace

std::string harmless(std::string_view bytes) {
  if (std::all_of(bytes.begin(), bytes.end(), is_plain))
    return std::string{bytes};
  std::string out;
  out.reserve(bytes.size() + 16);
  while (!bytes.empty()) {
    const auto length = character_length(bytes);
    if (length == 0)
      out += "\uFFFD";
    else if (length == 1 && !is_plain(bytes[0]))
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(bytes[0]));
    else
      out += bytes.substr(0, length);
    bytes.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

void line_cutter::feed(std::string_view bytes, std::int64_t now) {
  while (!bytes.empty()) {
    const auto end = bytes.find('\n');
    if (end == std::string_view::npos) {
      const auto room = limits_.line_bytes - begun_.size();
      const auto kept = std::min(room, bytes.size());
      begun_ += bytes.substr(0, kept);
      begun_more_ += bytes.size() - kept;
      return;
    }
    end_line(bytes.substr(0, end), now);
    bytes.remove_prefix(end + 1);
  }
}

void line_cutter::finish(std::int64_t now) {
  if (!begun_.empty())
    end_line({}, now);
}

void line_cutter::end_line(std::string_view rest, std::int64_t now) {
  // A flood costs no more than looking for its newlines.
  if (full() && limits_.last_lines == 0) {
    ++late_;
    begun_.clear();
    begun_more_ = 0;
    return;
  }
  const auto kept = std::min(limits_.line_bytes - begun_.size(), rest.size());
  begun_ += rest.substr(0, kept);
  begun_more_ += rest.size() - kept;
  if (begun_more_ == 0 && begun_.ends_with('\r'))
    begun_.pop_back();
  auto line = harmless(begun_);
  if (begun_more_ > 0)
    line += fmt::format(" ... {} bytes more", begun_more_);
  begun_.clear();
  begun_more_ = 0;
  if (limits_.last_lines > 0) {
    timed_line kept_line{now, line.substr(0, limits_.last_line_bytes)};
    if (ring_.size() < limits_.last_lines)
      ring_.push_back(std::move(kept_line));
    else
      ring_[ring_next_] = std::move(kept_line);
    ring_next_ = (ring_next_ + 1) % limits_.last_lines;
  }
  if (full()) {
    ++late_;
    return;
  }
  if (lines_.count++ == 0)
    lines_.read = now;
  lines_.text += line;
  lines_.text += '\n';
}

line_cutter::lines line_cutter::take() {
  auto taken = std::exchange(lines_, {});
  lines_.left_out = std::exchange(late_, 0);
  return taken;
}

std::vector<line_cutter::timed_line> line_cutter::last() const {
  auto all = ring_;
  if (all.size() == limits_.last_lines && !all.empty())
    std::rotate(all.begin(),
                all.begin() + static_cast<std::ptrdiff_t>(ring_next_),
                all.end());
  return all;
}

} // namespace rayd
