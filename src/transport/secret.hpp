#pragma once

#include "base/result.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace rayd {

/// A key for one purpose; full entropy as far as the secret has it.
using secret_key = std::array<unsigned char, 32>;

/// The one secret of a cluster, from which every key comes. A made one
/// (32 hexadecimal digits, with or without "rayd-" before) holds 128 random
/// bits; any other text counts as typed by a person and goes through scrypt
/// (N 2^15, r 8, p 1: 32 MiB, about 0.1 s) once, in parse(). Copies are cheap.
/// It has no way to be printed, on purpose.
class cluster_secret {
public:
  /// @param text As given by the user, without line end.
  /// @error connection_failed  *text* is empty or longer than 1,024 bytes.
  static result<cluster_secret> parse(std::string_view text);

  /// The key for *purpose*: "tls", "redis" or "dashboard". The same secret
  /// and purpose give the same key on every machine.
  secret_key derive_key(std::string_view purpose) const;

private:
  explicit cluster_secret(secret_key root) : root_(root) {}

  secret_key root_; ///< Input of HKDF.
};

/// The text of a new random secret, for cluster_secret::parse and the file.
std::string make_secret();

/// 64 lowercase hexadecimal digits: for Redis passwords and dashboard tokens.
std::string to_hex(const secret_key& key);

} // namespace rayd
