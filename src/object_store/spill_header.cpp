#include "object_store/spill_header.hpp"

#include <fmt/format.h>

#include <xxhash.h>

#include <cstring>

namespace rayd {

namespace {

constexpr std::uint64_t magic = 0x6c6c'6970'7364'7961; // "aydspill"
constexpr std::uint32_t version = 1;

/// As it stands in the file, in the byte order of the machine that reads it.
struct layout {
  std::uint64_t mark = magic;
  std::uint32_t version = rayd::version;
  std::uint32_t header_bytes = spill_header_bytes;
  std::uint64_t hi = 0;
  std::uint64_t lo = 0;
  std::uint64_t size = 0;
  std::uint64_t checksum = 0;
  std::uint64_t zero = 0;
  std::uint64_t own_checksum = 0; ///< Of all above.
};
static_assert(sizeof(layout) == spill_header_bytes);

std::uint64_t checksum_of(const layout& x) {
  return XXH3_64bits(&x, offsetof(layout, own_checksum));
}

failure bad(std::string why) {
  return {ray::errc::object_lost, "a spill file is damaged: " + why};
}

} // namespace

std::array<std::byte, spill_header_bytes>
encode_spill_header(const spill_header& header) {
  layout x;
  x.hi = header.object.hi;
  x.lo = header.object.lo;
  x.size = header.size;
  x.checksum = header.checksum;
  x.own_checksum = checksum_of(x);
  std::array<std::byte, spill_header_bytes> bytes;
  std::memcpy(bytes.data(), &x, sizeof(x));
  return bytes;
}

result<spill_header> parse_spill_header(std::span<const std::byte> bytes) {
  layout x;
  if (bytes.size() < sizeof(x))
    return bad(fmt::format("it ends after {} bytes", bytes.size()));
  std::memcpy(&x, bytes.data(), sizeof(x));
  if (x.mark != magic)
    return bad("it does not begin as one");
  if (x.version != version)
    return bad(fmt::format("it has version {}, not {}", x.version, version));
  if (x.header_bytes != spill_header_bytes || x.zero != 0
      || x.own_checksum != checksum_of(x))
    return bad("its header was changed");
  spill_header header;
  header.object = {x.hi, x.lo};
  header.size = x.size;
  header.checksum = x.checksum;
  return header;
}

std::uint64_t spill_checksum(std::span<const std::byte> bytes) noexcept {
  return XXH3_64bits(bytes.data(), bytes.size());
}

} // namespace rayd
