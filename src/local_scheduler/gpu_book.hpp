#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rayd {

/// Which GPUs of a node are taken, in ten-thousandths as resource_set counts.
/// Below one GPU is a share, and shares are packed on the same GPUs first;
/// from one on they are whole and for the taker alone.
class gpu_book {
public:
  using places = std::vector<std::size_t>; ///< Of GPUs, ascending.

  /// @param ids As CUDA_VISIBLE_DEVICES names them, for people's programs.
  explicit gpu_book(std::vector<std::string> ids);

  /// How many GPUs *units* are of.
  static std::size_t count(std::int64_t units) noexcept;

  /// Where *units* would go now, but for those that are *kept* for another;
  /// nothing: they fit nowhere. Of none: nowhere, and that fits.
  std::optional<places> pick(std::int64_t units,
                             const places& kept = {}) const;

  /// Where *units* will fit first, if nobody else gets anything there.
  places freest(std::int64_t units) const;

  /// What is free in whole GPUs and the largest piece of another one: so much
  /// can be taken, in whole GPUs or one share.
  std::int64_t in_large_pieces() const;

  /// Whether *units* could be taken there.
  bool fits(const places& where, std::int64_t units) const;

  void take(const places& where, std::int64_t units);
  void give(const places& where, std::int64_t units);

  /// "0,3": a value of CUDA_VISIBLE_DEVICES.
  std::string names(const places& where) const;

private:
  std::vector<std::string> ids_;
  std::vector<std::int64_t> free_;
};

} // namespace rayd
