#include "transport/secret.hpp"

#include "base/check.hpp"

#include <fmt/format.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/core_names.h>
#include <openssl/rand.h>

#include <optional>
#include <vector>

namespace rayd {

namespace {

constexpr std::string_view prefix = "rayd-";
constexpr std::size_t random_bytes = 16;
constexpr std::size_t text_max = 1024;
constexpr std::string_view salt = "rayd cluster secret v1";

std::string hex_of(const unsigned char* data, std::size_t size) {
  std::string text;
  text.reserve(2 * size);
  for (std::size_t i = 0; i < size; ++i)
    fmt::format_to(std::back_inserter(text), "{:02x}", data[i]);
  return text;
}

std::optional<unsigned> digit_of(char letter) {
  if (letter >= '0' && letter <= '9')
    return static_cast<unsigned>(letter - '0');
  if (letter >= 'a' && letter <= 'f')
    return static_cast<unsigned>(letter - 'a') + 10;
  return std::nullopt;
}

// The bytes of a made secret; nothing when a person typed it.
std::optional<std::vector<unsigned char>> made_bytes(std::string_view text) {
  if (text.substr(0, prefix.size()) == prefix)
    text.remove_prefix(prefix.size());
  if (text.size() != 2 * random_bytes)
    return std::nullopt;
  std::vector<unsigned char> bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const auto high = digit_of(text[i]);
    const auto low = digit_of(text[i + 1]);
    if (!high || !low)
      return std::nullopt;
    bytes.push_back(static_cast<unsigned char>(*high << 4 | *low));
  }
  return bytes;
}

secret_key hkdf(const unsigned char* input, std::size_t size,
                std::string_view purpose) {
  secret_key key{};
  // OSSL_PARAM wants pointers to mutable memory and does not write there.
  const auto octets = [](const char* name, const void* data, std::size_t n) {
    return OSSL_PARAM_construct_octet_string(name, const_cast<void*>(data), n);
  };
  char digest[] = "SHA256";
  OSSL_PARAM params[] = {
    OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
    octets(OSSL_KDF_PARAM_KEY, input, size),
    octets(OSSL_KDF_PARAM_SALT, salt.data(), salt.size()),
    octets(OSSL_KDF_PARAM_INFO, purpose.data(), purpose.size()),
    OSSL_PARAM_construct_end(),
  };
  EVP_KDF* kind = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
  EVP_KDF_CTX* context = EVP_KDF_CTX_new(kind);
  const int done = EVP_KDF_derive(context, key.data(), key.size(), params);
  EVP_KDF_CTX_free(context);
  EVP_KDF_free(kind);
  RAYD_CHECK(done == 1);
  return key;
}

} // namespace

result<cluster_secret> cluster_secret::parse(std::string_view text) {
  if (text.empty() || text.size() > text_max)
    return failure{ray::errc::connection_failed,
                   fmt::format("the cluster secret has {} bytes: give one of 1 "
                               "to {} bytes, or leave it out to have one made",
                               text.size(), text_max)};
  if (auto bytes = made_bytes(text)) {
    const auto root = hkdf(bytes->data(), bytes->size(), "root");
    OPENSSL_cleanse(bytes->data(), bytes->size());
    return cluster_secret{root};
  }
  secret_key stretched{};
  const int done = EVP_PBE_scrypt(
    text.data(), text.size(),
    reinterpret_cast<const unsigned char*>(salt.data()), salt.size(), 1 << 15,
    8, 1, 64 << 20, stretched.data(), stretched.size());
  if (done != 1)
    return failure{ray::errc::connection_failed,
                   "the cluster secret needs 32 MiB of memory for a moment to "
                   "become a key, and there is not that much"};
  return cluster_secret{hkdf(stretched.data(), stretched.size(), "root")};
}

secret_key cluster_secret::derive_key(std::string_view purpose) const {
  return hkdf(root_.data(), root_.size(), purpose);
}

std::string make_secret() {
  unsigned char bytes[random_bytes];
  RAYD_CHECK(RAND_bytes(bytes, sizeof bytes) == 1);
  return std::string{prefix} + hex_of(bytes, sizeof bytes);
}

std::string to_hex(const secret_key& key) {
  return hex_of(key.data(), key.size());
}

} // namespace rayd
