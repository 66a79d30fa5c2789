#include "worker_pool/log_reader.hpp"

#include "transport/owned_fd.hpp"
#include "worker_pool/line_cutter.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace rayd {

namespace {

/// Up to *size* bytes from *offset* on, of the one part that holds it.
std::string read_part(const log_extent& log, std::uint64_t offset,
                      std::uint64_t size) {
  // The newest part is whatever is left beyond the full ones.
  const auto full = log.file_bytes == 0 || log.written == 0
                      ? 0
                      : (log.written - 1) / log.file_bytes * log.file_bytes;
  auto path = log.path;
  auto start = full;
  if (offset < full) {
    const auto back = (full - offset + log.file_bytes - 1) / log.file_bytes;
    path += fmt::format(".{}", back);
    start = full - back * log.file_bytes;
    size = std::min(size, start + log.file_bytes - offset);
  }
  const owned_fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  std::string bytes(size, '\0');
  const auto n = file ? ::pread(file.get(), bytes.data(), bytes.size(),
                                static_cast<off_t>(offset - start))
                      : -1;
  bytes.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return bytes;
}

std::string read_range(const log_extent& log, std::uint64_t from,
                       std::uint64_t to) {
  std::string all;
  while (from < to) {
    const auto bytes = read_part(log, from, to - from);
    if (bytes.empty())
      break;
    all += bytes;
    from += bytes.size();
  }
  return all;
}

std::string harmless_lines(std::string_view bytes) {
  std::string text;
  while (!bytes.empty()) {
    const auto end = bytes.find('\n');
    text += harmless(bytes.substr(0, end));
    if (end == std::string_view::npos)
      break;
    text += '\n';
    bytes.remove_prefix(end + 1);
  }
  return text;
}

/// Where the last *lines* lines of *bytes* begin.
std::size_t begin_of_last(std::string_view bytes, std::uint64_t lines) {
  auto at = bytes.size();
  if (at > 0 && bytes[at - 1] == '\n')
    --at;
  for (; lines > 0; --lines) {
    const auto end = at == 0 ? std::string_view::npos
                             : bytes.rfind('\n', at - 1);
    if (end == std::string_view::npos)
      return 0;
    if (lines == 1)
      return end + 1;
    at = end;
  }
  return bytes.size();
}

} // namespace

log_page read_page(const log_extent& log, const log_wish& wish) {
  const auto limit = std::clamp<std::uint64_t>(wish.limit, 1, log_page_max);
  const auto first = log.written - std::min(log.kept, log.written);
  if (wish.tail) {
    const auto from = std::max(
      first, log.written - std::min<std::uint64_t>(limit, log.written));
    const auto bytes = read_range(log, from, log.written);
    const auto begin = begin_of_last(bytes, *wish.tail);
    return {harmless_lines(std::string_view{bytes}.substr(begin)),
            from + bytes.size(), false};
  }
  const auto from = std::clamp(wish.offset, first, log.written);
  auto bytes = read_range(log, from, std::min(log.written, from + limit));
  log_page page;
  page.more = from + bytes.size() < log.written && !bytes.empty();
  if (page.more)
    if (const auto end = bytes.rfind('\n'); end != std::string::npos)
      bytes.resize(end + 1);
  page.next = from + bytes.size();
  page.text = harmless_lines(bytes);
  return page;
}

void read_ended_log(const std::string& path, std::optional<std::uint64_t> tail,
                    const std::function<void(const std::string&)>& show) {
  std::error_code error;
  const auto bytes_of = [&](const std::string& file) {
    const auto bytes = std::filesystem::file_size(file, error);
    return error ? std::uint64_t{0} : bytes;
  };
  log_extent log{path, bytes_of(path), 0, 0};
  // All older parts are of one size, or log_file would not have made the next.
  for (int i = 1; std::filesystem::exists(fmt::format("{}.{}", path, i), error);
       ++i) {
    log.file_bytes = bytes_of(fmt::format("{}.{}", path, i));
    log.written += log.file_bytes;
  }
  log.kept = log.written;
  log_wish wish;
  wish.tail = tail;
  for (bool more = true; more;) {
    const auto page = read_page(log, wish);
    show(page.text);
    more = page.more && page.next > wish.offset;
    wish.offset = page.next;
  }
}

} // namespace rayd
