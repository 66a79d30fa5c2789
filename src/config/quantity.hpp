#pragma once

#include "base/result.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace rayd {

/// A host and a port; IPv6 hosts stand in brackets in text: "[::1]:6379".
struct endpoint {
  std::string host;
  std::uint16_t port = 0;

  friend bool operator==(const endpoint&, const endpoint&) = default;
};

/// "HOST:PORT", the inverse of parse_endpoint.
std::string to_string(const endpoint& value);

// Every parser below takes the whole text or fails with code wrong_type and
// half a sentence that begins with the text in quotes and says what is
// expected; the caller puts the option's name before it.

/// Bytes: "4096", "2GiB", "1.5 MB"; units B, KB, MB, GB, TB (powers of 1,000)
/// and KiB, MiB, GiB, TiB (powers of 1,024), in any case; at most 2^62.
result<std::uint64_t> parse_size(std::string_view text);

/// "2 GiB", "1.5 MiB", "100 B": for people, with powers of 1,024.
std::string format_size(std::uint64_t bytes);

/// "500ms", "5s", "1.5s", "2min", "1h", "10us"; a unit is needed; at most
/// 365 days.
result<std::chrono::microseconds> parse_duration(std::string_view text);

/// "2 h 5 min", "3.2 s", "15 ms": for people.
std::string format_duration(std::chrono::microseconds value);

/// A finite number of 0 to one million, with at most four digits after the
/// point: amounts of resources.
result<double> parse_amount(std::string_view text);

/// 0 to 65535.
result<std::uint16_t> parse_port(std::string_view text);

/// "true" or "false".
result<bool> parse_boolean(std::string_view text);

/// "HOST" or "HOST:PORT" or "[IPV6]:PORT". The port is 1 to 65535.
result<endpoint> parse_endpoint(std::string_view text,
                                std::uint16_t default_port);

/// "name=amount,name=amount"; names are 1 to 64 of [A-Za-z0-9_.:/-].
result<std::map<std::string, double>> parse_amounts(std::string_view text);

/// "key=value,key=value"; values are at most 256 bytes and may be empty.
result<std::map<std::string, std::string>> parse_labels(std::string_view text);

} // namespace rayd
