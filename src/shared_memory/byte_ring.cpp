#include "shared_memory/byte_ring.hpp"

#include <algorithm>
#include <cstring>

namespace rayd {

std::optional<std::size_t> ring_writer::room() const noexcept {
  const auto used = written_ - counts_.read.load();
  if (used > capacity_)
    return std::nullopt;
  return capacity_ - used;
}

std::size_t ring_writer::write(const char* from, std::size_t size) noexcept {
  size = std::min(size, room().value_or(0));
  const auto at = written_ & (capacity_ - 1);
  const auto first = std::min(size, capacity_ - at);
  std::memcpy(data_ + at, from, first);
  std::memcpy(data_, from + first, size - first);
  written_ += size;
  return size;
}

std::optional<std::size_t> ring_reader::available() const noexcept {
  const auto there = counts_.written.load() - read_;
  if (there > capacity_)
    return std::nullopt;
  return there;
}

void ring_reader::read(char* to, std::size_t size) noexcept {
  const auto at = read_ & (capacity_ - 1);
  const auto first = std::min(size, capacity_ - at);
  std::memcpy(to, data_ + at, first);
  std::memcpy(to + first, data_, size - first);
  read_ += size;
}

} // namespace rayd
