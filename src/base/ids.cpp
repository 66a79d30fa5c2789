#include "base/ids.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <array>
#include <charconv>

namespace rayd {

namespace {

object_id make_id(node_index home, job_number job, XXH128_hash_t hash) {
  return {(std::uint64_t{home} << 40) | (std::uint64_t{job} << 16)
            | (hash.high64 & 0xffff),
          hash.low64};
}

} // namespace

std::string to_string(const object_id& id) {
  return fmt::format("{:016x}{:016x}", id.hi, id.lo);
}

std::optional<object_id> parse_object_id(std::string_view text) {
  if (text.size() != 32)
    return std::nullopt;
  const auto half = [&](std::size_t from) -> std::optional<std::uint64_t> {
    std::uint64_t value = 0;
    const char* first = text.data() + from;
    const auto parsed = std::from_chars(first, first + 16, value, 16);
    if (parsed.ec != std::errc{} || parsed.ptr != first + 16)
      return std::nullopt;
    return value;
  };
  const auto hi = half(0);
  const auto lo = half(16);
  if (!hi || !lo)
    return std::nullopt;
  return object_id{*hi, *lo};
}

object_id child_id(const object_id& parent, std::uint64_t counter,
                   node_index home, job_number job) noexcept {
  // The parent's home is left out: when the parent runs again elsewhere, its
  // children differ from the first ones in their home only.
  const std::array<std::uint64_t, 3> seed{parent.hi & 0xffffffffff, parent.lo,
                                          counter};
  return make_id(home, job, XXH3_128bits(seed.data(), sizeof(seed)));
}

object_id root_id(node_index home, job_number job) noexcept {
  return {(std::uint64_t{home} << 40) | (std::uint64_t{job} << 16), 1};
}

std::string node_name(node_index index) {
  return fmt::format("n{}", index);
}

std::string job_name(job_number number) {
  return fmt::format("j{}{}", driver_job(number),
                     is_detached(number) ? "d" : "");
}

} // namespace rayd
