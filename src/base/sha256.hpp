#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace rayd {

/// SHA-256 of bytes that come in parts.
class sha256 {
public:
  sha256();
  ~sha256();
  sha256(const sha256&) = delete;
  sha256& operator=(const sha256&) = delete;

  void add(const void* bytes, std::size_t size);

  /// 64 hexadecimal digits; once, after the last part.
  std::string finish();

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace rayd
