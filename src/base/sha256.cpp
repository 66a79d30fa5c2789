#include "base/sha256.hpp"

#include "base/check.hpp"

#include <fmt/format.h>

#include <openssl/evp.h>

namespace rayd {

struct sha256::state {
  EVP_MD_CTX* context = ::EVP_MD_CTX_new();
  ~state() { ::EVP_MD_CTX_free(context); }
};

sha256::sha256() : state_(std::make_unique<state>()) {
  RAYD_CHECK(state_->context != nullptr
             && ::EVP_DigestInit_ex(state_->context, ::EVP_sha256(), nullptr)
                  == 1);
}

sha256::~sha256() = default;

void sha256::add(const void* bytes, std::size_t size) {
  RAYD_CHECK(::EVP_DigestUpdate(state_->context, bytes, size) == 1);
}

std::string sha256::finish() {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  RAYD_CHECK(::EVP_DigestFinal_ex(state_->context, digest, &size) == 1);
  std::string hex;
  for (unsigned i = 0; i < size; ++i)
    hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

} // namespace rayd
