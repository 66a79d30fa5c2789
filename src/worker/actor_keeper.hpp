#pragma once

#include "wire/client_records.hpp"
#include "wire/peer_records.hpp"

#include <ray/detail/actor_state.hpp>

#include <cstdint>
#include <optional>

namespace rayd {

/// Snapshots of the state of the durable actor that this process hosts; does
/// nothing for other actors. One thread at a time.
class actor_keeper {
public:
  /// Larger states are refused: they go with each call that changes them.
  static constexpr std::size_t bytes_max = std::size_t{1} << 20;

  /// Where the creation says how.
  const ray::detail::state_codec** codec() noexcept { return &codec_; }

  /// The state of *instance* once *work* has run, when it is another than
  /// before; to be sent before the result.
  /// @error wrong_type  It is too large, or holds references.
  std::optional<actor_snapshot> after(const run_task& work,
                                      const void* instance);

private:
  const ray::detail::state_codec* codec_ = nullptr;
  bool durable_ = false;
  std::uint64_t number_ = 0;
  std::int32_t life_ = 0;
  object_id actor_;
  std::uint64_t last_hash_ = 0;
};

} // namespace rayd
